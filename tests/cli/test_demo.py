import json
import re
import signal
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.cli.conftest import PREFIX, Toured, copied, refusal, remove, rows, secrets
from tests.cli.visitor import sign_in, valid
from tests.support.postgres import new_directory
from tests.support.processes import Commands, Running, left_behind, listening, processes_of

LOOPBACK = "0100007F"  # 127.0.0.1, as /proc writes it
STEPS = [
    "signed in", "me", "refreshed", "rotated", "minted", "used", "called",
    "synchronized", "searched", "read a page", "read what the page says", "walked", "found the shortest path",
    "revoked",
    "the revoked token is refused", "logged out", "the ended session is refused",
]  # fmt: skip


def addresses(demo: Running, *, sandbox: bool = True) -> tuple[str, str]:
    service = demo.line(r"API reference +(http://\S+)/docs").group(1)
    return service, demo.line(r"Sandbox Notion (http://\S+)/").group(1) if sandbox else ""


def start(commands: Commands, directory: Path, *options: str, **environment: str) -> Running:
    return commands.start("demo", "--port", "0", *options, IVGRAPH_DATA_DIR=str(directory), **environment)


def postgres_pid(directory: Path) -> int:
    return int((directory / "demo" / "postgres" / "postmaster.pid").read_text().splitlines()[0])


def grants_known_to(sandbox_url: str) -> int:
    """Counted by ending their access tokens, which are short-lived anyway."""
    answer = httpx.post(f"{sandbox_url}/sandbox/expire", json={"person": "ada"})
    expired: int = answer.json()["expired"]
    return expired


@pytest.mark.slow
def test_once_goes_the_whole_way_and_ticks_off_each_step_with_its_time(toured: Toured) -> None:
    finished = toured.finished
    assert finished.code == 0, finished.text
    assert finished.err == ""
    ticked = [re.fullmatch(r"✓ (.+?) +(\d+) ms", line) for line in finished.lines]
    told = [found.group(1) for found in ticked if found]
    assert len(told) == len(STEPS)
    assert all(line.startswith(step) for line, step in zip(told, STEPS, strict=True))
    assert finished.lines[-1] == "The tour is complete."


@pytest.mark.slow
def test_once_leaves_no_process_behind(toured: Toured) -> None:
    assert toured.finished.code == 0
    assert left_behind(toured.directory, toured.home) == []


def test_once_ends_with_1_at_the_first_thing_that_is_wrong(commands: Commands, demo_dir: Path) -> None:
    nobody = "00000000-0000-4000-8000-000000000000"
    demo = start(commands, demo_dir, "--once", IVGRAPH_ALLOWED_WORKSPACES=nobody)
    finished = demo.wait()
    assert finished.code == 1
    assert finished.lines == ["Failed: The sign-in came back with ['error', 'state']: access_denied."]
    assert "Traceback" not in finished.text
    assert left_behind(demo_dir) == []


def test_a_sandbox_state_of_another_client_is_refused_by_name(commands: Commands, demo_dir: Path) -> None:
    state = demo_dir / "demo" / "sandbox.json"
    state.write_text(json.dumps(json.loads(state.read_text()) | {"client_id": "another"}))
    assert str(state) in refusal(start(commands, demo_dir, "--once").wait())
    assert left_behind(demo_dir) == []


def test_keys_that_cannot_be_read_are_told_by_their_file(commands: Commands, demo_dir: Path) -> None:
    keys = demo_dir / "demo" / "demo-keys.json"
    keys.write_text('{"secret_key": "hush-hush')
    said = refusal(start(commands, demo_dir).wait())
    assert str(keys) in said
    assert "hush" not in said
    assert left_behind(demo_dir) == []


@dataclass(frozen=True)
class Demo:
    running: Running
    directory: Path
    url: str
    sandbox_url: str


@pytest.fixture(scope="module")
def demo(toured: Toured, module_commands: Commands) -> Iterator[Demo]:
    directory = copied(toured, new_directory(PREFIX))
    running = start(module_commands, directory)
    yield Demo(running, directory, *addresses(running))
    running.end()
    remove(directory)


