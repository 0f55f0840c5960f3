"""Notion down, slow or answering nonsense."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from structlog.testing import capture_logs

from ivgraph_auth.sandbox.app import Fault
from tests.conftest import MakeService
from tests.signin.kit import ME, TOKEN, come_back, error_of, gained, last_refusal, new_state, newcomer, serving, written
from tests.signin.scripted import ScriptedNotion, bot, person, token_answer
from tests.support.postgres import TestDatabases
from tests.support.service import DASHBOARD, Json, Service, fragment_of, run_server

GARBAGE = ["text", "truncated", "list", "number", "empty", "deep", "binary"]
SLOW: list[dict[str, Any]] = [{"kind": "hang"}, {"kind": "drip", "interval": 0.05}]
FAULTS: list[dict[str, Any]] = [
    {"kind": "html", "status": 403},
    {"kind": "html", "status": 502},
    {"kind": "html", "status": 502, "carry_out": True},
    {"kind": "html", "status": 200},
    {"kind": "huge"},
    {"kind": "drop"},
    *({"kind": "garbage", "garbage": each} for each in GARBAGE),
    {"kind": "garbage", "garbage": "text", "status": 400},
    {"kind": "garbage", "garbage": "list", "status": 401},
    *({"kind": "status", "status": each} for each in (429, 500, 503, 529)),
]


def named(fault: dict[str, Any]) -> str:
    return "-".join(str(value) for value in fault.values())


@pytest.fixture(scope="module")
async def impatient(migrated: TestDatabases) -> AsyncIterator[Service]:
    async with serving(migrated, notion_seconds=2) as made:
        yield made


@pytest.fixture(scope="module")
async def scripted() -> ScriptedNotion:
    return ScriptedNotion("")


@pytest.fixture(scope="module")
async def strange(migrated: TestDatabases, scripted: ScriptedNotion) -> AsyncIterator[Service]:
    """A service whose Notion is scripted."""
    async with run_server(scripted) as url, serving(migrated, notion_api_url=url) as made:
        scripted.client_secret = made.sandbox.client_secret
        yield made


async def stays_out(service: Service, who: str) -> None:
    """One sign-in fails without a trace, and the next one is good."""
    before = await written(service)
    client = await service.browser()
    arrived = await service.arrive(client, person=who)
    assert arrived.headers["location"] == f"{DASHBOARD}#error=temporarily_unavailable"
    assert error_of(arrived) == "temporarily_unavailable"
    assert await last_refusal(service) == "notion_unavailable"
    assert await gained(service, before) == {}
    assert service.sandbox.instance.faults.waiting == ()
    assert "access" in fragment_of(await service.arrive(client, person=who))


@pytest.mark.slow
@pytest.mark.parametrize("path", [TOKEN, ME])
@pytest.mark.parametrize("fault", SLOW, ids=named)
async def test_a_slow_notion_is_temporary(impatient: Service, fault: dict[str, Any], path: str) -> None:
    impatient.sandbox.instance.faults.add(Fault(path, **fault))
    await stays_out(impatient, newcomer(impatient, partial=True))


@pytest.mark.parametrize("fault", FAULTS, ids=named)
async def test_trouble_with_the_exchange_is_temporary(shared_service: Service, fault: dict[str, Any]) -> None:
    shared_service.sandbox.instance.faults.add(Fault(TOKEN, **fault))
    await stays_out(shared_service, newcomer(shared_service))


@pytest.mark.parametrize("path", [TOKEN, ME])
async def test_redirects_of_notion_are_not_followed(
    shared_service: Service, scripted: ScriptedNotion, strange: Service, path: str
) -> None:
    elsewhere = strange.settings.notion_api_url
    scripted.calls.clear()
    for status in (302, 307, 308):
        fault = Fault(path, "redirect", status=status, location=f"{elsewhere}{path}")
        shared_service.sandbox.instance.faults.add(fault)
        await stays_out(shared_service, newcomer(shared_service, partial=True))
    assert scripted.calls == []


async def test_nobody_listening_at_notion_is_temporary(make_service: MakeService) -> None:
    service = await make_service(notion_api_url="http://127.0.0.1:9")
    client = await service.browser()
    answer = await come_back(client, state=await new_state(client), code="any")
    assert error_of(answer) == "temporarily_unavailable"
    assert set((await written(service)).values()) == {0}


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "huge"},
        {"kind": "drop"},
        {"kind": "html", "status": 403},
        {"kind": "garbage", "garbage": "number"},
        {"kind": "garbage", "garbage": "text"},
        {"kind": "status", "status": 500},
        {"kind": "status", "status": 503},
        {"kind": "status", "status": 429},
    ],
    ids=named,
)
async def test_trouble_with_asking_who_it_is_is_temporary(shared_service: Service, fault: dict[str, Any]) -> None:
    shared_service.sandbox.instance.faults.add(Fault(ME, **fault))
    await stays_out(shared_service, newcomer(shared_service, partial=True))


NONSENSE: dict[str, Json] = {
    "no token": token_answer(access_token=None),
    "a token with a line break": token_answer(access_token="ntn_a\r\nX-Evil: 1"),
    "no bot": token_answer(bot_id=None),
    "no workspace": token_answer(workspace_id=None),
    "a workspace that is no UUID": token_answer(workspace_id="../../etc/passwd"),
    "a person that is no UUID": token_answer(person(id="1 OR 1=1")),
    "a person without an id": token_answer(person(id=None)),
    "a name that is a number": token_answer(person(name=7)),
    "an owner that is a text": token_answer(owner="somebody"),
    "only a number": 7,
    "null": None,
}


@pytest.mark.parametrize("answer", NONSENSE.values(), ids=NONSENSE)
async def test_nonsense_is_temporary(strange: Service, scripted: ScriptedNotion, answer: Json) -> None:
    scripted.token = answer
    client = await strange.browser()
    before = await written(strange)
    assert error_of(await come_back(client, state=await new_state(client), code="any")) == "temporarily_unavailable"
    assert await gained(strange, before) == {}


async def test_two_answers_that_name_two_people_are_nonsense(strange: Service, scripted: ScriptedNotion) -> None:
    scripted.token = token_answer({"object": "user", "id": "11111111-1111-4111-8111-111111111111"})
    scripted.me = bot(person())
    client = await strange.browser()
    before = await written(strange)
    assert error_of(await come_back(client, state=await new_state(client), code="any")) == "temporarily_unavailable"
    assert await gained(strange, before) == {}


@pytest.mark.parametrize(
    ("owner", "me"),
    [
        ({"type": "workspace", "workspace": True}, None),
        (None, bot(None, kind="workspace")),
        (None, {"object": "user", "id": "b", "type": "bot", "bot": None}),
    ],
)
async def test_an_authorization_of_no_person_signs_nobody_in(
    strange: Service, scripted: ScriptedNotion, owner: Json, me: Json
) -> None:
    scripted.token, scripted.me = token_answer(owner=owner), me
    client = await strange.browser()
    before = await written(strange)
    with capture_logs() as lines:
        assert error_of(await come_back(client, state=await new_state(client), code="any")) == "server_error"
    assert await gained(strange, before) == {}
    (line,) = [line for line in lines if line["event"] == "signin.failed"]
    assert (line["log_level"], line["reason"]) == ("error", "no_person")
    assert "owner = workspace" in line["hint"]
    assert scripted.token["access_token"] not in repr(line)


async def signed_in(service: Service) -> Json:
    client = await service.browser()
    fragment = fragment_of(await come_back(client, state=await new_state(client), code="any"))
    me = await client.get("/api/auth/me/", headers={"Authorization": f"Bearer {fragment['access']}"})
    assert me.status_code == 200
    return me.json()


async def test_an_owner_who_is_left_out_is_asked_for(strange: Service, scripted: ScriptedNotion) -> None:
    scripted.token, scripted.me = token_answer(owner=None), bot(person(name="Asked For"))
    scripted.calls.clear()
    assert (await signed_in(strange))["name"] == "Asked For"
    assert scripted.calls == [f"POST {TOKEN}", f"GET {ME}"]


async def test_ids_are_taken_dashed_or_not_and_answered_dashed(strange: Service, scripted: ScriptedNotion) -> None:
    scripted.token = token_answer(
        person(id="ABCDEF0011114222833344445555AAAA"), workspace_id="FEDCBA0011114222833344445555AAAA"
    )
    me = await signed_in(strange)
    assert me["notion_user_id"] == "abcdef00-1111-4222-8333-44445555aaaa"
    assert me["workspaces"][0]["id"] == "fedcba00-1111-4222-8333-44445555aaaa"
    scripted.token = token_answer(
        person(id="abcdef00-1111-4222-8333-44445555aaaa"), workspace_id="fedcba00-1111-4222-8333-44445555aaaa"
    )
    assert (await signed_in(strange))["id"] == me["id"]


async def test_urls_in_notions_answers_are_never_fetched(strange: Service, scripted: ScriptedNotion) -> None:
    url = f"{strange.settings.notion_api_url}/picture.png"
    scripted.token = token_answer(person(avatar_url=url), workspace_icon=url)
    scripted.calls.clear()
    me = await signed_in(strange)
    assert (me["avatar_url"], me["workspaces"][0]["icon"]) == (url, url)
    assert scripted.calls == [f"POST {TOKEN}"]


@pytest.mark.parametrize("text", ["a\0b", "<script>", "x" * 100_000, "\N{SNOWMAN}", "", "'; DROP TABLE accounts"])
async def test_strange_texts_are_no_hindrance(strange: Service, scripted: ScriptedNotion, text: str) -> None:
    details = {"email": text, "email_verified": None}
    scripted.token = token_answer(
        person(name=text, avatar_url=text, person=details), workspace_name=text, workspace_icon=text
    )
    me = await signed_in(strange)
    assert me["name"] == text.replace("\0", "")[:2000]


HALF = "half \ud83d"  # of a surrogate pair, as a text cut between the two leaves it


@pytest.mark.parametrize(
    "answer",
    [
        token_answer(person(name=HALF)),
        token_answer(person(avatar_url=HALF)),
        token_answer(person(person={"email": HALF})),
        token_answer(workspace_name=HALF),
        token_answer(workspace_icon=HALF),
        token_answer(request_id=HALF),
        token_answer(request_id="a\0b"),
    ],
    ids=["name", "avatar", "email", "workspace", "icon", "request-id", "request-id-nul"],
)
async def test_what_no_database_can_hold_is_not_our_failure(
    strange: Service, scripted: ScriptedNotion, answer: Json
) -> None:
    scripted.token = answer
    client = await strange.browser()
    arrived = await come_back(client, state=await new_state(client), code="any")
    assert arrived.status_code == 302
    assert {"access", "error"} & set(fragment_of(arrived))


async def test_unknown_members_are_passed_over(strange: Service, scripted: ScriptedNotion) -> None:
    scripted.token = token_answer(person(pronouns="they", teams=[1]), expires_in=60, scope="x", bot={"id": 5})
    assert (await signed_in(strange))["name"] == "Sam"
