"""The verification token of a subscription: taken while somebody waits for it, kept sealed, shown once."""

import asyncio
import json

import pytest
from structlog.testing import capture_logs

from ivgraph_auth.core.principal import ClientInfo
from ivgraph_auth.keys.keyring import generate_key
from ivgraph_auth.sandbox.content.lighthouse import ROADMAP
from tests.conftest import MakeService
from tests.graph.webhooks.kit import (
    SUBSCRIPTION,
    TOKEN,
    event_of,
    hand_over,
    send,
    signature_of,
    subscribe,
)
from tests.support.service import Json, Service, Session

REVEAL = f"{SUBSCRIPTION}reveal/"
OTHER = "secret_" + "z9Y8" * 10
EVENT = json.dumps(event_of("comment.created", ROADMAP)).encode()
OPENED, RECEIVED, SHOWN, CONFIRMED, REMOVED = (
    ("admin:webhooks:opened", "success"),
    ("notion:webhooks:received", "success"),
    ("admin:webhooks:shown", "success"),
    ("notion:webhooks:confirmed", "success"),
    ("admin:webhooks:removed", "success"),
)


@pytest.fixture
async def service(swept_service: Service) -> Service:
    await swept_service.execute(
        "DELETE FROM webhook_doors", "DELETE FROM webhook_subscriptions", "DELETE FROM webhook_events"
    )
    return swept_service


@pytest.fixture
async def admin(service: Service) -> Session:
    session = await service.sign_in("ada")
    await service.execute("UPDATE accounts SET role = 'admin'")
    await service.execute("DELETE FROM audit_events")
    return session


async def ask(session: Session, method: str, path: str = SUBSCRIPTION, *, status: int = 200) -> Json:
    answer = await session.client.request(method, path, headers=session.bearer)
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


async def is_taken(service: Service, token: str) -> bool:
    """An event that is signed with it."""
    return (await send(service, EVENT, token=token)).status_code == 200


async def test_from_the_open_door_to_the_first_event(service: Service, admin: Session) -> None:
    state = await ask(admin, "GET")
    nothing = dict.fromkeys(
        ("door_open_until", "token_received_at", "token_shown_at", "confirmed_at", "last_event_at"), None
    )
    assert state == {"url": f"{service.settings.public_url}/api/webhooks/notion", **nothing, "events": []}
    assert (await ask(admin, "POST"))["door_open_until"] == "2026-11-21T12:10:00Z"
    with capture_logs() as lines:
        assert (await hand_over(service)).status_code == 200
        state = await ask(admin, "GET")
        assert (state["door_open_until"], state["confirmed_at"]) == (None, None)
        assert state["token_received_at"] == "2026-11-21T12:00:00Z"
        assert TOKEN not in json.dumps(state)
        assert await ask(admin, "POST", REVEAL) == {"verification_token": TOKEN}
        assert (await ask(admin, "POST", REVEAL, status=409))["code"] == "verification_token_shown"
        assert await is_taken(service, TOKEN)
    assert TOKEN not in str(lines)
    state = await ask(admin, "GET")
    assert state["confirmed_at"] == state["last_event_at"] == state["token_shown_at"] == "2026-11-21T12:00:00Z"
    assert state["events"] == [{"type": "comment.created", "outcome": "ignored", "count": 1}]
    await ask(admin, "DELETE", status=204)
    assert not await is_taken(service, TOKEN)
    assert await service.audit() == [OPENED, RECEIVED, SHOWN, CONFIRMED, REMOVED]
    for row in await service.rows("SELECT * FROM audit_events"):
        assert TOKEN not in str(row)


async def test_the_token_is_stored_sealed(service: Service, admin: Session) -> None:
    await ask(admin, "POST")
    await hand_over(service)
    (row,) = await service.rows("SELECT * FROM webhook_subscriptions")
    assert row["key_id"] == "test"
    assert TOKEN.encode() not in bytes(row["sealed"])
    assert TOKEN[7:].encode() not in bytes(row["sealed"])


async def test_nothing_is_taken_that_nobody_waits_for(service: Service, admin: Session) -> None:
    assert (await hand_over(service)).status_code == 401
    assert (await ask(admin, "POST", REVEAL, status=404))["code"] == "no_verification_token"
    await ask(admin, "POST")
    service.clock.advance(minutes=10, seconds=1)
    assert (await hand_over(service)).status_code == 401
    assert (await ask(admin, "GET"))["token_received_at"] is None
    await ask(admin, "POST")
    service.clock.advance(minutes=9, seconds=50)
    assert (await hand_over(service)).status_code == 200


WRONG: dict[str, tuple[bytes, str]] = {
    "signed with another": (json.dumps({"verification_token": OTHER}).encode(), TOKEN),
    "too short": (b'{"verification_token": "secret_1"}', "secret_1"),
    "too long": (json.dumps({"verification_token": "s" * 300}).encode(), "s" * 300),
    "a number": (b'{"verification_token": 1234567890123456}', "1234567890123456"),
    "with a blank": (b'{"verification_token": "secret_ 1234567890"}', "secret_ 1234567890"),
    "with NUL": (b'{"verification_token": "secret_\\u00001234567890"}', "secret_\x001234567890"),
    "with more beside": (json.dumps({"verification_token": TOKEN, "id": 1}).encode(), TOKEN),
    "behind much": (b" " * 5000 + json.dumps({"verification_token": TOKEN}).encode(), TOKEN),
    "a list": (json.dumps([TOKEN]).encode(), TOKEN),
    "no JSON": (TOKEN.encode(), TOKEN),
    "an event": (EVENT, TOKEN),
}


