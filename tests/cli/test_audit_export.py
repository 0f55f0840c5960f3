"""`ivgraph-auth audit export`."""

import json
from typing import Any

import pytest

from tests.cli.conftest import House, rows
from tests.cli.visitor import sign_in
from tests.support.processes import Commands

FILL = (
    "INSERT INTO audit_events (at, event, outcome, actor_kind, account_id, user_agent) "
    "SELECT $1::text::timestamptz + (n / 2) * interval '1 second', 'account:token:renamed', 'success', 'account', "
    "4711, $2 FROM generate_series(0, $3::int - 1) AS n"
)
FORGET = "DELETE FROM audit_events WHERE account_id = 4711"


def exported(commands: Commands, house: House, *options: str, **environment: str) -> list[Any]:
    finished = commands.run("audit", "export", *options, **house.settings, **environment)
    assert (finished.code, finished.err) == (0, ""), finished.text
    return [json.loads(line) for line in finished.lines]


def test_a_row_is_what_the_api_tells(commands: Commands, house: House) -> None:
    visitor = sign_in(house.url, "farah")
    visitor.mint()
    told = visitor.get("/api/audit/").json()["results"]
    lines = exported(commands, house)
    mine = [line for line in lines if line["account_id"] == visitor.me["id"]]
    assert mine[-2:] == told[1::-1]
    assert [line["event"] for line in mine[-2:]] == ["account:session:opened", "account:token:minted"]
    for secret in visitor.seen:
        assert secret not in json.dumps(lines)


async def test_all_pages_come_once_each_in_order_of_time(commands: Commands, house: House) -> None:
    await rows(house.database_url, FILL, "2001-01-01T00:00:00Z", "Zoë\u2028/1", 2500)
    lines = exported(commands, house, "--until", "2001-02-01")
    assert len(lines) == 2500
    assert len({line["id"] for line in lines}) == 2500
    keys = [(line["at"], line["id"]) for line in lines]
    assert keys == sorted(keys)
    assert lines[0]["user_agent"] == "Zoë\u2028/1"
    await rows(house.database_url, FORGET)


async def test_since_is_included_and_until_is_not(commands: Commands, house: House) -> None:
    await rows(house.database_url, FILL, "2002-01-01T00:00:00Z", "x", 20)
    spans = {
        ("--since", "2002-01-01T00:00:01Z", "--until", "2002-01-01T00:00:03Z"): 4,
        ("--since", "2002-01-01T02:00:08+02:00", "--until", "2002-02-01"): 4,
        ("--since", "2002-01-01", "--until", "2002-01-01T00:00:01"): 2,
        ("--since", "2002-01-01", "--until", "2002-02-01", "--event", "account:token:renamed"): 20,
        ("--since", "2002-01-01", "--until", "2002-02-01", "--event", "account:token:minted"): 0,
    }
    assert {options: len(exported(commands, house, *options)) for options in spans} == spans
    await rows(house.database_url, FORGET)


CALL = (
    "INSERT INTO audit_events (at, event, outcome, actor_kind, actor_id, account_id, tenant_id, operation) "
    "VALUES ('2003-01-01Z', 'agent:notion:called', $1, $2, $3, $4, $5, 'notion.getPage')"
)


async def test_every_filter_of_the_api_narrows(commands: Commands, house: House) -> None:
    for call in (
        ("success", "service_token", "7", 4711, "team-a"),
        ("started", "service_token", "8", 4711, "team-a"),
        ("rate_limited", "session", "ab12", 4711, "team-b"),
        ("success", "service_token", "9", 4712, "team-a"),
    ):
        await rows(house.database_url, CALL, *call)
    called = ("--event", "agent:notion:called")
    found = {
        called: 4,
        (*called, "--outcome", "success"): 2,
        (*called, "--outcome", "!success"): 2,
        (*called, "--actor", "service_token"): 3,
        (*called, "--actor", "service_token:8"): 1,
        (*called, "--tenant", "team-a"): 3,
        (*called, "--account", "4711"): 3,
        (*called, "--account", "4711", "--tenant", "team-a", "--outcome", "started"): 1,
    }
    assert {options: len(exported(commands, house, *options)) for options in found} == found
    await rows(house.database_url, FORGET)
    await rows(house.database_url, "DELETE FROM audit_events WHERE account_id = 4712")


@pytest.mark.slow
async def test_a_hundred_thousand_rows(commands: Commands, house: House) -> None:
    await rows(house.database_url, FILL, "2004-01-01T00:00:00Z", "x", 100_000)
    lines = exported(commands, house, "--account", "4711")
    keys = [(line["at"], line["id"]) for line in lines]
    assert len(keys) == len(set(keys)) == 100_000
    assert keys == sorted(keys)
    half = ("--account", "4711", "--since", "2004-01-01T06:56:40Z")
    assert len(exported(commands, house, *half)) == 50_000
    await rows(house.database_url, FORGET)


@pytest.mark.parametrize(
    "options",
    [
        ("--since", "yesterday"),
        ("--until", "9999-12-31T23:59:59-23:00"),
        ("--event", "x"),
        ("--outcome", "Not One"),
        ("--actor", "A:b"),
        ("--tenant", "two words"),
        ("--account", "0"),
    ],
)
def test_what_cannot_be_is_a_usage_error(commands: Commands, options: tuple[str, str]) -> None:
    finished = commands.run("audit", "export", *options)
    assert finished.code == 2
    assert finished.out == ""
    assert options[0] in finished.err
