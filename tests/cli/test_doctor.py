"""What `doctor` finds: a line for each thing it looks at, and how to mend what is wrong."""

import asyncio
import re
import socket
import time
from collections.abc import Iterator

import httpx
import pytest
from sqlalchemy import make_url

from ivgraph_auth.keys.keyring import generate_key
from ivgraph_auth.sandbox.faults import Fault
from tests.cli.conftest import LISTENS, House, rows, secrets
from tests.connect.kit import connected, let_access_tokens_die, verify
from tests.support.postgres import TestDatabases
from tests.support.processes import Commands, Finished, free_port
from tests.support.service import Service

AWAY = "postgresql://app:hush-hush@127.0.0.1:1/identity"  # nothing listens there
# Where nothing listens: what Notion says is another test's.
NOTION = {"NOTION_CLIENT_ID": "a-client", "NOTION_CLIENT_SECRET": "hush-hush", "NOTION_API_URL": "http://127.0.0.1:1"}
FINDING = re.compile(r"(ok|warn|fail) +([a-z]+) +(\S.*)")
REGISTER = "Register both at Notion: {0}/api/integrations/auth/notion/callback and {0}/oauth/callback/notion"
ALL = ["settings", "notion", "database", "migrations", "cache", "processes", "keys", "connections"]


class Findings:
    def __init__(self, finished: Finished) -> None:
        self.finished = finished
        self.levels: dict[str, str] = {}
        self._says: dict[str, list[str]] = {}
        assert finished.err == "", finished.text
        for line in finished.lines:
            finding = FINDING.fullmatch(line)
            if finding:
                level, subject, says = finding.groups()
                self.levels[subject] = level
                self._says.setdefault(subject, []).append(says)
            else:
                assert line.startswith(" " * 19), line
                self._says[subject].append(line.strip())
        assert finished.code == (1 if "fail" in self.levels.values() else 0)
        # What is not well, and that alone, has a fix.
        assert {subject for subject in self.levels if len(self._says[subject]) == 1} == self.of("ok")

    def of(self, level: str) -> set[str]:
        return {subject for subject, found in self.levels.items() if found == level}

    def says(self, subject: str) -> str:
        return " ".join(self._says[subject])


def findings(commands: Commands, settings: dict[str, str]) -> Findings:
    finished = commands.run("doctor", **settings)
    for name in ("IVGRAPH_SECRET_KEY", "IVGRAPH_ENCRYPTION_KEYS", "NOTION_CLIENT_SECRET"):
        assert settings.get(name, "hush-hush") not in finished.text
    assert "hush" not in finished.text
    return Findings(finished)


async def content(databases: TestDatabases, url: str) -> bytes:
    """All of it, without the mark that pg_dump draws by lot."""
    lines = databases.dump(url).splitlines()
    return b"\n".join(line for line in lines if not line.startswith((b"\\restrict", b"\\unrestrict")))


def ready(house: House) -> str:
    found: str = httpx.get(f"{house.url}/health/ready").json()["cache"]
    return found


async def test_beside_a_service_all_is_well(commands: Commands, house: House) -> None:
    while ready(house) != "on":
        pass
    found = findings(commands, house.settings)
    assert found.levels == dict.fromkeys(ALL, "ok")
    (version,) = await rows(house.database_url, "SELECT current_setting('server_version') AS number")
    assert found.finished.lines == [
        "ok    settings     what `serve` needs is set",
        f"ok    notion       client id and secret are accepted, version 2026-03-11. {REGISTER.format(house.url)}",
        f"ok    database     PostgreSQL {version['number'].split(' ')[0]}",
        "ok    migrations   at head",
        "ok    cache        a process started here would have it on",
        "ok    processes    1 with a lease, and so with the cache on",
        "ok    keys         1 as used before, 0 not used yet",
        "ok    connections  0 active, 0 in need of a consent",
    ]
    assert ready(house) == "on"


