"""One service with its people and apps for all tests of a module: quicker than some of each for every test."""

from dataclasses import dataclass

import httpx
import jwt

from tests.provider.kit import Client, decide, get_code, question, redeem
from tests.support.credentials import authorization
from tests.support.service import Json, Service, Session


@dataclass
class World:
    """`ada` is an admin; `web` and `other` have a secret, `spa` has none."""

    service: Service
    ada: Session
    web: Client
    other: Client
    spa: Client

    @property
    def issuer(self) -> str:
        return self.service.settings.public_url

    async def ask(self, client: Client | None = None, *, session: Session | None = None, **parameters: Json) -> Json:
        """The consent page, whatever was allowed before; or where the browser is sent at once."""
        return await question(session or self.ada, client or self.web, **{"prompt": "consent", **parameters})

    async def allow(
        self, client: Client | None = None, *, session: Session | None = None, **parameters: Json
    ) -> httpx.Response:
        page = await self.ask(client, session=session, **parameters)
        return await decide(session or self.ada, page)

    async def code(self, client: Client | None = None, **parameters: Json) -> str:
        return await get_code(self.ada, client or self.web, **{"prompt": "consent", **parameters})

    async def tokens(self, client: Client | None = None, **parameters: Json) -> Json:
        answer = await redeem(self.ada, client or self.web, await self.code(client, **parameters))
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def call(self, token: str, path: str = "/api/auth/validate/", **query: Json) -> httpx.Response:
        return await self.ada.client.get(path, params=query or None, headers=authorization(token))

    async def works(self, token: str) -> bool:
        status = (await self.call(token)).status_code
        assert status in (200, 401)
        return status == 200

    async def post(
        self, path: str, client: Client | None = None, *, secret: str | None = None, **form: Json
    ) -> httpx.Response:
        """As an app, which proves itself in the header; a public one names itself."""
        client = client or self.web
        proof = secret or client.secret
        if proof is None:
            return await self.ada.client.post(path, data={"client_id": client.client_id, **form})
        return await self.ada.client.post(path, data=form, auth=httpx.BasicAuth(client.client_id, proof))

    async def introspect(self, token: str, client: Client | None = None, **form: Json) -> Json:
        answer = await self.post("/oauth2/introspect", client, token=token, **form)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def revoke(self, token: str, client: Client | None = None, **form: Json) -> httpx.Response:
        return await self.post("/oauth2/revoke", client, token=token, **form)

    async def refresh(self, token: str, client: Client | None = None, **form: Json) -> httpx.Response:
        return await self.post("/oauth2/token", client, grant_type="refresh_token", refresh_token=token, **form)


def claims_of(token: str) -> Json:
    return jwt.decode(token, options={"verify_signature": False})


def error_of(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]
