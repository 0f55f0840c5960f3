"""Whatever is not signed with the token kept here changes nothing; what is signed and makes no sense breaks nothing."""

import asyncio
import base64
import hashlib
import hmac
import json
import re
import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest

from ivgraph_auth.app.workers import prune
from ivgraph_auth.graph.webhooks.events import KNOWN_TYPES, read_event
from ivgraph_auth.sandbox.content.lighthouse import ROADMAP
from tests.conftest import MakeService
from tests.graph.sync_kit import lift_rate_limit
from tests.graph.webhooks.kit import (
    PATH,
    TOKEN,
    due,
    event_of,
    outcomes,
    send,
    signature_of,
    subscribe,
    tell,
    work_off,
)
from tests.support.service import Service

OTHER = "secret_" + "z9Y8" * 10
GOOD = json.dumps(event_of("page.content_updated", ROADMAP)).encode()
DELETED = json.dumps(event_of("page.deleted", ROADMAP)).encode()
Headers = list[tuple[str, str]]


def signed(body: bytes, token: str = TOKEN) -> Headers:
    return [("X-Notion-Signature", signature_of(body, token))]


def plain(value: str) -> Headers:
    return [("X-Notion-Signature", value)]


def handshake(token: Any, **more: Any) -> bytes:
    return json.dumps({"verification_token": token, **more}).encode()


HEX = signature_of(GOOD).removeprefix("sha256=")
DIGEST = hmac.new(TOKEN.encode(), GOOD, hashlib.sha256).digest()
FORGED: dict[str, tuple[bytes, Headers]] = {
    "unsigned": (GOOD, []),
    "unsigned deletion": (DELETED, []),
    "empty signature": (GOOD, plain("")),
    "prefix alone": (GOOD, plain("sha256=")),
    "without prefix": (GOOD, plain(HEX)),
    "with another prefix": (GOOD, plain(f"sha1={HEX}")),
    "prefix in capitals": (GOOD, plain(f"SHA256={HEX}")),
    "one digit short": (GOOD, plain(f"sha256={HEX[:-1]}")),
    "one digit long": (GOOD, plain(f"sha256={HEX}0")),
    "one digit wrong": (GOOD, plain(f"sha256={HEX[:-1]}{'0' if HEX[-1] != '0' else '1'}")),
    "in base64": (GOOD, plain(f"sha256={base64.b64encode(DIGEST).decode()}")),
    "a blank behind": (GOOD, plain(f"sha256={HEX} x")),
    "a list": (GOOD, plain(f"sha256={HEX}, sha256={HEX}")),
    "twice": (GOOD, signed(GOOD) * 2),
    "right behind wrong": (GOOD, [*plain("sha256=" + "0" * 64), *signed(GOOD)]),
    "with another token": (GOOD, signed(GOOD, OTHER)),
    "with no token": (GOOD, signed(GOOD, "")),
    "of sha1": (GOOD, plain("sha256=" + hmac.new(TOKEN.encode(), GOOD, "sha1").hexdigest())),
    "of the digest of the body alone": (GOOD, plain("sha256=" + hashlib.sha256(GOOD).hexdigest())),
    "as bearer": (GOOD, [("Authorization", f"Bearer {TOKEN}")]),
    "of another body": (DELETED, signed(GOOD)),
    "body cut short": (GOOD[:-1], signed(GOOD)),
    "body with a blank behind": (GOOD + b" ", signed(GOOD)),
    "body in other words": (json.dumps(json.loads(GOOD), indent=1).encode(), signed(GOOD)),
    "empty body": (b"", signed(GOOD)),
    "empty body signed with no token": (b"", signed(b"", "")),
    "a megabyte": (b"[" * 2**20, signed(GOOD)),
    "a token nobody asked for": (handshake(OTHER), signed(handshake(OTHER), OTHER)),
    "a token signed with ours and another within": (handshake(OTHER), signed(handshake(OTHER))),
    "a token unsigned": (handshake(TOKEN), []),
    "a token that is empty": (handshake(""), signed(handshake(""), "")),
}


