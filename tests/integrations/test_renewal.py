"""A dead access token: renewed once for everybody, saved before anybody has it, and then the call goes once more."""

import asyncio

import httpx
import pytest

from ivgraph_auth.integrations import (
    AuthManager,
    AuthorizationNeeded,
    MemoryStore,
    NotionRefused,
    NotionUnavailable,
    NotionUserCredentials,
)
from tests.integrations.kit import APP, NEW_PAIR, OLD, SECRETS, SUBJECT, TOKEN_URL, UNAUTHORIZED, Someone, notion, shown
from tests.support.service import Json


async def stored(auth: AuthManager, someone: Someone) -> NotionUserCredentials:
    token = await someone.authorizes(auth, SUBJECT)
    await auth.store_credentials("notion", SUBJECT, token)
    return token


async def test_a_call_renews_and_goes_on(someone: Someone) -> None:
    store = MemoryStore()
    auth = AuthManager(notion=someone.app, store=store)
    old = await stored(auth, someone)
    someone.expires()
    async with auth.session(subject=SUBJECT) as integrations:
        await integrations.notion.get_self()
        await integrations.notion.get_self()
        assert integrations.notion.credentials.access_token != old.access_token
    assert someone.refreshes() == 1
    held = await store.load("notion", SUBJECT)
    assert held == integrations.notion.credentials


async def test_fifty_calls_at_once_renew_once(someone: Someone) -> None:
    auth = AuthManager(notion=someone.app)
    await stored(auth, someone)
    someone.expires()

    async def call() -> Json:
        async with auth.session(subject=SUBJECT) as integrations:
            return await integrations.notion.get_self()

    async with auth.session(subject=SUBJECT) as shared:
        answers = await asyncio.gather(*(shared.notion.get_self() for _ in range(45)), *(call() for _ in range(5)))
    assert all(answer["type"] == "bot" for answer in answers)
    assert someone.refreshes() == 1


async def test_credentials_that_are_not_stored_are_renewed_too(someone: Someone) -> None:
    auth = AuthManager(notion=someone.app)
    token = await someone.authorizes(auth)
    someone.expires()
    async with auth.with_credentials("notion", token) as integrations:
        await integrations.notion.get_self()
        kept = integrations.notion.credentials
    assert kept.access_token != token.access_token
    with pytest.raises(AuthorizationNeeded):
        async with auth.session(subject=SUBJECT):
            pass
    async with auth.with_credentials("notion", kept) as integrations:
        await integrations.notion.get_self()
    assert someone.refreshes() == 1


async def test_a_refused_refresh_says_to_authorize_again_and_keeps_what_is_stored(someone: Someone) -> None:
    store = MemoryStore()
    auth = AuthManager(notion=someone.app, store=store)
    token = await stored(auth, someone)
    someone.sandbox.instance.state.revoke_authorization()
    async with auth.session(subject=SUBJECT) as integrations:
        with pytest.raises(AuthorizationNeeded, match="again") as caught:
            await integrations.notion.get_self()
    assert token.access_token not in shown(caught.value)
    assert await store.load("notion", SUBJECT) == token


async def test_another_process_was_quicker() -> None:
    store = MemoryStore()
    auth = AuthManager(notion=APP, store=store)
    await auth.store_credentials("notion", SUBJECT, OLD)
    fresh = NotionUserCredentials("ntn_new_new_new")
    with notion() as wire:
        wire.get(headers={"Authorization": "Bearer ntn_old_old_old"}).respond(401, json=UNAUTHORIZED)
        good = wire.get(headers={"Authorization": "Bearer ntn_new_new_new"}).respond(json={"object": "user"})
        refresh = wire.post(TOKEN_URL)
        async with auth.session(subject=SUBJECT) as integrations:
            await store.save("notion", SUBJECT, fresh)
            await integrations.notion.get_self()
        assert good.call_count == 1
        assert refresh.call_count == 0


async def test_a_token_that_is_refused_right_after_its_renewal_is_not_renewed_again() -> None:
    auth = AuthManager(notion=APP)
    await auth.store_credentials("notion", SUBJECT, OLD)
    with notion() as wire:
        asked = wire.get().respond(401, json=UNAUTHORIZED)
        refresh = wire.post(TOKEN_URL).respond(json=NEW_PAIR)
        async with auth.session(subject=SUBJECT) as integrations:
            with pytest.raises(NotionRefused) as caught:
                await integrations.notion.get_self()
        assert (asked.call_count, refresh.call_count) == (2, 1)
    assert not any(secret in shown(caught.value) for secret in SECRETS)


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize(
    "answer",
    [
        {"html": "<html>Who are you?</html>"},
        {"json": {"error": "unauthorized"}},
        {"json": {"code": "unauthorized"}},
        {"json": {"object": "error", "code": 401}},
        {"content": b""},
    ],
    ids=["html", "oauth", "foreign", "figure", "empty"],
)
async def test_what_is_not_notions_own_refusal_changes_nothing(status: int, answer: Json) -> None:
    store = MemoryStore()
    auth = AuthManager(notion=APP, store=store)
    await auth.store_credentials("notion", SUBJECT, OLD)
    with notion() as wire:
        asked = wire.get().respond(status, **answer)
        refresh = wire.post(TOKEN_URL)
        async with auth.session(subject=SUBJECT) as integrations:
            with pytest.raises(NotionUnavailable):
                await integrations.notion.get_self()
        assert (asked.call_count, refresh.call_count) == (1, 0)
    assert await store.load("notion", SUBJECT) == OLD


async def test_an_outage_while_refreshing_is_no_reason_to_authorize_again() -> None:
    store = MemoryStore()
    auth = AuthManager(notion=APP, store=store)
    await auth.store_credentials("notion", SUBJECT, OLD)
    with notion() as wire:
        wire.get().respond(401, json=UNAUTHORIZED)
        wire.post(TOKEN_URL).respond(503)
        async with auth.session(subject=SUBJECT) as integrations:
            with pytest.raises(NotionUnavailable):
                await integrations.notion.get_self()
    assert await store.load("notion", SUBJECT) == OLD


async def test_a_caller_that_gives_up_does_not_lose_the_new_pair() -> None:
    store = MemoryStore()
    auth = AuthManager(notion=APP, store=store)
    await auth.store_credentials("notion", SUBJECT, OLD)
    asked, answer = asyncio.Event(), asyncio.Event()

    async def slowly(_: httpx.Request) -> httpx.Response:
        asked.set()
        await answer.wait()
        return httpx.Response(200, json=NEW_PAIR)

    with notion() as wire:
        wire.get(headers={"Authorization": f"Bearer {OLD.access_token}"}).respond(401, json=UNAUTHORIZED)
        wire.get(headers={"Authorization": "Bearer ntn_new_new_new"}).respond(json={"object": "user"})
        refresh = wire.post(TOKEN_URL).mock(side_effect=slowly)
        async with auth.session(subject=SUBJECT) as patient:
            async with auth.session(subject=SUBJECT) as hasty:
                first = asyncio.create_task(hasty.notion.get_self())
                await asked.wait()
                second = asyncio.create_task(patient.notion.get_self())
                first.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await first
            answer.set()
            assert await second == {"object": "user"}
        assert refresh.call_count == 1
    held = await store.load("notion", SUBJECT)
    assert held is not None
    assert held.refresh_token == "nrt_new_new_new"