async def test_where_nothing_serves_it_leaves_everything_as_it_was(
    commands: Commands, migrated: TestDatabases, database_url: str
) -> None:
    before = await content(migrated, database_url)
    found = findings(commands, {**secrets(), "DATABASE_URL": database_url})
    assert found.of("fail") == set()
    assert found.of("warn") == {"notion"}
    assert "notion_not_configured" in found.says("notion")
    assert "nothing serves" in found.says("processes")
    assert found.says("keys") == "0 as used before, 1 not used yet"
    assert await content(migrated, database_url) == before


async def leases(database_url: str) -> int:
    query = "SELECT count(*) AS held FROM processes WHERE lease_expires_at > clock_timestamp()"
    held: int = (await rows(database_url, query))[0]["held"]
    return held


async def test_it_counts_the_processes_that_serve(commands: Commands, database_url: str) -> None:
    settings = {**secrets(), **NOTION, "DATABASE_URL": database_url}
    both = [commands.start("serve", "--port", str(free_port()), **settings) for _ in range(2)]
    for serve in both:
        serve.line(LISTENS)
    while await leases(database_url) < 2:
        pass
    assert findings(commands, settings).says("processes") == "2 with a lease, and so with the cache on"
    assert await leases(database_url) == 2


KEPT = (
    "SELECT 'grant', grants::text FROM grants UNION ALL SELECT 'check', key_checks::text FROM key_checks ORDER BY 1, 2"
)


async def looked_at(commands: Commands, service: Service, keyring: str) -> Findings:
    before = await rows(service.database_url, KEPT)
    settings = {**secrets(), **NOTION, "DATABASE_URL": service.database_url, "IVGRAPH_ENCRYPTION_KEYS": keyring}
    found = findings(commands, settings)
    assert await rows(service.database_url, KEPT) == before
    return found


@pytest.mark.parametrize("known", [True, False])
async def test_another_key_under_an_id_that_was_used(commands: Commands, service: Service, *, known: bool) -> None:
    await service.sign_in("ada")
    if not known:
        await rows(service.database_url, "DELETE FROM key_checks")
    found = await looked_at(commands, service, generate_key("test"))
    assert found.of("fail") == {"keys"}
    assert ("'test' is not the key" if known else "'test' does not open") in found.says("keys")
    assert "Put back into IVGRAPH_ENCRYPTION_KEYS" in found.says("keys")


@pytest.mark.parametrize("known", [True, False])
async def test_a_key_that_is_missing(commands: Commands, service: Service, *, known: bool) -> None:
    await service.sign_in("ada")
    if not known:
        await rows(service.database_url, "DELETE FROM key_checks")
    found = await looked_at(commands, service, generate_key("new"))
    assert found.of("fail") == {"keys"}
    assert "'test' is not set, and 1 connection cannot be opened" in found.says("keys")
    assert "Put that key back" in found.says("keys")


def settings_of(service: Service) -> dict[str, str]:
    """As the service has them, for a command beside it."""
    settings = service.settings
    assert settings.secret_key
    assert settings.encryption_keys
    return {
        "DATABASE_URL": service.database_url,
        "IVGRAPH_SECRET_KEY": settings.secret_key.get_secret_value(),
        "IVGRAPH_ENCRYPTION_KEYS": settings.encryption_keys.get_secret_value(),
        "NOTION_CLIENT_ID": settings.notion_client_id or "",
        "NOTION_CLIENT_SECRET": service.sandbox.client_secret,
        "NOTION_API_URL": service.sandbox.url,
    }


async def test_it_tells_what_notion_allows_and_who_needs_a_consent(commands: Commands, service: Service) -> None:
    settings = settings_of(service)
    ada = await service.sign_in("ada")
    await connected(service, ada, "team", workspace="notebook")
    found = await asyncio.to_thread(findings, commands, settings)
    assert found.says("connections").startswith("2 active, 0 in need of a consent; Notion allows read_content")
    service.sandbox.instance.state.revoke_authorization(workspace="notebook")
    assert (await verify(ada, "team")).json()["status"] == "needs_reauth"
    found = await asyncio.to_thread(findings, commands, settings)
    assert f"tenant 'team' of account {ada.me['id']} needs a consent" in found.says("connections")
    listed = await asyncio.to_thread(commands.run, "connections", "list", ada.me["id"], **settings)
    assert [line.split("\t")[:3] for line in listed.lines] == [
        [ada.me["id"], ada.workspace_ids[0], "active"],
        [ada.me["id"], "team", "needs_reauth"],
    ]