@pytest.fixture(scope="module")
async def subscribed(synced: Service) -> Service:
    """The subscription's first event has come and been worked off."""
    with pytest.MonkeyPatch.context() as patch:
        lift_rate_limit(patch)
        await tell(synced, event_of("page.content_updated", ROADMAP))
        await work_off(synced)
    return synced


TABLES = ("graph_nodes", "graph_edges", "graph_due", "graph_changes", "webhook_subscriptions", "audit_events")


async def everything(service: Service) -> list[Any]:
    """What a webhook could change."""
    found = [await service.rows(f"SELECT * FROM {table} ORDER BY 1, 2") for table in TABLES]  # noqa: S608 -- ours
    return [*found, await service.rows("SELECT id, outcome FROM webhook_events ORDER BY id")]


@pytest.mark.parametrize("kind", FORGED)
async def test_what_is_not_signed_changes_nothing(subscribed: Service, kind: str) -> None:
    body, headers = FORGED[kind]
    before = await everything(subscribed)
    subscribed.sandbox.instance.calls.clear()
    client = await subscribed.browser()
    answer = await client.post(PATH, content=body, headers=headers)
    if kind == "a token signed with ours and another within":
        # It is of whoever has our token, and not what anybody waits for.
        assert answer.status_code == 200
    else:
        assert (answer.status_code, answer.json()["code"]) == (401, "signature_not_valid")
        assert answer.headers["content-type"] == "application/problem+json"
    assert await everything(subscribed) == before
    assert subscribed.sandbox.instance.calls == []


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_beyond_a_megabyte_is_not_read(subscribed: Service, *, chunked: bool) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(17):
            yield b"x" * 2**16

    before = await everything(subscribed)
    body = b"x" * (2**20 + 1)
    client = await subscribed.browser()
    content = pieces() if chunked else body
    answer = await client.post(PATH, content=content, headers=signed(body))
    assert (answer.status_code, answer.json()["code"]) == (413, "content_too_large")
    assert await everything(subscribed) == before


async def test_thousands_of_failures_do_not_lock_notion_out(subscribed: Service) -> None:
    client = await subscribed.browser()
    for _ in range(100):
        assert (await client.post(PATH, content=GOOD, headers=plain("sha256=" + "0" * 64))).status_code == 401
    answer = await client.post(PATH, content=GOOD, headers=signed(GOOD))
    assert answer.status_code == 200
    await work_off(subscribed)


def without(name: str) -> bytes:
    told = event_of("page.content_updated", str(uuid.uuid4()))
    del told[name]
    return json.dumps(told).encode()


def with_(**wrong: Any) -> bytes:
    return json.dumps(event_of("page.content_updated", str(uuid.uuid4())) | wrong).encode()


ODD: dict[str, tuple[bytes, str]] = {
    "no JSON": (b"\x00\xff not JSON", "malformed"),
    "cut short": (GOOD[:40], "malformed"),
    "null": (b"null", "malformed"),
    "a list": (b"[]", "malformed"),
    "a number of a million digits": (b"9" * 1_000_000, "malformed"),
    "endless depth": (b"[" * 100_000, "malformed"),
    "not UTF-8": (GOOD.replace(b"page", b"p\xe4ge"), "malformed"),
    "no id": (without("id"), "malformed"),
    "id with NUL": (with_(id="\0" * 36), "malformed"),
    "id a number": (with_(id=10**12), "malformed"),
    "no type": (without("type"), "malformed"),
    "type a list": (with_(type=["page.deleted"]), "malformed"),
    "type with NUL": (with_(type="page.\0"), "malformed"),
    "type of 100,000 letters": (with_(type="p" * 100_000), "malformed"),
    "type of tomorrow": (with_(type="page.painted"), "unknown"),
    "no entity": (without("entity"), "malformed"),
    "entity a string": (with_(entity="page"), "malformed"),
    "entity without id": (with_(entity={"type": "page"}), "malformed"),
    "entity's id a path": (with_(entity={"id": "../../v1/users"}), "malformed"),
    "no workspace": (without("workspace_id"), "malformed"),
    "workspace of somebody else": (with_(workspace_id=str(uuid.uuid4())), "nobody"),
    "readers who have no connection": (with_(accessible_by=[{"id": str(uuid.uuid4()), "type": "person"}]), "nobody"),
    "a comment": (json.dumps(event_of("comment.created", ROADMAP)).encode(), "ignored"),
    "a view": (json.dumps(event_of("view.updated", ROADMAP)).encode(), "ignored"),
    "a file": (json.dumps(event_of("file_upload.completed", ROADMAP)).encode(), "ignored"),
    "older than two days": (with_(timestamp="2026-11-19T12:00:00Z"), "stale"),
}


