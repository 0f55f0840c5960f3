"""What the tests of the provider share: an app, and its person's way through consent."""

import base64
import hashlib
import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

import httpx

from tests.support.service import Json, Service, Session

CALLBACK = "https://app.example.com/callback"
VERIFIER = "a-verifier-of-an-app-that-is-long-enough-to-be-one"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
PAGE = {"Accept": "text/html,*/*;q=0.8"}
STATE = "state of the app, and & odd = characters"


@dataclass
class Client:
    """An app as its maker sees it."""

    id: int
    client_id: str
    secret: str | None

    def authorize(self, **parameters: Json) -> dict[str, Json]:
        asked = {
            "client_id": self.client_id,
            "redirect_uri": CALLBACK,
            "response_type": "code",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            "scope": "openid profile email offline_access graph:read graph:search",
            "state": STATE,
        }
        return {name: value for name, value in {**asked, **parameters}.items() if value is not None}


async def make_admin(service: Service, person: str = "ada") -> Session:
    admin = await service.sign_in(person)
    await service.execute("UPDATE accounts SET role = 'admin' WHERE id = :id", id=int(admin.me["id"]))
    return admin


async def register(
    admin: Session, app_type: str = "regular_web", *uris: str, name: str = "Reports", **body: Json
) -> Client:
    answer = await admin.client.post(
        "/api/oauth/apps/", json={"name": name, "app_type": app_type, **body}, headers=admin.bearer
    )
    assert answer.status_code == 201, answer.text
    made = answer.json()
    for uri in uris or (CALLBACK,):
        added = await admin.client.post(
            f"/api/oauth/apps/{made['id']}/redirect-uris/",
            json={"uri": uri, "uri_type": "callback"},
            headers=admin.bearer,
        )
        assert added.status_code == 201, added.text
    return Client(made["id"], made["client_id"], made["client_secret"])


async def question(session: Session, client: Client, **parameters: Json) -> httpx.Response:
    """The consent page, or where the browser is sent at once."""
    begun = await session.client.get("/oauth2/authorize", params=client.authorize(**parameters), headers=PAGE)
    if begun.status_code != 303 or "/oauth2/consent/" not in begun.headers["location"]:
        return begun
    return await session.client.get(begun.headers["location"], headers=PAGE)


def fields(page: httpx.Response) -> list[tuple[str, str | int | float | bool | None]]:
    """All that is ticked, and what is hidden."""
    assert page.status_code == 200, page.text
    found = re.findall(r'<input type="(\w+)" name="(\w+)" value="([^"]*)"([^>]*)>', page.text)
    return [(name, value) for kind, name, value, more in found if kind == "hidden" or "checked" in more]


async def decide(session: Session, page: httpx.Response, decision: str = "allow") -> httpx.Response:
    form = [*fields(page), ("decision", decision)]
    body = httpx.QueryParams(form)
    return await session.client.post(
        page.request.url.path,
        content=str(body),
        headers={**PAGE, "Content-Type": "application/x-www-form-urlencoded"},
    )


def answered(response: httpx.Response) -> dict[str, str]:
    """What the app gets in its redirect."""
    assert response.status_code == 303, response.text
    return dict(parse_qsl(urlsplit(response.headers["location"]).query))


async def get_code(session: Session, client: Client, **parameters: Json) -> str:
    return answered(await decide(session, await question(session, client, **parameters)))["code"]


async def ask_token(session: Session, client: Client, **form: Json) -> httpx.Response:
    auth = httpx.BasicAuth(client.client_id, client.secret) if client.secret else None
    named = {} if client.secret else {"client_id": client.client_id}
    return await session.client.post("/oauth2/token", data={**named, **form}, auth=auth or httpx.USE_CLIENT_DEFAULT)


async def redeem(session: Session, client: Client, code: str, **form: Json) -> httpx.Response:
    given = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
    return await ask_token(session, client, **{**given, **form})


async def get_tokens(session: Session, client: Client, **parameters: Json) -> Json:
    answer = await redeem(session, client, await get_code(session, client, **parameters))
    assert answer.status_code == 200, answer.text
    return answer.json()