@pytest.mark.parametrize("kind", WRONG)
async def test_only_a_token_that_has_signed_itself_goes_through_the_door(
    service: Service, admin: Session, kind: str
) -> None:
    await ask(admin, "POST")
    body, token = WRONG[kind]
    assert (await send(service, body, token=token)).status_code == 401
    state = await ask(admin, "GET")
    assert (state["token_received_at"], state["door_open_until"] is None) == (None, False)
    assert (await hand_over(service)).status_code == 200


async def test_a_second_token_needs_the_door_opened_anew(service: Service, admin: Session) -> None:
    await ask(admin, "POST")
    assert (await hand_over(service)).status_code == 200
    assert (await hand_over(service, OTHER)).status_code == 401
    assert await is_taken(service, TOKEN)
    await ask(admin, "POST")
    # Until the new one comes, the old one is good.
    assert await is_taken(service, TOKEN)
    assert (await hand_over(service, OTHER)).status_code == 200
    assert not await is_taken(service, TOKEN)
    assert await is_taken(service, OTHER)
    assert await ask(admin, "POST", REVEAL) == {"verification_token": OTHER}


async def test_the_same_token_is_shown_again_when_somebody_waits_for_it(service: Service, admin: Session) -> None:
    await ask(admin, "POST")
    await hand_over(service)
    await ask(admin, "POST", REVEAL)
    # Notion has sent it again by itself.
    assert (await hand_over(service)).status_code == 200
    await ask(admin, "POST", REVEAL, status=409)
    await ask(admin, "POST")
    assert (await hand_over(service)).status_code == 200
    assert await ask(admin, "POST", REVEAL) == {"verification_token": TOKEN}


async def test_of_ten_that_come_at_once_one_is_taken(service: Service, admin: Session) -> None:
    await ask(admin, "POST")
    tokens = [f"secret_{number:040}" for number in range(10)]
    answers = await asyncio.gather(*(hand_over(service, token) for token in tokens))
    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 9
    taken = next(token for token, answer in zip(tokens, answers, strict=True) if answer.status_code == 200)
    shown = await asyncio.gather(*(admin.client.post(REVEAL, headers=admin.bearer) for _ in range(10)))
    assert sorted(answer.status_code for answer in shown) == [200] + [409] * 9
    assert [answer.json() for answer in shown if answer.status_code == 200] == [{"verification_token": taken}]
    assert (await service.audit()).count(RECEIVED) == (await service.audit()).count(SHOWN) == 1


async def test_removing_shuts_the_door(service: Service, admin: Session) -> None:
    await ask(admin, "POST")
    await ask(admin, "DELETE", status=204)
    await ask(admin, "DELETE", status=204)
    assert (await hand_over(service)).status_code == 401
    assert await service.audit() == [OPENED]


@pytest.mark.parametrize("role", ["member", "viewer"])
async def test_for_admins_alone(service: Service, admin: Session, role: str) -> None:
    token = await admin.mint()
    await ask(admin, "POST")
    await service.execute(f"UPDATE accounts SET role = '{role}'")  # noqa: S608 -- one of two
    for method, path in (("POST", SUBSCRIPTION), ("GET", SUBSCRIPTION), ("DELETE", SUBSCRIPTION), ("POST", REVEAL)):
        assert (await ask(admin, method, path, status=403))["code"] == "insufficient_role"
        bearer = {"Authorization": f"Bearer {token['token']}"}
        answer = await admin.client.request(method, path, headers=bearer)
        assert (answer.status_code, answer.json()["code"]) == (403, "wrong_credential_kind")
    assert (await hand_over(service)).status_code == 200


async def test_a_process_with_another_key_takes_nothing_and_notion_tries_again(make_service: MakeService) -> None:
    service = await make_service()
    other = await make_service()
    await subscribe(service)
    answer = await send(other, EVENT)
    assert (answer.status_code, answer.json()["code"]) == (503, "credential_unavailable")
    assert await service.rows("SELECT 1 FROM webhook_events") == []
    assert await is_taken(service, TOKEN)


async def test_another_process_forgets_it_at_once(make_service: MakeService) -> None:
    service = await make_service()
    other = await make_service(encryption_keys=service.settings.encryption_keys)
    await subscribe(service)
    assert await is_taken(other, TOKEN)
    await service.app.composition.services.webhooks.subscription.remove(None, ClientInfo())
    assert (await send(other, EVENT, signature_of(EVENT))).status_code == 401


async def test_it_is_sealed_anew_with_a_fresh_key(make_service: MakeService) -> None:
    old, new = generate_key("old"), generate_key("new")
    before = await make_service(encryption_keys=old)
    await subscribe(before)
    both = await make_service(encryption_keys=f"{new},{old}")
    await before.app.composition.processes.withdraw()
    assert await both.app.composition.encryption.rewrap.run(lambda _: None)
    alone = await make_service(encryption_keys=new)
    assert await is_taken(alone, TOKEN)
    shown = await alone.app.composition.services.webhooks.subscription.reveal(None, ClientInfo())
    assert shown.reveal() == TOKEN


async def test_one_whose_key_is_lost_can_be_replaced(make_service: MakeService) -> None:
    await subscribe(await make_service())
    other = await make_service(encryption_keys=generate_key("other"))
    assert (await send(other, EVENT)).status_code == 503
    assert (await hand_over(other, OTHER)).status_code == 503
    await subscribe(other, OTHER)
    assert await is_taken(other, OTHER)
