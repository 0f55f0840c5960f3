"""What an operator does beside a running service, and what that service makes of it."""

import uuid
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.cli.conftest import House, refusal, rows, secrets
from tests.cli.visitor import Visitor, arrive, fragment_of, refreshes, sign_in, valid
from tests.support.processes import Commands, Finished


def users(commands: Commands, house: House, *arguments: str) -> Finished:
    return commands.run("users", *arguments, **house.settings)


def done(finished: Finished) -> str:
    assert finished.code == 0, finished.text
    assert finished.err == ""
    return finished.out


async def events(house: House, account_id: str) -> list[tuple[str, str | None, str]]:
    query = "SELECT event, operation, actor_kind, outcome FROM audit_events WHERE account_id = $1 ORDER BY id"
    found = await rows(house.database_url, query, int(account_id))
    assert all(row["outcome"] == "success" for row in found)
    return [(row["event"], row["operation"], row["actor_kind"]) for row in found]


async def test_list_shows_everybody_one_a_line(commands: Commands, house: House) -> None:
    visitor = sign_in(house.url, "ada")
    me = visitor.me
    lines = [line.split("\t") for line in done(users(commands, house, "list")).splitlines()]
    (line,) = [line for line in lines if line[0] == me["id"]]
    assert line == [me["id"], "member", "ada.winter@lighthouse.example", "Ada Winter", me["last_login_at"]]


async def test_a_name_cannot_play_tricks_on_the_terminal(commands: Commands, house: House) -> None:
    unnamed = sign_in(house.url, "unnamed")
    name = "Zoë\x1b[2J\n1\tadmin\u202e"
    await rows(house.database_url, "UPDATE accounts SET name = $1 WHERE id = $2", name, int(unnamed.me["id"]))
    listed = done(users(commands, house, "list"))
    (line,) = [line for line in listed.splitlines() if line.startswith(f"{unnamed.me['id']}\t")]
    assert len(line.split("\t")) == 5
    assert "Zoë" in line
    assert "\x1b" not in listed
    assert "\u202e" not in listed
    in_letters_of_old = commands.run("users", "list", PYTHONIOENCODING="ascii", **house.settings)
    assert "Zo\\xeb" in done(in_letters_of_old)


async def test_roles_change_at_once_and_are_audited(commands: Commands, house: House) -> None:
    visitor = sign_in(house.url, "bruno")
    account = visitor.me["id"]
    assert done(users(commands, house, "promote", account)) == f"Bruno Okafor ({account}) is an admin.\n"
    assert visitor.me["role"] == "admin"
    assert "is a member" in done(users(commands, house, "demote", account))
    assert visitor.me["role"] == "member"
    assert "is a viewer" in done(users(commands, house, "demote", account, "--to", "viewer"))
    assert visitor.me["role"] == "viewer"
    done(users(commands, house, "demote", account))
    assert [event for event in await events(house, account) if event[2] == "operator"] == [
        ("operator:role:changed", role, "operator") for role in ("admin", "member", "viewer", "member")
    ]


async def test_a_disabled_user_is_refused_and_comes_back_without_credentials(commands: Commands, house: House) -> None:
    visitor = sign_in(house.url, "deniz")
    token = visitor.mint()
    account = visitor.me["id"]
    assert "is disabled" in done(users(commands, house, "disable", account))
    assert f"{account}\tdisabled\t" in done(users(commands, house, "list"))
    assert not valid(house.url, token)
    assert not valid(house.url, visitor.access)
    arrived, _ = arrive(house.url, "deniz")
    assert fragment_of(arrived)["error"] == "access_denied"
    assert "is enabled" in done(users(commands, house, "enable", account))
    assert not valid(house.url, token)
    assert not valid(house.url, visitor.access)
    assert valid(house.url, sign_in(house.url, "deniz").access)
    operators = [event[0] for event in await events(house, account) if event[2] == "operator"]
    assert operators == [
        "account:sessions:ended",
        "account:token:revoked",
        "operator:account:disabled",
        "operator:account:enabled",
    ]


def calls(house: House, path: str) -> list[Any]:
    known = httpx.get(f"{house.sandbox_url}/sandbox/calls").json()["calls"]
    return [call for call in known if call["path"] == path]


