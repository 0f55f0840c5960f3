"""libpq's parameters and variables, one by one: each is honoured, or refused by its name."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from ivgraph_auth.core.errors import ConfigurationError
from ivgraph_auth.database.engine import Database
from ivgraph_auth.database.libpq import FIXED, HONOURED, REFUSED, VARIABLES
from ivgraph_auth.database.listener import Listener
from ivgraph_auth.database.migrations import migrate
from ivgraph_auth.database.url import read_database_url
from tests.support.postgres import TestDatabases

URL = "postgresql://somebody:hush@db.test/name"
BARE = "postgresql://"
DOCUMENTED = (Path(__file__).parents[2] / "docs" / "operations.md").read_text()


@pytest.fixture(autouse=True)
def _nothing_around(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.fixture(scope="module")
async def url(migrated: TestDatabases) -> AsyncIterator[str]:
    made = await migrated.create()
    yield made
    await migrated.drop(made)


SAID = [
    # parameter, value, the driver's option, its value
    ("host", "/run/pg", "host", ["/run/pg"]),
    ("host", "one.test,two.test", "host", ["one.test", "two.test"]),
    ("port", "6432", "port", 6432),
    ("dbname", "other", "database", "other"),
    ("user", "ada", "user", "ada"),
    ("password", "p:ss%", "password", "p:ss%"),
    ("passfile", "/etc/pgpass", "passfile", "/etc/pgpass"),
    ("connect_timeout", "1", "timeout", 1),
    ("connect_timeout", "10", "timeout", 2.0),
    ("connect_timeout", "0", "timeout", 2.0),
    (
        "options",
        "-c work_mem=8MB",
        "server_settings",
        {"application_name": "ivgraph-auth", "options": "-c work_mem=8MB"},
    ),
    ("application_name", "mine", "server_settings", {"application_name": "mine"}),
    ("fallback_application_name", "mine", "server_settings", {"application_name": "mine"}),
    ("sslmode", "require", "ssl", "require"),
    ("ssl_min_protocol_version", "TLSv1.3", "dsn", "postgresql://?ssl_min_protocol_version=TLSv1.3"),
    ("ssl_max_protocol_version", "TLSv1.3", "dsn", "postgresql://?ssl_max_protocol_version=TLSv1.3"),
    ("sslpassword", "secret", "dsn", "postgresql://?sslpassword=secret"),
    ("sslnegotiation", "postgres", "direct_tls", False),
    ("sslcert", __file__, "dsn", f"postgresql://?sslcert={__file__.replace('/', '%2F')}"),
    ("sslkey", __file__, "dsn", f"postgresql://?sslkey={__file__.replace('/', '%2F')}"),
    ("target_session_attrs", "read-write", "target_session_attrs", "read-write"),
    ("krbsrvname", "pg", "krbsrvname", "pg"),
    ("gsslib", "gssapi", "gsslib", "gssapi"),
]


@pytest.mark.parametrize(("name", "value", "option", "expected"), SAID)
def test_a_parameter_is_honoured_in_the_url_and_by_its_variable(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, option: str, expected: Any
) -> None:
    query = {name: value}
    escaped = "&".join(f"{key}={each.replace('%', '%25').replace(' ', '%20')}" for key, each in query.items())
    assert read_database_url(f"{BARE}/?{escaped}").options[option] == expected
    variable = HONOURED[name]
    if variable:
        monkeypatch.setenv(variable, value)
        assert read_database_url(BARE).options[option] == expected


@pytest.mark.parametrize("name", ["sslrootcert", "sslcrl", "sslcert", "sslkey"])
def test_a_file_that_cannot_be_used_is_refused_by_its_name(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"^{name} in DATABASE_URL names a file"):
        read_database_url(f"{URL}?sslmode=verify-full&{name}=/nonexistent")
    monkeypatch.setenv(str(HONOURED[name]), "/nonexistent")
    with pytest.raises(ConfigurationError, match=rf"^{HONOURED[name]} names a file"):
        read_database_url(f"{URL}?sslmode=verify-full")


@pytest.mark.parametrize(
    "name", ["port", "connect_timeout", "sslmode", "sslnegotiation", "target_session_attrs", "gsslib",
             "ssl_min_protocol_version", "ssl_max_protocol_version"],
)  # fmt: skip
def test_a_value_that_makes_no_sense_is_refused_by_its_name(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"^{name} in DATABASE_URL must") as refusal:
        read_database_url(f"{URL}?{name}=hush")
    assert "hush" not in refusal.value.detail
    monkeypatch.setenv(str(HONOURED[name]), "hush")
    with pytest.raises(ConfigurationError, match=rf"^{HONOURED[name]} must") as refusal:
        read_database_url(URL)
    assert "hush" not in refusal.value.detail


@pytest.mark.parametrize(("name", "variable"), [*REFUSED.items(), *((name, told[0]) for name, told in FIXED.items())])
def test_what_cannot_be_done_is_refused_by_its_name(
    monkeypatch: pytest.MonkeyPatch, name: str, variable: str | None
) -> None:
    with pytest.raises(ConfigurationError, match=rf"^{name} in DATABASE_URL ") as refusal:
        read_database_url(f"{URL}?{name}=hush")
    assert "hush" not in refusal.value.detail
    if variable:
        monkeypatch.setenv(variable, "hush")
        with pytest.raises(ConfigurationError, match=rf"^{variable} ") as refusal:
            read_database_url(URL)
        assert "hush" not in refusal.value.detail


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, told in FIXED.items() for value in told[1]])
def test_what_is_done_anyway_may_be_asked_for(name: str, value: str) -> None:
    assert read_database_url(f"{URL}?{name}={value}").options == read_database_url(URL).options


def test_a_name_that_nobody_knows_is_not_repeated_but_compared() -> None:
    with pytest.raises(ConfigurationError, match=r"does not know\. Is sslmode meant\?"):
        read_database_url(f"{URL}?ssl_mode=require")
    with pytest.raises(ConfigurationError) as refusal:
        read_database_url("postgresql://db.test/name?hush=2")
    assert "hush" not in refusal.value.detail


@pytest.mark.parametrize(
    ("url", "hosts", "ports"),
    [
        ("postgresql://somebody@one.test,two.test/name", ["one.test", "two.test"], [5432, 5432]),
        ("postgresql://somebody:hush@one.test:1,[::1]:2/name?sslmode=disable", ["one.test", "::1"], [1, 2]),
        ("postgresql:///name?host=one.test:1&host=two.test:2", ["one.test", "two.test"], [1, 2]),
        ("postgresql:///name?host=one.test,two.test&port=7", ["one.test", "two.test"], 7),
    ],
)
def test_several_hosts_in_either_notation(url: str, hosts: list[str], ports: Any) -> None:
    options = read_database_url(url).options
    assert (options["host"], options["port"]) == (hosts, ports)


@pytest.mark.parametrize("parameter", ["pgbouncer=true", "statement_cache_size=0"])
def test_behind_a_pooler_nothing_prepared_is_kept(parameter: str) -> None:
    target = read_database_url(f"{URL}?{parameter}")
    assert target.options["statement_cache_size"] == 0
    assert target.adapter["prepared_statement_cache_size"] == 0


POISON = {
    "PGHOST": "192.0.2.1", "PGPORT": "many", "PGUSER": "nobody", "PGPASSWORD": "hush", "PGDATABASE": "elsewhere",
    "PGSSLMODE": "verify-full", "PGSSLROOTCERT": "/nonexistent", "PGSSLCERT": "/nonexistent",
    "PGSSLKEY": "/nonexistent", "PGSSLCRL": "/nonexistent",
    "PGSSLMINPROTOCOLVERSION": "TLSv1.3", "PGTZ": "Mars/Olympus", "PGGEQO": "perhaps",
}  # fmt: skip


async def test_every_connection_is_made_alike_and_the_url_wins(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """Engine, pool, listener and migrations, over a socket: there TLS has no say."""
    for name, value in POISON.items():
        monkeypatch.setenv(name, value)
    full = f"{url}&options=-c%20work_mem%3D5MB&application_name=mine&connect_timeout=2&pgbouncer=true"
    asked = text("SELECT current_setting('work_mem') || ' ' || current_setting('application_name')")
    database = Database(full)
    async with database.read() as connection, database.direct() as direct:
        for way in (connection, direct):
            assert (await way.execute(asked, {})).scalar_one() == "5MB mine"
    await database.close()
    listener = await Listener.open(full, "somewhere", lambda _: None)
    (row,) = await listener.execute(str(asked))
    listener.close()
    assert row[0] == "5MB mine listener"
    await asyncio.to_thread(migrate, full)


@pytest.mark.parametrize("name", [*HONOURED, *FIXED, *REFUSED, *VARIABLES])
def test_the_operations_guide_tells_of_each(name: str) -> None:
    assert f"`{name}`" in DOCUMENTED