async def test_it_tells_of_a_refresh_that_nobody_finished(commands: Commands, service: Service) -> None:
    ada = await service.sign_in("ada")
    await connected(service, ada, "team", workspace="notebook")
    let_access_tokens_die(service)
    service.sandbox.instance.faults.add(Fault("/v1/oauth/token", "drop", carry_out=True))
    assert (await verify(ada, "team")).status_code == 502
    found = await asyncio.to_thread(findings, commands, settings_of(service))
    assert "tenant 'team' of account" in found.says("connections")
    assert "a refresh was interrupted at" in found.says("connections")


async def test_a_client_that_notion_does_not_know(commands: Commands, service: Service) -> None:
    settings = {**settings_of(service), "NOTION_CLIENT_SECRET": "hush-hush"}
    found = await asyncio.to_thread(findings, commands, settings)
    assert found.of("fail") == {"notion"}
    assert "invalid_client" in found.says("notion")


async def test_each_thing_that_is_wrong_with_the_keys_has_its_fix(commands: Commands, service: Service) -> None:
    await service.sign_in("ada")
    await rows(service.database_url, "UPDATE grants SET key_id = 'lost'")
    found = await looked_at(commands, service, generate_key("test"))
    told = [line.strip() for line in found.finished.lines[-5:-1]]
    assert [line.split()[0] for line in told] == ["fail", "Put", "fail", "Put"]
    assert "'test'" in told[0]
    assert "'lost'" in told[2]


async def test_a_key_that_nothing_needs_any_more_may_go(commands: Commands, service: Service) -> None:
    session = await service.sign_in("ada")
    await session.client.delete("/api/auth/me/", headers=session.bearer)
    found = await looked_at(commands, service, generate_key("new"))
    assert found.says("keys") == "0 as used before, 1 not used yet; used before, and nothing needs it now: test"


def test_a_schema_that_is_missing(commands: Commands, empty_database: str) -> None:
    found = findings(commands, {**secrets(), **NOTION, "DATABASE_URL": empty_database})
    assert found.of("fail") == {"migrations"}
    assert "ivgraph-auth migrate" in found.says("migrations")
    assert "Not looked at until then: cache, processes, keys, connections." in found.says("migrations")


@pytest.mark.parametrize(("revision", "says"), [("20200101_0000", "newer version"), (None, "ivgraph-auth migrate")])
async def test_a_schema_of_another_version(
    commands: Commands, database_url: str, revision: str | None, says: str
) -> None:
    await rows(database_url, "DELETE FROM alembic_version")
    if revision:
        await rows(database_url, "INSERT INTO alembic_version VALUES ($1)", revision)
    found = findings(commands, {**secrets(), **NOTION, "DATABASE_URL": database_url})
    assert found.of("fail") == {"migrations"}
    assert says in found.says("migrations")


