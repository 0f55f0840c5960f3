"""What is sent to Notion to the letter, what is taken from its answers, and what each refusal is taken for."""

import asyncio
import base64
import copy
import gzip
import json
from collections.abc import AsyncIterator, Mapping, Sequence

import httpx
import pytest

from ivgraph_auth.core.http import MAX_ANSWER_BYTES
from ivgraph_auth.core.secrets import Secret
from ivgraph_auth.notion.errors import NotionError, NotionRefused, NotionUnavailable, OAuthRefused
from ivgraph_auth.notion.models import TokenAnswer
from tests.notion.kit import (
    ACCESS,
    API,
    CALLS,
    CLIENT_ID,
    CLIENT_SECRET,
    CODE,
    REDIRECT_URI,
    REFRESH,
    SECRETS,
    TOKEN_URL,
    VERSION,
    Wire,
    shown,
)
from tests.support.service import Json

TOKEN_ANSWER: Json = {
    "access_token": ACCESS,
    "token_type": "bearer",
    "refresh_token": REFRESH,
    "bot_id": "b07b07b0-1111-4222-8333-444455556666",
    "workspace_name": "Lighthouse",
    "workspace_icon": "🗼",
    "workspace_id": "0c1d2e3f-1111-4222-8333-444455556666",
    "owner": {
        "type": "user",
        "user": {
            "object": "user",
            "id": "5e5e5e5e-1111-4222-8333-444455556666",
            "type": "person",
            "name": "Sam",
            "avatar_url": "https://notion.test/sam.png",
            "person": {"email": "sam@notion.test", "email_verified": True},
        },
    },
    "duplicated_template_id": "7e3b1a7e-1111-4222-8333-444455556666",
    "request_id": "7e57-request",
}
BOT: Json = {
    "object": "user",
    "id": TOKEN_ANSWER["bot_id"],
    "name": "IVGraph",
    "avatar_url": None,
    "type": "bot",
    "bot": {
        "owner": TOKEN_ANSWER["owner"],
        "workspace_name": "Lighthouse",
        "workspace_id": TOKEN_ANSWER["workspace_id"],
        "workspace_limits": {"max_file_upload_size_in_bytes": 5242880},
    },
    "request_id": "7e57-request",
}
INTROSPECTION: Json = {
    "active": True,
    "scope": "read_content insert_content",
    "iat": 1756139508753,
    "request_id": "7e57-request",
}
WHOLE = {"exchange": TOKEN_ANSWER, "introspect": INTROSPECTION, "revoke": {"request_id": "7e57-request"}, "me": BOT}

ONE_OF_EACH_KIND = pytest.mark.parametrize("call", ["exchange", "me"])

USER = "owner.user"
OPTIONAL = {
    "exchange": [
        "refresh_token",
        "token_type",
        "workspace_name",
        "workspace_icon",
        "duplicated_template_id",
        "request_id",
        "owner",
        "owner.type",
        *(USER, f"{USER}.type", f"{USER}.name", f"{USER}.avatar_url", f"{USER}.object"),
        *(f"{USER}.person", f"{USER}.person.email", f"{USER}.person.email_verified"),
    ],
    "introspect": ["scope", "iat", "request_id"],
    "revoke": ["request_id"],
    "me": [
        *("name", "avatar_url", "type", "request_id", "bot", "bot.owner", "bot.owner.user", "bot.owner.user.person"),
        *("bot.workspace_name", "bot.workspace_id", "bot.workspace_limits"),
    ],
}
REQUIRED = {
    "exchange": ["access_token", "bot_id", "workspace_id", f"{USER}.id"],
    "introspect": ["active"],
    "me": ["id", "bot.owner.user.id"],
}


def wrongly(names: str, *values: Json) -> list[tuple[str, Json]]:
    return [(name, value) for name in names.split() for value in values]