async def test_a_pause_that_notion_asked_for_is_forgotten_and_audited(commands: Commands, house: House) -> None:
    me = sign_in(house.url, "bruno").me
    tenant = me["workspaces"][0]["id"]
    grant = "(SELECT grant_id FROM connections WHERE tenant_id = $1 AND account_id = $2)"
    await rows(
        house.database_url,
        "INSERT INTO grant_budgets SELECT grant_id, 1, clock_timestamp() + interval '300 s', "
        "clock_timestamp() + interval '290 s' FROM connections WHERE tenant_id = $1 AND account_id = $2 "
        "ON CONFLICT (grant_id) DO UPDATE SET stopped_until = excluded.stopped_until",
        tenant,
        int(me["id"]),
    )
    resume = commands.run("connections", "resume", me["id"], tenant, **house.settings)
    assert done(resume) == f"{tenant} of account {me['id']} goes on.\n"
    paused = f"SELECT 1 FROM grant_budgets WHERE grant_id = {grant} AND stopped_until > clock_timestamp()"  # noqa: S608 -- no input
    assert await rows(house.database_url, paused, tenant, int(me["id"])) == []
    assert ("account:connection:resumed", None, "operator") in await events(house, me["id"])
    unknown = commands.run("connections", "resume", me["id"], "nobody", **house.settings)
    assert unknown.code == 1


async def test_delete_revokes_at_notion_and_leaves_the_audit_alone(commands: Commands, house: House) -> None:
    visitor = sign_in(house.url, "chiara")
    token = visitor.mint()
    account = visitor.me["id"]
    before = len(calls(house, "/v1/oauth/revoke"))
    assert done(users(commands, house, "delete", account)) == f"Chiara Lindqvist ({account}) is deleted.\n"
    assert not valid(house.url, token)
    assert not valid(house.url, visitor.access)
    assert [call["status"] for call in calls(house, "/v1/oauth/revoke")[before:]] == [200]
    for table in ("sessions", "service_tokens", "connections"):
        assert await rows(house.database_url, f"SELECT 1 FROM {table} WHERE account_id = $1", int(account)) == []  # noqa: S608
    left = await rows(house.database_url, "SELECT * FROM audit_events WHERE account_id = $1", int(account))
    assert left[-1]["event"] == "account:account:deleted"
    assert {(row["address"], row["user_agent"]) for row in left} == {(None, None)}
    assert "No such account" in refusal(users(commands, house, "delete", account))


async def notion_user_id(house: House, visitor: Visitor) -> uuid.UUID:
    (row,) = await rows(house.database_url, "SELECT notion_user_id FROM accounts WHERE id = $1", int(visitor.me["id"]))
    found: uuid.UUID = row["notion_user_id"]
    return found


async def test_somebody_is_named_by_id_by_notion_id_or_by_address_in_any_case(commands: Commands, house: House) -> None:
    visitor = sign_in(house.url, "ada")
    account = visitor.me["id"]
    notion_id = await notion_user_id(house, visitor)
    for name in (account, str(notion_id), notion_id.hex, str(notion_id).upper(), "Ada.Winter@Lighthouse.Example"):
        assert f"({account})" in done(users(commands, house, "enable", name)), name


@pytest.mark.parametrize(
    "name", ["0", "-1", "9" * 30, "nobody@example.com", "", " ", "%", "ada", str(uuid.UUID(int=0)), "'; --", "٣"]
)
def test_a_name_nobody_has_is_told(commands: Commands, house: House, name: str) -> None:
    assert "No such account" in refusal(users(commands, house, "promote", "--", name))


async def test_an_address_of_two_is_told_and_changes_neither(commands: Commands, house: House) -> None:
    pair = [sign_in(house.url, person) for person in ("ada", "bruno")]
    theirs = [(visitor.me["email"], int(visitor.me["id"])) for visitor in pair]
    change = "UPDATE accounts SET email = $1 WHERE id = $2"
    for _, account in theirs:
        await rows(house.database_url, change, "shared@example.com", account)
    said = refusal(users(commands, house, "promote", "shared@example.com"))
    assert "Several accounts" in said
    assert "users list" in said
    assert {visitor.me["role"] for visitor in pair} == {"member"}
    for email, account in theirs:
        await rows(house.database_url, change, email, account)


def session_id(visitor: Visitor) -> uuid.UUID:
    listed = visitor.get("/api/auth/sessions/").json()["results"]
    return uuid.UUID(next(each["id"] for each in listed if each["current"]))


