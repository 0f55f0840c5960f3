"""What the tests of connections share."""

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from tests.support.service import Json, Service, Session

AUTHORIZE = "/oauth/authorize/notion"
CALLBACK = "/oauth/callback/notion"
CONNECTIONS = "/api/connections/"
PAGE = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
REFRESH = "refresh_token"


async def ask(session: Session, tenant: str, client: httpx.AsyncClient | None = None) -> Json:
    """The answer to a tenant's request for consent; the cookie stays in `client`."""
    answer = await (client or session.client).get(AUTHORIZE, params={"tenant_id": tenant}, headers=session.bearer)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def consent(service: Service, session: Session, tenant: str, **form: Any) -> str:
    """Where Notion sends the browser back to."""
    asked = await ask(session, tenant)
    return await service.consent(asked["authorizationUrl"], **form)


async def connect(service: Service, session: Session, tenant: str, **form: Any) -> httpx.Response:
    """All of it, in the browser that asked."""
    return await session.client.get(await consent(service, session, tenant, **form), headers=PAGE)


async def connected(service: Service, session: Session, tenant: str, **form: Any) -> Json:
    answer = await connect(service, session, tenant, **form)
    assert answer.status_code == 200, answer.text
    assert "Notion Authorization Successful" in answer.text
    return await of_tenant(session, tenant)


async def listed(session: Session) -> list[Json]:
    answer = await session.client.get(CONNECTIONS, headers=session.bearer)
    assert answer.status_code == 200, answer.text
    found: list[Json] = answer.json()["results"]
    return found


async def of_tenant(session: Session, tenant: str) -> Json:
    answer = await session.client.get(f"{CONNECTIONS}{tenant}/", headers=session.bearer)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def verify(session: Session, tenant: str) -> httpx.Response:
    return await session.client.post(f"{CONNECTIONS}{tenant}/verify/", headers=session.bearer)


async def remove(session: Session, tenant: str) -> httpx.Response:
    return await session.client.delete(f"{CONNECTIONS}{tenant}/", headers=session.bearer)


def form_of(page: httpx.Response) -> dict[str, str]:
    """The hidden fields of a page's form."""
    assert page.status_code == 200, page.text
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]+)">', page.text))


def path_of(url: str) -> str:
    return urlsplit(url).path


def state_of(url: str) -> str:
    return parse_qs(urlsplit(url).query)["state"][0]


def asked_of_notion(service: Service, grant_type: str) -> int:
    return sum(call.grant_type == grant_type for call in service.sandbox.instance.calls)


def let_access_tokens_die(service: Service, person: str | None = None) -> None:
    assert service.sandbox.instance.state.expire_access_tokens(person=person)


async def grants(service: Service) -> list[Json]:
    return await service.rows("SELECT id, status, sealed, updated_at FROM grants ORDER BY id")