# Types that these never have; `true` and figures are not read from texts or from each other either.
WRONG = {
    "exchange": [
        *wrongly("access_token bot_id workspace_id", 7, [], {}, "", "a b"),
        *wrongly("access_token", "ntn_x\n", "ntn_\u00e4", "x" * 5000),
        *wrongly("refresh_token", 7, {}, "a b", "nrt_x\r\nX: y"),
        *wrongly("workspace_name workspace_icon", 7, False, {}, []),
        *wrongly(f"owner {USER} {USER}.person", "sam", 7, [{}], True),
        *wrongly(f"{USER}.id {USER}.name {USER}.avatar_url {USER}.type", 7, {}, []),
        *wrongly(f"{USER}.person.email", 7, {}, ["sam@notion.test"]),
        *wrongly(f"{USER}.person.email_verified", "true", "yes", 1, {}, "maybe"),
    ],
    "introspect": [
        *wrongly("active", "true", 1, {}, "maybe"),
        *wrongly("iat", "soon", {}, "1756139508753"),
        *wrongly("scope", 7, ["read_content"]),
    ],
    "me": [
        *wrongly("id bot bot.owner bot.owner.user.id bot.workspace_id", 7, []),
        *wrongly("bot.owner.user.person.email_verified", "true"),
    ],
}


def changed(whole: Json, path: str, value: Json = None, *, absent: bool = False) -> Json:
    """A copy in which one member is another, or is not there."""
    answer = copy.deepcopy(whole)
    *parents, name = path.split(".")
    place = answer
    for parent in parents:
        place = place[parent]
    assert name in place, path
    if absent:
        del place[name]
    else:
        place[name] = value
    return answer


def each(table: Mapping[str, Sequence[Json]]) -> list[tuple[str, Json]]:
    return [(call, item) for call, items in table.items() for item in items]


# What is sent


@pytest.mark.parametrize(
    ("call", "url", "body"),
    [
        (
            "exchange",
            TOKEN_URL,
            {"grant_type": "authorization_code", "code": CODE, "redirect_uri": REDIRECT_URI},
        ),
        ("introspect", f"{API}/v1/oauth/introspect", {"token": ACCESS}),
        ("revoke", f"{API}/v1/oauth/revoke", {"token": REFRESH}),
    ],
)
async def test_the_oauth_calls_to_the_letter(wire: Wire, call: str, url: str, body: Json) -> None:
    wire.answers(json=WHOLE[call])
    await wire.call(call)
    sent = wire.sent
    assert (sent.method, str(sent.url)) == ("POST", url)
    basic = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
    assert sent.headers.get_list("authorization") == [f"Basic {basic}"]
    assert sent.headers["content-type"] == "application/json"
    assert sent.headers["notion-version"] == VERSION
    assert sent.headers["accept-encoding"] == "identity"
    assert json.loads(sent.content) == body
    # The client's credentials stand in the header alone.
    assert CLIENT_SECRET.encode() not in sent.content
    assert CLIENT_ID.encode() not in sent.content


async def test_the_call_of_the_api_to_the_letter(wire: Wire) -> None:
    wire.answers(json=BOT)
    await wire.call("me")
    sent = wire.sent
    assert (sent.method, str(sent.url), sent.content) == ("GET", f"{API}/v1/users/me", b"")
    assert sent.headers.get_list("authorization") == [f"Bearer {ACCESS}"]
    assert sent.headers["notion-version"] == VERSION
    assert sent.headers["accept-encoding"] == "identity"
    assert "cookie" not in sent.headers


async def test_cookies_that_notion_sets_are_forgotten(wire: Wire) -> None:
    wire.answers(json=BOT, headers={"Set-Cookie": "notion_session=somebody; Path=/"})
    await wire.call("me")
    await wire.call("me")
    assert "cookie" not in wire.router.calls.last.request.headers


async def test_a_refresh_to_the_letter(wire: Wire) -> None:
    wire.answers(json={**TOKEN_ANSWER, "refresh_token": None})
    answer = await wire.oauth.refresh(Secret(REFRESH), deadline=5.0)
    assert answer.refresh_token is None
    assert str(wire.sent.url) == TOKEN_URL
    assert json.loads(wire.sent.content) == {"grant_type": "refresh_token", "refresh_token": REFRESH}


async def test_without_a_redirect_uri_none_is_sent(wire: Wire) -> None:
    wire.answers(json=TOKEN_ANSWER)
    await wire.oauth.exchange(CODE, redirect_uri=None, deadline=5.0)
    assert json.loads(wire.sent.content) == {"grant_type": "authorization_code", "code": CODE}