async def test_prune_removes_what_has_run_out_and_nothing_else(commands: Commands, house: House) -> None:
    old, living = sign_in(house.url, "farah"), sign_in(house.url, "farah")
    token = living.mint()
    old_id, living_id = session_id(old), session_id(living)
    await rows(house.database_url, "DELETE FROM authorization_states")
    await rows(house.database_url, "DELETE FROM handoff_codes")
    for number, (session, span) in enumerate([(living_id, "-1 minute"), (living_id, "1 minute")]):
        await rows(
            house.database_url,
            "INSERT INTO handoff_codes (code_hash, session_id, code_challenge, expires_at) "
            "VALUES ($1, $2, 'x', now() + $3::text::interval)",
            bytes([number]), session, span,
        )  # fmt: skip
        await rows(
            house.database_url,
            "INSERT INTO authorization_states (state_hash, flow, browser_hash, created_at, expires_at) "
            "VALUES ($1, 'signin', 'x', now(), now() + $2::text::interval)",
            bytes([number]), span,
        )  # fmt: skip
        await rows(
            house.database_url,
            "INSERT INTO audit_events (at, event, outcome, actor_kind, operation) "
            "VALUES (now() - $1::text::interval, 'test:prune:seen', 'success', 'operator', $2)",
            ("401 days", "399 days")[number], str(number),
        )  # fmt: skip
    await rows(house.database_url, "UPDATE sessions SET expires_at = now() - interval '1 minute' WHERE id = $1", old_id)

    assert done(commands.run("prune", **house.settings)).startswith("Removed ")

    for table, column in (("handoff_codes", "code_hash"), ("authorization_states", "state_hash")):
        assert await rows(house.database_url, f"SELECT {column} AS kept FROM {table}") == [{"kept": b"\1"}]  # noqa: S608
    seen = "SELECT operation FROM audit_events WHERE event = 'test:prune:seen'"
    assert await rows(house.database_url, seen) == [{"operation": "1"}]
    known = {row["id"] for row in await rows(house.database_url, "SELECT id FROM sessions")}
    assert old_id not in known
    assert living_id in known
    assert valid(house.url, token)
    assert not refreshes(house.url, old.refresh)
    shorter = {**house.settings, "IVGRAPH_AUDIT_RETENTION_DAYS": "398"}
    assert done(commands.run("prune", **shorter)) == "Removed 1 rows.\n"
    assert await rows(house.database_url, seen) == []


def test_migrate_may_run_again(commands: Commands, empty_database: str) -> None:
    for _ in range(2):
        finished = commands.run("migrate", DATABASE_URL=empty_database)
        assert done(finished) == "The schema is up to date.\n"


def test_migrate_goes_past_a_pooler_when_told(commands: Commands, empty_database: str) -> None:
    away = "postgresql://127.0.0.1:1/identity"
    done(commands.run("migrate", DATABASE_URL=away, IVGRAPH_DATABASE_DIRECT_URL=empty_database))
    assert "database is out of reach" in refusal(
        commands.run("migrate", DATABASE_URL=empty_database, IVGRAPH_DATABASE_DIRECT_URL=away)
    )


def test_the_lines_of_keys_generate_are_settings(commands: Commands, database_url: str, tmp_path: Path) -> None:
    first, second = (done(commands.run("keys", "generate")).splitlines() for _ in range(2))
    names = [line.partition("=")[0] for line in first]
    assert names == ["IVGRAPH_SECRET_KEY", "IVGRAPH_ENCRYPTION_KEYS"]
    assert not set(first) & set(second)
    algorithm = "IVGRAPH_JWT_ALGORITHM=HS512"
    (commands.home / ".env").write_text("\n".join([*first, algorithm, f"DATABASE_URL={database_url}"]))
    assert done(commands.run("users", "list")) == ""
    (commands.home / ".env").unlink()
    key = tmp_path / "key"
    key.write_text(first[0].partition("=")[2] + "\n")
    from_file = {**secrets(), "DATABASE_URL": database_url, "IVGRAPH_SECRET_KEY_FILE": str(key)}
    del from_file["IVGRAPH_SECRET_KEY"]
    assert done(commands.run("users", "list", **from_file)) == ""


def test_the_environment_wins_over_env_files(commands: Commands) -> None:
    (commands.home / ".env").write_text("DATABASE_URL=mysql://from-the-file/\n")
    finished = commands.run("migrate", DATABASE_URL="postgresql://127.0.0.1:1/identity")
    assert "database is out of reach" in refusal(finished)


@pytest.mark.parametrize("arguments", [["conquer"], ["users", "conquer"], ["keys", "conquer"], ["serve", "--conquer"]])
def test_an_unknown_command_or_option_is_a_usage_error(commands: Commands, arguments: list[str]) -> None:
    finished = commands.run(*arguments)
    assert finished.code == 2
    assert "conquer" in finished.err
    assert finished.out == ""


def test_help_names_every_command(commands: Commands) -> None:
    told = done(commands.run("--help"))
    for command in ("demo", "serve", "migrate", "prune", "sandbox", "keys", "users"):
        assert f" {command} " in told