@pytest.mark.parametrize("kind", ODD)
async def test_what_is_signed_and_makes_no_sense_is_counted_and_no_more(subscribed: Service, kind: str) -> None:
    body, outcome = ODD[kind]
    before = await outcomes(subscribed)
    for _ in range(2):
        assert (await send(subscribed, body)).status_code == 200
    after = await outcomes(subscribed)
    assert [after[key] for key in after.keys() - before.keys()] == [outcome]
    assert await due(subscribed) == []


LENIENT: dict[str, bytes] = {
    "no timestamp": without("timestamp"),
    "timestamp a number": with_(timestamp=10**12),
    "timestamp of no calendar": with_(timestamp="2026-99-99T99:99:99Z"),
    "no data": without("data"),
    "data a list": with_(data=[]),
    "readers a string": with_(accessible_by="everybody"),
    "readers of nothing": with_(accessible_by=[None, 1, {}, {"id": 1}, []]),
    "rows of nothing": json.dumps(
        event_of("data_source.content_updated", str(uuid.uuid4()))
        | {"data": {"updated_blocks": [None, {"id": []}, {"id": str(uuid.uuid4()), "type": []}]}}
    ).encode(),
    "entity's type a block": json.dumps(
        event_of("database.moved", str(uuid.uuid4())) | {"entity": {"id": str(uuid.uuid4()), "type": "block"}}
    ).encode(),
}


@pytest.mark.parametrize("kind", LENIENT)
async def test_what_is_missing_beside_the_entity_does_no_harm(subscribed: Service, kind: str) -> None:
    before = await outcomes(subscribed)
    assert (await send(subscribed, LENIENT[kind])).status_code == 200
    after = await outcomes(subscribed)
    assert [after[key] for key in after.keys() - before.keys()] == ["marked"]
    await work_off(subscribed)


def test_the_types_that_notion_documents_are_known() -> None:
    assert len(KNOWN_TYPES) == 31
    for kind in KNOWN_TYPES:
        of_graphs = kind.startswith(("page.", "database.", "data_source."))
        read = read_event(json.dumps(event_of(kind, ROADMAP)).encode())
        assert read.outcome == ("marked" if of_graphs else "ignored")


async def test_each_event_counts_once_in_every_process(make_service: MakeService) -> None:
    service = await make_service(metrics=True)
    other = await make_service(encryption_keys=service.settings.encryption_keys)
    await subscribe(service)
    told = event_of("comment.created", ROADMAP)
    body = json.dumps(told).encode()
    answers = await asyncio.gather(*(send(receiver, body) for receiver in (service, other) * 5))
    assert {answer.status_code for answer in answers} == {200}
    assert await outcomes(service) == {uuid.UUID(told["id"]): "ignored"}
    shown = (await (await service.browser()).get("/metrics")).text
    counts = [int(float(each)) for each in re.findall(r'ivgraph_webhooks_total\{outcome="\w+"\} (\S+)', shown)]
    assert sum(counts) == 5


async def test_what_is_not_remembered_any_more_is_too_old_to_count(make_service: MakeService) -> None:
    service = await make_service()
    await service.sign_in("ada")
    await subscribe(service)
    body = json.dumps(event_of("page.content_updated", ROADMAP)).encode()
    assert (await send(service, body)).status_code == 200
    service.clock.advance(hours=47)
    await prune(service.app.composition)
    assert list((await outcomes(service)).values()) == ["nobody"]
    service.clock.advance(hours=2)
    await prune(service.app.composition)
    assert await outcomes(service) == {}
    assert (await send(service, body)).status_code == 200
    assert list((await outcomes(service)).values()) == ["stale"]