# What is taken


async def test_a_whole_token_answer(wire: Wire) -> None:
    wire.answers(json=TOKEN_ANSWER)
    assert (await wire.call("exchange")).model_dump() == {
        **TOKEN_ANSWER,
        "owner": {
            "type": "user",
            "user": {name: value for name, value in TOKEN_ANSWER["owner"]["user"].items() if name != "object"},
        },
    }


@pytest.mark.parametrize("absent", [True, False], ids=["absent", "null"])
@pytest.mark.parametrize(("call", "path"), each(OPTIONAL))
async def test_what_may_be_absent_or_null_is_taken_so(wire: Wire, call: str, path: str, *, absent: bool) -> None:
    wire.answers(json=changed(WHOLE[call], path, absent=absent))
    found = await wire.call(call)
    if call == "revoke":
        assert found is None
        return
    # The rest is as it was.
    whole = type(found).model_validate(WHOLE[call]).model_dump()
    dumped = found.model_dump()
    top, _, below = path.partition(".")
    whole.pop(top, None)
    rest = dumped.pop(top, None)
    assert dumped == whole
    assert (rest is None) == (not below)


@pytest.mark.parametrize("absent", [True, False], ids=["absent", "null"])
@pytest.mark.parametrize(("call", "path"), each(REQUIRED))
async def test_without_what_must_be_there_it_is_no_answer(wire: Wire, call: str, path: str, *, absent: bool) -> None:
    wire.answers(json=changed(WHOLE[call], path, absent=absent))
    with pytest.raises(NotionUnavailable):
        await wire.call(call)


@pytest.mark.parametrize(("call", "wrong"), each(WRONG))
async def test_wrong_types_are_no_answer(wire: Wire, call: str, wrong: tuple[str, Json]) -> None:
    wire.answers(json=changed(WHOLE[call], *wrong))
    with pytest.raises(NotionUnavailable) as caught:
        await wire.call(call)
    assert not any(secret in shown(caught.value) for secret in SECRETS)


@pytest.mark.parametrize("call", CALLS)
async def test_unknown_members_are_passed_over(wire: Wire, call: str) -> None:
    wire.answers(json={**WHOLE[call], "expires_in": "never", "new": [{"x": None}]})
    found = await wire.call(call)
    assert found is None if call == "revoke" else not hasattr(found, "new")


async def test_a_partial_user_is_told_from_a_whole_one(wire: Wire) -> None:
    partial = {"object": "user", "id": TOKEN_ANSWER["owner"]["user"]["id"]}
    wire.answers(json={**TOKEN_ANSWER, "owner": {"type": "user", "user": partial}})
    assert (await wire.call("exchange")).owner.user.partial
    assert not TokenAnswer.model_validate(TOKEN_ANSWER).owner.user.partial  # type: ignore[union-attr]


async def test_text_for_people_is_made_fit_to_keep(wire: Wire) -> None:
    wire.answers(json={**TOKEN_ANSWER, "workspace_name": "a\0b" + "x" * 5000, "workspace_icon": ""})
    answer = await wire.call("exchange")
    assert answer.workspace_name == "ab" + "x" * 1998
    assert answer.workspace_icon == ""


# What is not an answer at all


@pytest.mark.parametrize(
    "body",
    [b"", b"nonsense", b"null", b"7", b"[]", b'"text"', b"[{}]", b'{"access_token":', b"\xff\xfe", b"[" * 200_000],
    ids=lambda body: body[:12].decode("latin-1") or "empty",
)
@pytest.mark.parametrize("status", [200, 400])
@ONE_OF_EACH_KIND
async def test_garbage_is_no_answer(wire: Wire, call: str, status: int, body: bytes) -> None:
    wire.answers(status, content=body, headers={"Content-Type": "application/json"})
    with pytest.raises(NotionUnavailable):
        await wire.call(call)


@pytest.mark.parametrize("status", [200, 201, 202, 203, 299])
@pytest.mark.parametrize("call", CALLS)
async def test_every_2xx_is_success(wire: Wire, call: str, status: int) -> None:
    wire.answers(status, json=WHOLE[call])
    await wire.call(call)


