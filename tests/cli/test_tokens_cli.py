"""`ivgraph-auth tokens`, beside a running service."""

import pytest

from tests.cli.conftest import House, refusal, rows
from tests.cli.visitor import Visitor, sign_in, valid
from tests.support.processes import Commands, Finished


def tokens(commands: Commands, house: House, *arguments: str) -> Finished:
    return commands.run("tokens", *arguments, **house.settings)


def lines(finished: Finished) -> list[list[str]]:
    assert (finished.code, finished.err) == (0, ""), finished.text
    return [line.split("\t") for line in finished.lines]


def newest(visitor: Visitor) -> dict[str, str]:
    found: dict[str, str] = visitor.get("/api/tokens/").json()[0]
    return found


async def test_list_shows_what_the_owner_sees(commands: Commands, house: House) -> None:
    visitor = sign_in(house.url, "bruno")
    text = visitor.mint(["graph:read", "graph:search"])
    token = newest(visitor)
    await rows(house.database_url, "UPDATE service_tokens SET name = $1 WHERE id = $2", "a\tb\x1b[2J", int(token["id"]))
    finished = tokens(commands, house, "list", visitor.me["email"])
    (line,) = [line for line in lines(finished) if line[0] == str(token["id"])]
    assert line == [
        str(token["id"]), "active", token["prefix"], "a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}[2J",
        "graph:read,graph:search", ",".join(token["workspace_ids"]), token["created_at"], "-", "-",
    ]  # fmt: skip
    assert text not in finished.text
    await rows(house.database_url, "UPDATE service_tokens SET expires_at = now() WHERE id = $1", int(token["id"]))
    (line,) = [line for line in lines(tokens(commands, house, "list", visitor.me["id"])) if line[0] == str(token["id"])]
    assert line[1] == "expired"


async def test_revoke_is_in_force_before_it_returns_and_is_audited(commands: Commands, house: House) -> None:
    visitor = sign_in(house.url, "ada")
    text = visitor.mint()
    other = visitor.mint()
    token_id = int(visitor.get("/api/tokens/").json()[1]["id"])
    # In the service's memory, where it has one.
    assert valid(house.url, text)
    assert valid(house.url, other)
    assert lines(tokens(commands, house, "revoke", str(token_id))) == [[f"Token {token_id} is revoked."]]
    assert not valid(house.url, text)
    assert valid(house.url, other)
    assert valid(house.url, visitor.access)
    assert token_id not in [int(line[0]) for line in lines(tokens(commands, house, "list", visitor.me["id"]))]
    query = (
        "SELECT event, outcome, account_id, actor_kind, actor_id, operation FROM audit_events ORDER BY id DESC LIMIT 1"
    )
    assert await rows(house.database_url, query) == [
        {
            "event": "account:token:revoked",
            "outcome": "success",
            "account_id": int(visitor.me["id"]),
            "actor_kind": "operator",
            "actor_id": None,
            "operation": f"token {token_id}",
        }
    ]
    assert "revoked already" in refusal(tokens(commands, house, "revoke", str(token_id)))
    assert str(token_id) not in [str(token["id"]) for token in visitor.get("/api/tokens/").json()]


def test_who_and_which_must_be_known(commands: Commands, house: House) -> None:
    assert "No such account" in refusal(tokens(commands, house, "list", "nobody@example.com"))
    assert "No such service token" in refusal(tokens(commands, house, "revoke", str(2**63 - 1)))


@pytest.mark.parametrize("token_id", ["0", "x", str(2**63), "ivg_aaaaaa"])
def test_what_is_no_id_is_a_usage_error(commands: Commands, token_id: str) -> None:
    finished = commands.run("tokens", "revoke", token_id)
    assert finished.code == 2
    assert finished.out == ""