def test_the_addresses_it_prints_answer(demo: Demo) -> None:
    start_here = re.search(r"Start here +(\S+)", demo.running.output)
    assert start_here
    for address in (start_here.group(1), f"{demo.url}/docs", f"{demo.sandbox_url}/"):
        assert httpx.get(address, headers={"Accept": "text/html"}).status_code == 200, address


def test_it_listens_on_the_loopback_alone(demo: Demo) -> None:
    ports = {int(url.rpartition(":")[2]) for url in (demo.url, demo.sandbox_url)}
    assert listening(demo.running.pid) == {(LOOPBACK, port) for port in ports}


def test_its_keys_are_private_and_never_printed(demo: Demo) -> None:
    visitor = sign_in(demo.url)
    seen = [*visitor.seen, visitor.mint()]
    path = demo.directory / "demo" / "demo-keys.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    keys = json.loads(path.read_text())
    assert set(keys) == {"secret_key", "encryption_keys", "sandbox_client_secret"}
    for secret in [*keys.values(), keys["encryption_keys"].partition(":")[2], *seen]:
        assert secret not in demo.running.output


def test_with_its_keys_removed_it_makes_others_and_says_what_is_lost(commands: Commands, demo_dir: Path) -> None:
    path = demo_dir / "demo" / "demo-keys.json"
    path.unlink()
    demo = start(commands, demo_dir)
    url, _ = addresses(demo)
    # The subscription to webhooks was lost as well, but is made anew at each start.
    (problem,) = httpx.get(f"{url}/health/ready").json()["problems"]
    assert "1 connection cannot be opened" in problem
    sign_in(url)
    assert httpx.get(f"{url}/health/ready").json()["problems"] == []
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for secret in json.loads(path.read_text()).values():
        assert secret not in demo.output
    assert demo.end().code == 0


def test_apps_register_themselves(demo: Demo) -> None:
    answer = httpx.post(f"{demo.url}/oauth2/register", json={"redirect_uris": ["http://127.0.0.1/callback"]})
    assert answer.status_code == 201


def test_a_second_demo_on_the_same_directory_is_refused(demo: Demo, commands: Commands) -> None:
    said = refusal(start(commands, demo.directory).wait())
    assert f"process {demo.running.pid}" in said
    assert "IVGRAPH_DATA_DIR" in said
    assert httpx.get(f"{demo.url}/health/ready").status_code == 200


def test_serve_never_takes_the_demos_keys(demo: Demo, commands: Commands) -> None:
    for directory in (demo.directory, demo.directory / "demo"):
        assert "IVGRAPH_SECRET_KEY" in refusal(commands.run("serve", "--embedded", IVGRAPH_DATA_DIR=str(directory)))


@pytest.mark.slow
def test_a_second_demo_finds_the_data_of_the_first(commands: Commands, demo_dir: Path) -> None:
    first = start(commands, demo_dir)
    url, _ = addresses(first)
    visitor = sign_in(url)
    token, who = visitor.mint(), visitor.me["id"]
    finished = first.end(signal.SIGINT)
    assert finished.code == 0, finished.text
    assert finished.err == ""
    assert left_behind(demo_dir) == []

    second = start(commands, demo_dir)
    url, sandbox_url = addresses(second)
    assert valid(url, token)
    assert grants_known_to(sandbox_url) > 0
    assert sign_in(url).me["id"] == who
    finished = second.end(signal.SIGTERM)
    assert finished.code == 0, finished.text
    assert left_behind(demo_dir) == []