@pytest.mark.parametrize("status", [200, 202, 204])
async def test_of_a_revocation_the_status_is_all(wire: Wire, status: int) -> None:
    """RFC 7009 §2.2."""
    wire.answers(status, content=b"")
    await wire.call("revoke")


@pytest.mark.parametrize("status", [200, 201, 204])
async def test_a_pair_that_cannot_be_read_may_be_spent(wire: Wire, status: int) -> None:
    """As a refresh goes by it: only what was refused for certain is settled."""
    wire.answers(status, content=b"")
    with pytest.raises(NotionUnavailable) as caught:
        await wire.oauth.refresh(Secret(REFRESH), deadline=5)
    assert not caught.value.answered


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308, 304])
@ONE_OF_EACH_KIND
async def test_no_redirect_is_followed(wire: Wire, call: str, status: int) -> None:
    wire.answers(status, json=WHOLE[call], headers={"Location": "https://elsewhere.test/"})
    with pytest.raises(NotionUnavailable):
        await wire.call(call)
    assert wire.sent.url.host != "elsewhere.test"


@pytest.mark.parametrize("status", [403, 404, 429, 502, 503])
@ONE_OF_EACH_KIND
async def test_the_edge_proxys_page_is_no_refusal(wire: Wire, call: str, status: int) -> None:
    wire.answers(status, html="<html>Sorry</html>", headers={"cf-ray": "1-FRA", "Retry-After": "soon"})
    with pytest.raises(NotionUnavailable):
        await wire.call(call)


@pytest.mark.parametrize("status", [429, 500, 503, 529])
@pytest.mark.parametrize("call", CALLS)
async def test_too_many_and_failures_of_notion_are_no_refusals(wire: Wire, call: str, status: int) -> None:
    body = {"object": "error", "status": status, "code": "rate_limited", "message": "Later.", "request_id": "7e57"}
    wire.answers(status, json=body)
    with pytest.raises(NotionUnavailable) as caught:
        await wire.call(call)
    assert caught.value.request_id == "7e57"


async def test_an_answer_too_large_is_not_read_to_its_end(wire: Wire) -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while True:
            read += 64 * 1024
            yield b" " * 64 * 1024

    wire.router.route().mock(return_value=httpx.Response(200, content=endless()))
    with pytest.raises(NotionUnavailable):
        await wire.call("exchange")
    assert read <= MAX_ANSWER_BYTES + 64 * 1024


async def test_a_compressed_answer_nobody_asked_for_is_not_unpacked(wire: Wire) -> None:
    bomb = gzip.compress(json.dumps(TOKEN_ANSWER).encode() + b" " * 5_000_000)
    wire.answers(content=bomb, headers={"Content-Encoding": "gzip"})
    with pytest.raises(NotionUnavailable):
        await wire.call("exchange")


@pytest.mark.parametrize(
    "failure",
    [
        httpx.ConnectError("no route"),
        httpx.ConnectTimeout("slow"),
        httpx.ReadTimeout("slow"),
        httpx.RemoteProtocolError("cut off"),
        httpx.ReadError("reset"),
        httpx.PoolTimeout("full"),
        httpx.ProxyError("proxy"),
    ],
    ids=lambda failure: type(failure).__name__,
)
@ONE_OF_EACH_KIND
async def test_no_connection_is_no_answer(wire: Wire, call: str, failure: httpx.HTTPError) -> None:
    wire.router.route().mock(side_effect=failure)
    with pytest.raises(NotionUnavailable) as caught:
        await wire.call(call)
    assert not any(secret in shown(caught.value) for secret in SECRETS)


@pytest.mark.parametrize("call", CALLS)
async def test_the_deadline_is_for_the_whole_answer(wire: Wire, call: str) -> None:
    async def first_word_only() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.Event().wait()

    wire.router.route().mock(return_value=httpx.Response(200, content=first_word_only()))
    with pytest.raises(NotionUnavailable):
        await wire.call(call, deadline=0.02)


