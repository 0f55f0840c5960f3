"""An access token for pages of our own origin, by the cookie of the browser session."""

import re
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.conftest import MakeService
from tests.support.credentials import authorization, claims_of
from tests.support.service import CALLBACK, PUBLIC_URL, START, Service, Session, fragment_of

Json = Any
PATH = "/api/auth/session/"
OWN = {"Origin": PUBLIC_URL, "Content-Type": "application/json"}


async def _ask(session: Session, headers: dict[str, str]) -> httpx.Response:
    return await session.client.post(PATH, content="{}", headers=headers)


@pytest.mark.parametrize("media_type", ["application/json", "application/json; charset=utf-8", "Application/JSON"])
async def test_the_own_origin_gets_an_access_token_of_this_session(shared_service: Service, media_type: str) -> None:
    session = await shared_service.sign_in("ada")
    answer = await _ask(session, {**OWN, "Content-Type": media_type})
    assert answer.status_code == 200
    assert set(answer.json()) == {"access", "expires_in"}
    assert answer.json()["expires_in"] == 14400
    assert answer.headers["cache-control"] == "no-store"
    access = answer.json()["access"]
    assert claims_of(access)["sid"] == claims_of(session.access)["sid"]
    assert claims_of(access)["token_type"] == "access"
    me = await session.client.get("/api/auth/me/", headers=authorization(access))
    assert me.json() == session.me


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "application/json"},
        {"Origin": PUBLIC_URL},
        {**OWN, "Content-Type": "text/plain"},
        {**OWN, "Content-Type": "application/x-www-form-urlencoded"},
        {**OWN, "Content-Type": "text/plain; application/json"},
        {**OWN, "Origin": "null"},
        {**OWN, "Origin": ""},
        {**OWN, "Origin": "https://evil.example"},
        {**OWN, "Origin": "http://localhost:8000"},
        {**OWN, "Origin": "http://127.0.0.1"},
        {**OWN, "Origin": "http://127.0.0.1:8001"},
        {**OWN, "Origin": "https://127.0.0.1:8000"},
        {**OWN, "Origin": f"{PUBLIC_URL}.evil.example"},
        {**OWN, "Origin": f"{PUBLIC_URL}/"},
        {"Referer": f"{PUBLIC_URL}/dashboard/", "Content-Type": "application/json"},
    ],
    ids=repr,
)
async def test_whoever_else_asks_is_refused(shared_service: Service, headers: dict[str, str]) -> None:
    session = await shared_service.sign_in("ada")
    _expect_unauthenticated(await _ask(session, headers))


@pytest.mark.parametrize("cookie", [None, "", "garbage", "A" * 43])
async def test_without_the_cookie_nobody_is_signed_in(shared_service: Service, cookie: str | None) -> None:
    session = await shared_service.sign_in("ada")
    session.client.cookies.clear()
    headers = OWN if cookie is None else {**OWN, "Cookie": f"ivg_session={cookie}"}
    _expect_unauthenticated(await _ask(session, {**headers, **session.bearer}))


def _expect_unauthenticated(answer: httpx.Response) -> None:
    assert answer.status_code == 401
    assert answer.json()["code"] == "not_authenticated"
    assert answer.headers["www-authenticate"].startswith("Bearer ")
    assert "access" not in answer.json()


async def _log_out(session: Session) -> None:
    await session.client.post("/api/auth/logout/", json={"refresh": session.refresh})


async def _log_out_everywhere(session: Session) -> None:
    await session.client.post("/api/auth/logout-all/", headers=session.bearer)


async def _end(session: Session) -> None:
    sid = claims_of(session.access)["sid"]
    await session.client.delete(f"/api/auth/sessions/{sid}/", headers=session.bearer)


@pytest.mark.parametrize("leave", [_log_out, _log_out_everywhere, _end])
async def test_the_browser_session_ends_with_the_session(shared_service: Service, leave: Any) -> None:
    session = await shared_service.sign_in("ada")
    assert (await _ask(session, OWN)).status_code == 200
    await leave(session)
    _expect_unauthenticated(await _ask(session, OWN))