def test_after_a_kill_the_next_demo_adopts_the_database(commands: Commands, demo_dir: Path) -> None:
    killed = start(commands, demo_dir)
    token = sign_in(addresses(killed)[0]).mint()
    left = postgres_pid(demo_dir)
    killed.end(signal.SIGKILL)
    assert processes_of(demo_dir)

    adopting = start(commands, demo_dir)
    url, _ = addresses(adopting)
    assert postgres_pid(demo_dir) == left
    assert valid(url, token)
    assert adopting.end().code == 0
    assert left_behind(demo_dir) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped_while_it_starts_it_leaves_no_process(
    commands: Commands, demo_dir: Path, number: signal.Signals
) -> None:
    demo = start(commands, demo_dir)
    demo.line("Context impl PostgresqlImpl")  # the migration looks, so PostgreSQL runs
    finished = demo.end(number)
    assert "Traceback" not in finished.text
    assert left_behind(demo_dir) == []


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.com"])
def test_with_the_sandbox_a_host_off_the_loopback_is_refusal(commands: Commands, data_dir: Path, host: str) -> None:
    assert "--host" in refusal(start(commands, data_dir, "--host", host).wait())
    assert list(data_dir.iterdir()) == []


def test_a_host_that_is_none_of_this_machines_is_told(commands: Commands, data_dir: Path) -> None:
    said = refusal(start(commands, data_dir, "--host", "nowhere.invalid.localhost").wait())
    assert "nowhere.invalid.localhost" in said


def test_once_needs_the_sandbox(commands: Commands, data_dir: Path) -> None:
    notion = {"NOTION_CLIENT_ID": "mine", "NOTION_CLIENT_SECRET": "hush-hush"}
    said = refusal(start(commands, data_dir, "--once", **notion).wait())
    assert "NOTION_CLIENT_ID" in said


def test_with_a_notion_of_ones_own_there_is_no_sandbox(commands: Commands, demo_dir: Path) -> None:
    notion = {"NOTION_CLIENT_ID": "mine", "NOTION_CLIENT_SECRET": "hush-hush", "NOTION_API_URL": "https://notion.test"}
    demo = start(commands, demo_dir, **notion)
    url, _ = addresses(demo, sandbox=False)
    demo.line("Stop +Ctrl-C")
    assert listening(demo.pid) == {(LOOPBACK, int(url.rpartition(":")[2]))}
    location = httpx.get(f"{url}/api/integrations/auth/notion/").headers["location"]
    assert location.startswith("https://notion.test/v1/oauth/authorize?client_id=mine&")
    finished = demo.end()
    assert finished.code == 0
    assert "Sandbox" not in finished.out
    assert "hush-hush" not in finished.text


async def test_with_use_database_url_no_postgresql_is_started(
    commands: Commands, data_dir: Path, empty_database: str
) -> None:
    directory = data_dir / "not" / "yet" / "there"
    demo = start(commands, directory, "--use-database-url", DATABASE_URL=empty_database)
    url, _ = addresses(demo)
    sign_in(url)
    assert await rows(empty_database, "SELECT email FROM accounts") == [{"email": "ada.winter@lighthouse.example"}]
    assert not (directory / "demo" / "postgres").exists()
    assert left_behind(directory / "demo" / "postgres") == []
    assert demo.end().code == 0


def test_use_database_url_needs_one(commands: Commands, data_dir: Path) -> None:
    assert "DATABASE_URL" in refusal(start(commands, data_dir, "--use-database-url").wait())


@pytest.mark.slow
async def test_without_use_database_url_that_database_is_left_alone(
    commands: Commands, demo_dir: Path, empty_database: str
) -> None:
    """Beside settings of a service that runs elsewhere, as a `.env` has them."""
    others = {
        **secrets(),
        "DATABASE_URL": empty_database,
        "IVGRAPH_DATABASE_DIRECT_URL": empty_database,
        "NOTION_REDIRECT_URI": "https://elsewhere.example/api/integrations/auth/notion/callback",
        "IVGRAPH_PUBLIC_URL": "https://elsewhere.example",
        "IVGRAPH_JWT_ALGORITHM": "HS512",
        "IVGRAPH_SECRET_KEY": "k" * 64,
        "IVGRAPH_SIGNIN_HANDOFF": "code",
    }
    (demo_dir / "demo" / "demo-keys.json").unlink()
    finished = start(commands, demo_dir, "--once", **others).wait()
    assert finished.code == 0, finished.text
    assert await rows(empty_database, "SELECT * FROM pg_tables WHERE schemaname = 'public'") == []
