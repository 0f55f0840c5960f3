import signal
import socket
import stat
from pathlib import Path

import httpx
import pytest

from ivgraph_auth.core.secrets import random_token
from tests.cli.conftest import refusal
from tests.support.processes import Commands, Running, free_port, left_behind, listening

CALLBACK = "http://127.0.0.1:8000/api/integrations/auth/notion/callback"


def start(commands: Commands, *options: str, **settings: str) -> tuple[dict[str, str], Running]:
    """The sandbox, and the lines for `.env` that it printed."""
    sandbox = commands.start("sandbox", "--port", str(free_port()), *options, **settings)
    sandbox.line("NOTION_CLIENT_SECRET=")
    given = dict(line.split("=", 1) for line in sandbox.lines if line.startswith("NOTION_"))
    return given, sandbox


def authorization(given: dict[str, str], redirect_uri: str = CALLBACK) -> httpx.URL:
    asked = {"client_id": given["NOTION_CLIENT_ID"], "response_type": "code", "owner": "user"}
    return httpx.URL(f"{given['NOTION_API_URL']}/v1/oauth/authorize", params={**asked, "redirect_uri": redirect_uri})


def post(given: dict[str, str], call: str, secret: str, body: dict[str, str]) -> httpx.Response:
    client = (given["NOTION_CLIENT_ID"], secret)
    return httpx.post(f"{given['NOTION_API_URL']}/v1/oauth/{call}", json=body, auth=client)


def grant(given: dict[str, str], secret: str) -> str:
    """What a person's consent comes to: an access token of Notion."""
    consented = httpx.post(authorization(given), data={"person": "ada"})
    code = httpx.URL(consented.headers["location"]).params["code"]
    body = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
    answer = post(given, "token", secret, body)
    assert answer.status_code == 200, answer.text
    token: str = answer.json()["access_token"]
    return token


def active(given: dict[str, str], secret: str, token: str) -> bool:
    answer = post(given, "introspect", secret, {"token": token})
    assert answer.status_code == 200, answer.text
    known: bool = answer.json()["active"]
    return known


def test_it_prints_what_a_service_needs_and_answers(commands: Commands) -> None:
    given, sandbox = start(commands)
    assert list(given) == ["NOTION_API_URL", "NOTION_CLIENT_ID", "NOTION_CLIENT_SECRET"]
    port = int(given["NOTION_API_URL"].rpartition(":")[2])
    page = httpx.get(authorization(given))
    assert page.status_code == 200
    assert "Ada Winter" in page.text
    assert active(given, given["NOTION_CLIENT_SECRET"], grant(given, given["NOTION_CLIENT_SECRET"]))
    assert listening(sandbox.pid) == {("0100007F", port)}
    finished = sandbox.end(signal.SIGINT)
    assert finished.code == 0
    assert finished.err == ""
    assert left_behind(commands.home) == []


def test_a_state_file_keeps_authorizations_over_a_restart(commands: Commands, tmp_path: Path) -> None:
    secret, state = random_token(), tmp_path / "state.json"
    client = {"NOTION_CLIENT_ID": "mine", "NOTION_CLIENT_SECRET": secret}
    given, first = start(commands, "--state-file", str(state), **client)
    token = grant(given, secret)
    assert first.end(signal.SIGTERM).code == 0
    assert stat.S_IMODE(state.stat().st_mode) == 0o600
    assert token not in state.read_text()

    given, second = start(commands, "--state-file", str(state), **client)
    assert active(given, secret, token)
    assert secret not in second.output
    other = commands.run("sandbox", "--state-file", str(state), NOTION_CLIENT_ID="other", NOTION_CLIENT_SECRET="x")
    assert str(state) in refusal(other)


def test_without_a_state_file_it_forgets(commands: Commands) -> None:
    client = {"NOTION_CLIENT_ID": "mine", "NOTION_CLIENT_SECRET": random_token()}
    given, first = start(commands, **client)
    token = grant(given, client["NOTION_CLIENT_SECRET"])
    first.end()
    given, _ = start(commands, **client)
    assert not active(given, client["NOTION_CLIENT_SECRET"], token)


def test_redirect_uris_are_taken_as_they_are(commands: Commands) -> None:
    wanted = "https://app.example.com/back"
    given, _ = start(commands, "--redirect-uri", wanted)
    assert httpx.get(authorization(given, wanted)).status_code == 200
    assert httpx.get(authorization(given)).status_code == 400


def test_a_port_in_use_is_told(commands: Commands) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = str(busy.getsockname()[1])
        said = refusal(commands.run("sandbox", "--port", port))
    assert said == f"ivgraph-auth: Port {port} on 127.0.0.1 cannot be used: Address already in use.\n"


@pytest.mark.parametrize("content", ["", "{", "[]", '{"format": 99}'])
def test_a_damaged_state_file_is_told(commands: Commands, tmp_path: Path, content: str) -> None:
    state = tmp_path / "state.json"
    state.write_text(content)
    assert str(state) in refusal(commands.run("sandbox", "--state-file", str(state)))


def test_a_client_id_that_basic_cannot_carry_is_told(commands: Commands) -> None:
    said = refusal(commands.run("sandbox", NOTION_CLIENT_ID="a:b", NOTION_CLIENT_SECRET="hush-hush"))
    assert "NOTION_CLIENT_ID" in said
    assert "hush" not in said