async def test_the_browser_session_ends_at_the_sessions_absolute_end(make_service: MakeService) -> None:
    service = await make_service(session_lifetime=7200)
    session = await service.sign_in("ada")
    token = session.client.cookies["ivg_session"]
    service.clock.advance(seconds=7000)
    answer = await _ask(session, OWN)
    assert answer.json()["expires_in"] == 200
    service.clock.advance(seconds=200)
    # The jar may have dropped it by then; a thief's does not.
    _expect_unauthenticated(await _ask(session, {**OWN, "Cookie": f"ivg_session={token}"}))


async def test_a_disabled_account_is_not_signed_in_anywhere(service: Service) -> None:
    session = await service.sign_in("ada")
    await service.execute("UPDATE accounts SET disabled_at = now()")
    _expect_unauthenticated(await _ask(session, OWN))


async def test_no_page_elsewhere_is_ever_told_it_may(make_service: MakeService) -> None:
    allowed = "https://app.example.com"
    service = await make_service(allowed_origins_setting=(allowed, PUBLIC_URL))
    session = await service.sign_in("ada")
    elsewhere = await session.client.get("/api/auth/me/", headers={**session.bearer, "Origin": allowed})
    assert elsewhere.headers["access-control-allow-origin"] == allowed
    preflight = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    for path in (PATH, PATH.rstrip("/")):
        for origin in (PUBLIC_URL, allowed, "https://evil.example"):
            answer = await session.client.post(path, content="{}", headers={**OWN, "Origin": origin})
            assert answer.status_code == (200 if origin == PUBLIC_URL else 401)
            asked = await session.client.options(path, headers={"Origin": origin, **preflight})
            for response in (answer, asked):
                assert not [name for name in response.headers if name.startswith("access-control-")]


@pytest.mark.parametrize(
    ("public_url", "name", "secure"),
    [(PUBLIC_URL, "ivg_session", False), ("https://auth.example.com", "__Host-ivg_session", True)],
)
async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(
    make_service: MakeService, public_url: str, name: str, *, secure: bool
) -> None:
    # The sandbox knows redirect URIs on loopback only; what comes back is brought to the public URL by hand.
    service = await make_service(public_url=public_url, notion_redirect_uri_setting=PUBLIC_URL + CALLBACK)
    client = await service.browser()
    started = await client.get(START)
    back = urlsplit(await service.consent(started.headers["location"], person="ada"))
    arrived = await client.get(f"{back.path}?{back.query}")
    assert "access" in fragment_of(arrived)
    [cookie] = [line for line in arrived.headers.get_list("set-cookie") if line.startswith(f"{name}=")]
    pair, *attributes = cookie.split("; ")
    assert re.fullmatch("[A-Za-z0-9_-]{43}", pair.partition("=")[2])
    told = {attribute.lower() for attribute in attributes}
    assert {"httponly", "samesite=lax", "path=/"} <= told
    assert ("secure" in told) is secure
    assert not any(attribute.startswith("domain") for attribute in told)

    stranger = await service.browser()
    own = {**OWN, "Origin": public_url}
    assert (await stranger.post(PATH, content="{}", headers={**own, "Cookie": pair})).status_code == 200
    misnamed = {**own, "Cookie": pair.replace(name, "session")}
    assert (await stranger.post(PATH, content="{}", headers=misnamed)).status_code == 401


async def test_only_a_hash_of_the_cookie_is_stored(service: Service) -> None:
    session = await service.sign_in("ada")
    rows = await service.rows("SELECT browser_hash FROM sessions")
    assert session.client.cookies["ivg_session"].encode() not in bytes(rows[0]["browser_hash"])
    assert len(rows[0]["browser_hash"]) == 32


async def test_each_sign_in_has_a_cookie_of_its_own(shared_service: Service) -> None:
    client = await shared_service.browser()
    tokens = []
    for _ in range(2):
        started = await client.get(START)
        back = await shared_service.consent(started.headers["location"], person="ada")
        assert CALLBACK in back
        await client.get(back)
        tokens.append(client.cookies["ivg_session"])
    assert tokens[0] != tokens[1]