# What is a refusal


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"error": "invalid_grant"}, "invalid_grant"),
        ({"error": "invalid_client", "error_description": "No."}, "invalid_client"),
        ({"object": "error", "status": 400, "code": "invalid_grant", "message": "No."}, "invalid_grant"),
        ({"error": "invalid_grant", "code": "validation_error"}, "invalid_grant"),
        ({"error": None, "code": "invalid_request"}, "invalid_request"),
        ({"error": "", "code": "invalid_request"}, "invalid_request"),
    ],
)
@pytest.mark.parametrize("status", [400, 401])
@pytest.mark.parametrize("call", ["exchange", "introspect"])
async def test_error_is_read_first_and_code_next(wire: Wire, call: str, status: int, body: Json, code: str) -> None:
    wire.answers(status, json={**body, "request_id": "7e57-request"})
    with pytest.raises(OAuthRefused) as caught:
        await wire.call(call)
    assert (caught.value.code, caught.value.request_id) == (code, "7e57-request")


@pytest.mark.parametrize("body", [{}, {"error": 7}, {"error": {"code": "x"}}, {"code": 413}, {"message": "no"}])
@pytest.mark.parametrize("call", CALLS)
async def test_a_refusal_without_a_code_is_none(wire: Wire, call: str, body: Json) -> None:
    wire.answers(400, json={**body, "request_id": "7e57-request"})
    with pytest.raises(NotionUnavailable) as caught:
        await wire.call(call)
    assert caught.value.request_id == "7e57-request"


@pytest.mark.parametrize(("status", "code"), [(401, "unauthorized"), (403, "restricted_resource"), (400, "x")])
async def test_the_api_refuses_in_its_own_words(wire: Wire, status: int, code: str) -> None:
    wire.answers(status, json={"object": "error", "status": status, "code": code, "message": "", "request_id": "7e57"})
    with pytest.raises(NotionRefused) as caught:
        await wire.call("me")
    assert (caught.value.status, caught.value.code, caught.value.request_id) == (status, code, "7e57")


@pytest.mark.parametrize("request_id", [None, 7, [], {}])
async def test_a_refusal_needs_no_request_id(wire: Wire, request_id: Json) -> None:
    wire.answers(400, json={"error": "invalid_grant", "request_id": request_id})
    with pytest.raises(OAuthRefused) as caught:
        await wire.call("exchange")
    assert caught.value.request_id is None


async def test_what_a_refusal_says_is_fit_for_a_log(wire: Wire) -> None:
    body = {"error": "a\nb\0c\x1b[31m\ud83d" + "x" * 500, "request_id": "r\n\0" + "y" * 500}
    wire.answers(400, content=json.dumps(body))
    with pytest.raises(OAuthRefused) as caught:
        await wire.call("exchange")
    error = caught.value
    assert (error.code, error.request_id) == (("abc[31m" + "x" * 500)[:100], ("r" + "y" * 500)[:100])
    assert str(error).isprintable()


# What is never shown


@pytest.mark.parametrize("status", [400, 401, 429, 500])
@pytest.mark.parametrize("call", CALLS)
async def test_no_error_shows_a_secret(wire: Wire, call: str, status: int) -> None:
    echo = " ".join(SECRETS)
    wire.answers(
        status,
        json={"error": "invalid_grant", "code": "unauthorized", "error_description": echo, "message": echo},
        headers={"x-echo": echo},
    )
    with pytest.raises(NotionError) as caught:
        await wire.call(call)
    assert not any(secret in shown(caught.value) for secret in SECRETS)


async def test_an_answer_cut_short_shows_no_secret(wire: Wire) -> None:
    wire.answers(content=json.dumps(TOKEN_ANSWER).encode()[:-1])
    with pytest.raises(NotionUnavailable) as caught:
        await wire.call("exchange")
    assert not any(secret in shown(caught.value) for secret in SECRETS)


async def test_no_model_shows_a_token(wire: Wire) -> None:
    wire.answers(json=TOKEN_ANSWER)
    answer = await wire.call("exchange")
    assert answer.access_token == ACCESS
    assert answer.refresh_token == REFRESH
    assert not any(secret in shown(answer) for secret in SECRETS)


async def test_neither_client_shows_its_secret(wire: Wire) -> None:
    assert not any(secret in shown(wire.oauth) + shown(wire.api) + str(vars(wire.oauth)) for secret in SECRETS)
