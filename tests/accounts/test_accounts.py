"""What an account is and keeps, whatever Notion says at a later sign-in."""

from typing import Any

import pytest

from tests.support.credentials import authorization
from tests.support.service import Service, Session

Json = Any


async def _me(session: Session, credential: str | None = None) -> Json:
    answer = await session.client.get("/api/auth/me/", headers=authorization(credential or session.access))
    assert answer.status_code == 200
    return answer.json()


async def test_a_role_is_what_it_is_now(service: Service) -> None:
    session = await service.sign_in("ada")
    token = (await session.mint())["token"]
    assert session.me["role"] == "member"
    for role in ("viewer", "admin", "member"):
        await service.execute("UPDATE accounts SET role = :role", role=role)
        assert (await _me(session))["role"] == role
        assert (await _me(session, token))["role"] == role


@pytest.mark.parametrize("role", ["viewer", "admin"])
async def test_signing_in_again_keeps_the_role(service: Service, role: str) -> None:
    await service.sign_in("ada")
    await service.execute("UPDATE accounts SET role = :role", role=role)
    assert (await service.sign_in("ada")).me["role"] == role


@pytest.mark.parametrize(
    ("person", "left_out"),
    [("chiara", ["email", "avatar_url"]), ("deniz", ["email", "name", "avatar_url"]), ("unnamed", ["name"])],
)
async def test_what_notion_leaves_out_stays(service: Service, person: str, left_out: list[str]) -> None:
    first = await service.sign_in(person)
    assert {first.me[name] for name in left_out} == {None}
    known = {name: f"https://kept.example/{name}" for name in left_out}
    await service.execute(f"UPDATE accounts SET {', '.join(f'{name} = :{name}' for name in known)}", **known)  # noqa: S608 -- names of ours
    later = await service.sign_in(person)
    assert later.me["id"] == first.me["id"]
    assert later.me == {**first.me, **known}


async def test_what_notion_tells_anew_is_taken(service: Service) -> None:
    first = await service.sign_in("ada")
    await service.execute("UPDATE accounts SET name = 'old', email = 'old@example.com', avatar_url = NULL")
    assert (await _me(first))["email"] == "old@example.com"
    assert (await service.sign_in("ada")).me == first.me


@pytest.mark.parametrize(("person", "verified"), [("ada", True), ("bruno", False), ("farah", False), ("chiara", False)])
async def test_an_address_is_verified_only_when_notion_says_so(
    shared_service: Service, person: str, *, verified: bool
) -> None:
    assert (await shared_service.sign_in(person)).me["email_verified"] is verified


async def test_two_people_with_one_address_are_two_accounts(service: Service) -> None:
    ada = await service.sign_in("ada")
    await service.execute("UPDATE accounts SET email = 'bruno@lighthouse.example'")
    bruno = await service.sign_in("bruno")
    assert (await _me(ada))["email"] == bruno.me["email"]
    assert ada.me["id"] != bruno.me["id"]
    assert (await _me(ada))["notion_user_id"] == ada.me["notion_user_id"]
