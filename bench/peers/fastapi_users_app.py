"""fastapi-users with SQLAlchemy on asyncpg: bearer transport, JWT strategy, its own `/users/me`.

Run as a script, it makes the schema and as many people as its argument says, and prints their tokens, a JSON object
for each. The database is libpq's: PGHOST, PGPORT, PGUSER, PGDATABASE.
"""

# mypy: disable-error-code="import-not-found, misc, unused-ignore"
# Typed or not, depending on whether the peers are installed beside mypy.

import asyncio
import json
import os
import sys
import uuid
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import Depends, FastAPI
from fastapi_users import BaseUserManager, FastAPIUsers, UUIDIDMixin, schemas
from fastapi_users.authentication import AuthenticationBackend, BearerTransport, JWTStrategy
from fastapi_users.db import SQLAlchemyBaseUserTableUUID, SQLAlchemyUserDatabase
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase

LIFETIME = 4 * 3600
NOBODYS = "-"
engine = create_async_engine("postgresql+asyncpg://", pool_size=20, max_overflow=0)
session_maker = async_sessionmaker(engine, expire_on_commit=False)


class Base(DeclarativeBase):
    pass


class User(SQLAlchemyBaseUserTableUUID, Base):
    pass


class UserManager(UUIDIDMixin, BaseUserManager[User, uuid.UUID]):
    pass


async def sessions() -> AsyncIterator[AsyncSession]:
    async with session_maker() as session:
        yield session


async def user_manager(session: Annotated[AsyncSession, Depends(sessions)]) -> AsyncIterator[UserManager]:
    yield UserManager(SQLAlchemyUserDatabase(session, User))


def strategy() -> Any:  # noqa: ANN401 -- as above
    return JWTStrategy(secret=os.environ["PEER_SECRET_KEY"], lifetime_seconds=LIFETIME)


backend = AuthenticationBackend(name="jwt", transport=BearerTransport(tokenUrl="login"), get_strategy=strategy)
users = FastAPIUsers[User, uuid.UUID](user_manager, [backend])
app = FastAPI(openapi_url=None)
app.include_router(
    users.get_users_router(schemas.BaseUser[uuid.UUID], schemas.BaseUserUpdate),
    prefix="/users",
)


async def main(people: int) -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with session_maker.begin() as session:
        made = [
            User(id=uuid.uuid4(), email=f"p{number}@example.com", hashed_password=NOBODYS) for number in range(people)
        ]
        session.add_all(made)
    for user in made:
        print(json.dumps({"access": await strategy().write_token(user)}))


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
