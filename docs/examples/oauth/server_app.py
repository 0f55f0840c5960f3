"""A server app: people sign in with IVGraph, and it searches their graph for them.

Start:  ISSUER=http://127.0.0.1:8000 CLIENT_ID=ivc_… CLIENT_SECRET=ivs_… python server_app.py
Needs:  pip install authlib httpx2 joserfc starlette uvicorn
Registered as regular_web: the callback APP_URL/callback, and APP_URL/ for logout.
"""

import asyncio
import html
import os
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx2
import uvicorn
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

ISSUER = os.environ["ISSUER"].rstrip("/")
CLIENT_ID, CLIENT_SECRET = os.environ["CLIENT_ID"], os.environ["CLIENT_SECRET"]
APP_URL = os.environ.get("APP_URL", "http://127.0.0.1:5501").rstrip("/")
PORT = int(os.environ.get("PORT", urlsplit(APP_URL).port or 5501))
SCOPE = "openid profile email offline_access graph:search"
COOKIE = "visit"
SERVER = httpx2.get(f"{ISSUER}/.well-known/openid-configuration").raise_for_status().json()


def new_client() -> AsyncOAuth2Client:
    return AsyncOAuth2Client(
        CLIENT_ID,
        CLIENT_SECRET,
        scope=SCOPE,
        redirect_uri=f"{APP_URL}/callback",
        code_challenge_method="S256",
        token_endpoint=SERVER["token_endpoint"],
    )


@dataclass
class Visit:
    """A browser. `state`, `nonce` and `verifier` are of the sign-in under way."""

    client: AsyncOAuth2Client = field(default_factory=new_client)
    state: str = field(default_factory=secrets.token_urlsafe)
    nonce: str = field(default_factory=secrets.token_urlsafe)
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))
    signed_in: bool = False
    renewing: asyncio.Lock = field(default_factory=asyncio.Lock)


# By the random id in the browser's cookie. Where several processes serve, this is a table, and its row the lock.
VISITS: dict[str, Visit] = {}


async def home(request: Request) -> Response:
    visit = VISITS.get(request.cookies.get(COOKIE, ""))
    if visit is None or not visit.signed_in:
        return page('<a href="/sign-in">Sign in with IVGraph</a>')
    words = request.query_params.get("q", "")
    try:
        person = await call(visit, SERVER["userinfo_endpoint"])
        found = await call(visit, f"{ISSUER}/api/v1/graph/search", q=words) if words else {"results": []}
    except OAuthError:  # withdrawn, or not used for 90 days
        return forget(request, page('Your access has ended. <a href="/sign-in">Sign in again</a>'))
    titles = "".join(f"<li>{html.escape(each['title'])}</li>" for each in found["results"])
    return page(
        f"<p>Signed in as {html.escape(person.get('name', person['sub']))}.</p>"
        f'<form><input name="q" value="{html.escape(words)}"><button>Search</button></form><ul>{titles}</ul>'
        '<form method="post" action="/sign-out"><button>Sign out</button></form>'
    )


async def sign_in(_request: Request) -> Response:
    visit = Visit()
    link, _ = visit.client.create_authorization_url(
        SERVER["authorization_endpoint"], state=visit.state, nonce=visit.nonce, code_verifier=visit.verifier
    )
    return remember(visit, RedirectResponse(link, 303))


async def callback(request: Request) -> Response:
    came, visit = request.query_params, VISITS.pop(request.cookies.get(COOKIE, ""), None)
    # `state` is this browser's, and `iss` the server that was asked (RFC 9207).
    if visit is None or came.get("state") != visit.state or came.get("iss") != SERVER["issuer"]:
        return page('This sign-in did not begin here. <a href="/sign-in">Sign in</a>', 400)
    if "error" in came:
        return page(f'Not signed in: {html.escape(came["error"])}. <a href="/sign-in">Try again</a>')
    try:
        token = await visit.client.fetch_token(
            SERVER["token_endpoint"], code=came.get("code", ""), code_verifier=visit.verifier
        )
        await check_id_token(visit, token["id_token"])
    except (OAuthError, JoseError):
        return page('That did not work. <a href="/sign-in">Try again</a>', 400)
    visit.signed_in = True
    return remember(visit, RedirectResponse("/", 303))  # under a new id: nobody can have planted it


async def check_id_token(visit: Visit, id_token: str) -> None:
    """OpenID Connect Core §3.1.3.7. Raises JoseError."""
    keys = await visit.client.request("GET", SERVER["jwks_uri"], withhold_token=True)
    claims = jwt.decode(id_token, KeySet.import_key_set(keys.json()), algorithms=["RS256", "ES256"]).claims
    wanted = {"iss": SERVER["issuer"], "aud": CLIENT_ID, "nonce": visit.nonce}
    rules: Any = {name: {"essential": True, "value": value} for name, value in wanted.items()}
    jwt.JWTClaimsRegistry(leeway=60, exp={"essential": True}, **rules).validate(claims)


async def call(visit: Visit, url: str, **query: str) -> dict[str, Any]:
    """As the person. However many calls meet an access token that has ended, one of them refreshes, once."""
    used = visit.client.token["access_token"]
    answer = await visit.client.get(url, params=query)
    if answer.status_code == 401:
        async with visit.renewing:
            if visit.client.token["access_token"] == used:
                await visit.client.refresh_token(SERVER["token_endpoint"])
        answer = await visit.client.get(url, params=query)
    return answer.raise_for_status().json()


async def sign_out(request: Request) -> Response:
    visit = VISITS.get(request.cookies.get(COOKIE, ""))
    if visit is None or not visit.signed_in:
        return RedirectResponse("/", 303)
    token = visit.client.token
    await visit.client.revoke_token(SERVER["revocation_endpoint"], token=token["refresh_token"])
    query = urlencode({"id_token_hint": token["id_token"], "post_logout_redirect_uri": f"{APP_URL}/"})
    return forget(request, RedirectResponse(f"{SERVER['end_session_endpoint']}?{query}", 303))


def remember(visit: Visit, response: Response) -> Response:
    VISITS[key := secrets.token_urlsafe()] = visit
    response.set_cookie(COOKIE, key, httponly=True, samesite="lax", secure=APP_URL.startswith("https:"))
    return response


def forget(request: Request, response: Response) -> Response:
    VISITS.pop(request.cookies.get(COOKIE, ""), None)
    response.delete_cookie(COOKIE)
    return response


def page(body: str, status: int = 200) -> Response:
    return HTMLResponse(f'<!doctype html><html lang="en"><title>Server app</title>{body}', status)


routes = [
    Route("/", home),
    Route("/sign-in", sign_in),
    Route("/callback", callback),
    Route("/sign-out", sign_out, methods=["POST"]),
]

if __name__ == "__main__":
    uvicorn.run(Starlette(routes=routes), host="127.0.0.1", port=PORT, log_level="warning")
