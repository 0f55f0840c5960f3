"""What the tests of the sign-in share."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from ivgraph_auth.core.secrets import random_hex, random_uuid
from ivgraph_auth.sandbox.models import Person
from tests.support.clock import ManualClock
from tests.support.postgres import TestDatabases
from tests.support.service import CALLBACK, START, Json, Service, fragment_of, run_sandbox, run_service

REFUSED = "browser:session:refused"
PAGE = "text/html,application/xhtml+xml,*/*;q=0.8"
TOKEN = "/v1/oauth/token"
ME = "/v1/users/me"

_WRITTEN = """
    SELECT (SELECT count(*) FROM accounts) AS accounts, (SELECT count(*) FROM grants) AS grants,
           (SELECT count(*) FROM connections) AS connections, (SELECT count(*) FROM sessions) AS sessions,
           (SELECT count(*) FROM account_workspaces) AS workspaces, (SELECT count(*) FROM handoff_codes) AS codes
"""


@asynccontextmanager
async def serving(databases: TestDatabases, **settings: Json) -> AsyncIterator[Service]:
    """A service with a sandbox and a database of its own, for the tests of one module."""
    clock = ManualClock()
    url = await databases.create()
    async with run_sandbox(clock) as sandbox, run_service(clock, sandbox, **{"database_url": url, **settings}) as made:
        yield made
    await databases.drop(url)


def members(query: str) -> dict[str, str]:
    """Of a query, each of which stands there once."""
    found = parse_qs(query, keep_blank_values=True, strict_parsing=True)
    assert all(len(values) == 1 for values in found.values()), query
    return {name: values[0] for name, values in found.items()}


async def begin(client: httpx.AsyncClient, **parameters: str) -> str:
    """The authorization URL."""
    answer = await client.get(START, params=parameters)
    assert answer.status_code == 302, answer.text
    return answer.headers["location"]


async def new_state(client: httpx.AsyncClient, **parameters: str) -> str:
    return members(urlsplit(await begin(client, **parameters)).query)["state"]


async def come_back(client: httpx.AsyncClient, *, accept: str = "*/*", **parameters: str) -> httpx.Response:
    """The callback. Names that are Python's own keywords are not among its parameters."""
    return await client.get(CALLBACK, params=parameters, headers={"Accept": accept})


def new_code(service: Service, person: str = "ada") -> str:
    """A code as the consent page would give it; that page itself refuses redirect URIs off loopback."""
    granted = service.sandbox.instance.state
    somebody = granted.world.person(person)
    assert somebody is not None
    place = granted.world.workspaces_of(somebody)[0]
    return granted.issue_code(somebody, place, (), service.settings.notion_redirect_uri)


def newcomer(service: Service, *workspaces: str, **facts: Any) -> str:
    """The key of a person whom nobody has seen yet, so that tests on one database do not meet."""
    granted = service.sandbox.instance.state
    key = random_hex(12)
    person = Person(
        key=key,
        id=str(random_uuid()),
        workspaces=workspaces or ("lighthouse",),
        hint="new",
        **{"name": "Noor Newcomer", "email": f"{key}@lighthouse.example", **facts},
    )
    granted.world = replace(granted.world, people=(*granted.world.people, person))
    return key


def change_person(service: Service, key: str, **changes: Any) -> None:
    """From now on Notion tells something else of this person."""
    granted = service.sandbox.instance.state
    people = tuple(replace(each, **changes) if each.key == key else each for each in granted.world.people)
    granted.world = replace(granted.world, people=people)


async def written(service: Service) -> Json:
    """How much there is of everything that a sign-in writes."""
    return (await service.rows(_WRITTEN))[0]


async def gained(service: Service, before: Json) -> Json:
    """What has come to it since."""
    now = await written(service)
    return {name: now[name] - before[name] for name in now if now[name] != before[name]}


@contextmanager
def switched(service: Service, switch: str, value: Any) -> Iterator[None]:
    """One of the sandbox's switches turned, for a while."""
    instance = service.sandbox.instance
    normally = getattr(instance, switch)
    setattr(instance, switch, value)
    try:
        yield
    finally:
        setattr(instance, switch, normally)


def cookie(response: httpx.Response, name: str) -> tuple[str, set[str]]:
    """The value that an answer sets, and the attributes as they stand there."""
    found = [line for line in response.headers.get_list("set-cookie") if line.startswith(f"{name}=")]
    assert len(found) == 1, response.headers
    value, *attributes = found[0].removeprefix(f"{name}=").split("; ")
    return value, set(attributes)


def error_of(response: httpx.Response) -> str:
    """Why the dashboard is told that nobody signed in. Such an answer carries nothing else."""
    fragment = fragment_of(response)
    assert set(fragment) == {"error"}, fragment.keys()
    assert "set-cookie" not in response.headers
    return fragment["error"]


async def last_refusal(service: Service) -> str:
    """The outcome in the newest audit row."""
    (row,) = await service.rows("SELECT event, outcome FROM audit_events ORDER BY id DESC LIMIT 1")
    assert row["event"] == REFUSED
    outcome: str = row["outcome"]
    return outcome