@pytest.fixture
def silent() -> Iterator[str]:
    """A PostgreSQL that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"postgresql://app:hush-hush@127.0.0.1:{listener.getsockname()[1]}/identity"


def test_a_database_that_is_away(commands: Commands) -> None:
    found = findings(commands, {**secrets(), **NOTION, "DATABASE_URL": AWAY})
    assert list(found.levels) == ["settings", "notion", "database"]
    assert found.of("fail") == {"database"}
    assert "ConnectionRefusedError" in found.says("database")
    assert "Not looked at until then: migrations, cache, processes, keys, connections." in found.says("database")


@pytest.mark.slow
def test_a_database_that_does_not_answer(commands: Commands, silent: str) -> None:
    began = time.monotonic()
    found = findings(commands, {**secrets(), **NOTION, "DATABASE_URL": silent})
    assert time.monotonic() - began < 6
    assert found.of("fail") == {"database"}
    assert "TimeoutError" in found.says("database")


def test_a_database_of_that_name_is_not_there(commands: Commands, database_url: str) -> None:
    elsewhere = make_url(database_url).set(database="identity_of_nobody").render_as_string(hide_password=False)
    found = findings(commands, {**secrets(), **NOTION, "DATABASE_URL": elsewhere})
    assert found.of("fail") == {"database"}
    assert "InvalidCatalogNameError" in found.says("database")


@pytest.mark.parametrize(
    ("option", "says"),
    [
        ("hush", "DATABASE_URL has a parameter that this service does not know"),
        ("port", "port in DATABASE_URL must be"),
    ],
)
def test_an_option_in_the_url_that_nobody_knows(commands: Commands, database_url: str, option: str, says: str) -> None:
    url = make_url(database_url).update_query_dict({option: "hush-hush"}).render_as_string(hide_password=False)
    found = findings(commands, {**secrets(), **NOTION, "DATABASE_URL": url})
    assert found.of("fail") == {"database"}
    assert says in found.says("database")


@pytest.mark.slow
async def test_notifications_that_go_elsewhere_leave_the_cache_off(
    commands: Commands, database_url: str, empty_database: str
) -> None:
    """As through a transaction pooler: what is told in one place is not heard in the other."""
    urls = {"DATABASE_URL": database_url, "IVGRAPH_DATABASE_DIRECT_URL": empty_database}
    found = findings(commands, {**secrets(), **NOTION, **urls})
    assert found.of("fail") == set()
    assert found.of("warn") == {"cache", "notion"}
    assert "notifications do not arrive" in found.says("cache")
    assert "IVGRAPH_DATABASE_DIRECT_URL" in found.says("cache")


@pytest.mark.parametrize(("url", "level"), [(AWAY, "warn"), ("app:hush-hush", "fail"), ("mysql://hush", "fail")])
def test_a_direct_url_that_leads_nowhere(commands: Commands, database_url: str, url: str, level: str) -> None:
    urls = {"DATABASE_URL": database_url, "IVGRAPH_DATABASE_DIRECT_URL": url}
    found = findings(commands, {**secrets(), **NOTION, **urls})
    assert found.levels["cache"] == level
    assert "IVGRAPH_DATABASE_DIRECT_URL" in found.says("cache")


def test_with_nothing_set_it_names_what_serve_needs(commands: Commands) -> None:
    found = findings(commands, {})
    assert found.levels == {"settings": "fail", "notion": "warn"}
    assert "not set: DATABASE_URL, IVGRAPH_SECRET_KEY, IVGRAPH_ENCRYPTION_KEYS" in found.says("settings")
    assert "keys generate" in found.says("settings")


def test_without_keys_it_still_looks_at_the_database(commands: Commands, database_url: str) -> None:
    found = findings(commands, {"DATABASE_URL": database_url, **NOTION})
    assert found.of("fail") == {"settings", "keys"}
    assert list(found.levels) == ALL[:-1]


WRONG = [
    ({"IVGRAPH_SECRET_KEY": "hush-hush"}, "settings", "IVGRAPH_SECRET_KEY"),
    ({"IVGRAPH_ENCRYPTION_KEYS": "k1:hush-hush"}, "settings", "IVGRAPH_ENCRYPTION_KEYS"),
    ({"IVGRAPH_PUBLIC_URL": "http://auth.example.com"}, "settings", "IVGRAPH_ALLOW_HTTP"),
    ({"NOTION_CLIENT_SECRET": "hush-hush"}, "settings", "NOTION_CLIENT_ID"),
    ({"IVGRAPH_RATE_LIMIT": "many"}, "settings", "IVGRAPH_RATE_LIMIT"),
    ({"DATABASE_URL": "app:hush-hush"}, "database", "DATABASE_URL"),
    ({"DATABASE_URL": "mysql://app:hush-hush@db/identity"}, "database", "postgresql://"),
]


@pytest.mark.parametrize(("changes", "subject", "named"), WRONG)
def test_what_serve_would_refuse(commands: Commands, changes: dict[str, str], subject: str, named: str) -> None:
    found = findings(commands, {**secrets(), "DATABASE_URL": AWAY, **changes})
    assert found.levels[subject] == "fail"
    assert named in found.says(subject)
