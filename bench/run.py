"""Requests per second on one core, as ratios to a bare FastAPI endpoint in the same run.

The server runs on core 0; load (wrk, from Debian) and PostgreSQL on core 1. Answers are checked before they are timed.
Usage: python bench/run.py [--seconds 4] [--rounds 3] [--only NAME]
"""

import argparse
import asyncio
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from ivgraph_auth.accounts import repository as accounts
from ivgraph_auth.accounts.models import Person
from ivgraph_auth.app.compose import Composition, compose
from ivgraph_auth.core.clock import SystemClock
from ivgraph_auth.core.config import Settings, load_settings
from ivgraph_auth.core.migrations import migrate
from ivgraph_auth.core.principal import Caller
from ivgraph_auth.core.secrets import Secret, random_token, random_uuid
from ivgraph_auth.embedded.server import EmbeddedPostgres
from ivgraph_auth.keys.keyring import generate_key
from ivgraph_auth.sessions.models import TokenPair
from ivgraph_auth.tokens.models import TokenRequest
from ivgraph_auth.vault.models import Credential, GrantDetails, GrantKey

HERE = Path(__file__).parent
SERVER_CORE, LOAD_CORE = 0, 1
SERVICE, FASTAPI, ASGI = 8100, 8101, 8102
CONNECTIONS = 32


# What the project wants of itself, as ratios to the bare FastAPI endpoint.
BOUNDS = {
    "me, session seen before": 0.80,
    "me, fresh token of a session seen before": 0.45,
    "me, session never seen": 0.25,
    "me, service token": 0.80,
    "me, service token never seen": 0.28,
    "validate": 0.80,
    "refresh without rotation": 0.40,
    "refresh with rotation": 0.20,
    "creation, an owner per token": 0.18,
}


@dataclass(frozen=True)
class Case:
    name: str
    port: int
    lines: list[list[str]]


class Figure(NamedTuple):
    per_second: float
    p50: float
    p99: float


@dataclass(frozen=True)
class Someone:
    """`pairs` are access and refresh tokens."""

    workspace: str
    tokens: list[str]
    pairs: list[tuple[str, str]]


def line(method: str, path: str, bearer: str = "", body: str = "") -> str:
    return f"{method}\t{path}\t{bearer}\t{body}"


@contextmanager
def pinned(core: int, command: list[str], **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        command,
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        preexec_fn=lambda: os.sched_setaffinity(0, {core}),
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def uvicorn_command(app: str, port: int) -> list[str]:
    return [sys.executable, "-m", "uvicorn", app, "--app-dir", str(HERE), "--port", str(port), "--no-access-log"]


def wait_for(url: str) -> None:
    for _ in range(200):
        try:
            urllib.request.urlopen(url, timeout=1).read()
        except OSError:
            subprocess.run(["sleep", "0.1"], check=True)
        else:
            return
    raise SystemExit(f"{url} does not answer")


def load(case: Case, number: int, seconds: int, directory: Path) -> Figure:
    path = directory / "requests"
    path.write_text("\n".join(case.lines[number]) + "\n")
    done = subprocess.run(
        ["taskset", "-c", str(LOAD_CORE), "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s",
         "-s", str(HERE / "load.lua"), f"http://127.0.0.1:{case.port}", "--", str(path)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    result = next(item for item in done.stdout.splitlines() if item.startswith("RESULT"))
    requests, microseconds, bad, p50, p99 = map(int, result.split()[1:])
    if bad:
        raise SystemExit(f"{case.name}: {bad} of {requests} requests failed")
    return Figure(requests / microseconds * 1e6, p50 / 1000, p99 / 1000)


async def people(composition: Composition, count: int, *, sessions: int, tokens: int) -> list[Someone]:
    """Accounts with a workspace, sessions and service tokens, as sign-in and minting make them."""
    services = composition.services
    made = []
    for number in range(count):
        key = GrantKey("bench", random_uuid(), f"bot-{number}")
        credential = Credential(Secret(random_token()), None)
        async with composition.database.transaction(seconds=60) as connection:
            account = await accounts.upsert(connection, Person(random_uuid(), name=f"P{number}"), SystemClock().now())
            grant_id = await composition.safe.put(connection, key, GrantDetails("Bench", None, None, None), credential)
            await services.connections.adopt(connection, account.id, key.workspace_id, grant_id)
            opened = [await services.sessions.open(connection, account.id, Caller()) for _ in range(sessions)]
        request = TokenRequest(
            "bench", ("graph:read",), (key.workspace_id,), all_workspaces=False, expires_in_days=None
        )
        minted = [await services.tokens.mint(account.id, request, Caller()) for _ in range(tokens)]
        made.append(
            Someone(
                key.workspace_id.hex,
                [token.text.reveal() for token in minted],
                [reveal(services.sessions.pair(item.session)) for item in opened],
            )
        )
    return made


def reveal(pair: TokenPair) -> tuple[str, str]:
    return pair.access.reveal(), pair.refresh.reveal() if pair.refresh else ""


async def prepare(settings: Settings, rounds: int) -> dict[str, list[list[str]]]:
    """Request lines by case and round. What may be asked once only is made in thousands."""
    composition = compose(settings, SystemClock())
    few = await people(composition, 50, sessions=1, tokens=1)
    many = await people(composition, 1200, sessions=30, tokens=8)
    creators = await people(composition, 2500, sessions=1, tokens=0)
    again = []
    for someone in few:
        for _ in range(300):
            pair = await composition.services.sessions.refresh(someone.pairs[0][1], rotate=False, caller=Caller())
            again.append(line("GET", "/api/auth/me/", pair.access.reveal()))
    await composition.close()
    pairs = [pair for someone in many for pair in someone.pairs]
    third = len(pairs) // 3
    unseen = [line("GET", "/api/auth/me/", access) for access, _ in pairs[:third]]
    plain = [line("POST", "/api/auth/refresh/", "", refreshing(refresh)) for _, refresh in pairs[third : 2 * third]]
    rotating = [
        line("POST", "/api/auth/refresh/", "", refreshing(refresh, rotate=True)) for _, refresh in pairs[-third:]
    ]
    tokens = [line("GET", "/api/auth/me/", token) for someone in many for token in someone.tokens]
    seen = [line("GET", "/api/auth/me/", someone.pairs[0][0]) for someone in few]
    creations = [line("POST", "/api/tokens/", one.pairs[0][0], creation(one.workspace)) for one in creators]
    return {
        "me, session seen before": [seen] * rounds,
        "me, fresh token of a session seen before": slices(again, rounds),
        "me, session never seen": slices(unseen, rounds),
        "me, service token": [[line("GET", "/api/auth/me/", someone.tokens[0]) for someone in few]] * rounds,
        "me, service token never seen": slices(tokens, rounds),
        "validate": [[each.replace("/me/", "/validate/") for each in seen]] * rounds,
        "refresh without rotation": slices(plain, rounds),
        "refresh with rotation": slices(rotating, rounds),
        "creation, an owner per token": [creations] * rounds,
    }


def slices(lines: list[str], count: int) -> list[list[str]]:
    return [lines[number::count] for number in range(count)]


def refreshing(refresh: str, *, rotate: bool = False) -> str:
    return json.dumps({"refresh": refresh, "rotate": rotate})


def creation(workspace: str) -> str:
    return json.dumps({"name": "bench", "scopes": ["graph:read"], "workspace_ids": [workspace]})


def memory(pid: int) -> int:
    """Resident, in MB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(row for row in status.splitlines() if row.startswith("VmRSS")).split()[1]) // 1024


def report(figures: dict[str, list[Figure]], bare: str) -> None:
    base = statistics.median(figure.per_second for figure in figures[bare])
    print(f"{'case':<44}{'ratio':>7}{'wanted':>8}{'req/s':>9}{'p50 ms':>8}{'p99 ms':>8}{'p99/p50':>9}")
    for name, measured in figures.items():
        rate, p50, p99 = (statistics.median(column) for column in zip(*measured, strict=True))
        wanted = f"{BOUNDS[name]:.2f}" if name in BOUNDS else ""
        print(f"{name:<44}{rate / base:>7.2f}{wanted:>8}{rate:>9.0f}{p50:>8.2f}{p99:>8.2f}{p99 / p50:>9.1f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    directory = Path(tempfile.mkdtemp(prefix="ivgraph-bench-"))
    directory.chmod(0o755)
    os.sched_setaffinity(0, {LOAD_CORE})
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, directory, ignore_errors=True)
        postgres = stack.enter_context(EmbeddedPostgres(directory))
        postgres.ensure_database()
        environment = {
            "DATABASE_URL": postgres.database_url(),
            "IVGRAPH_SECRET_KEY": random_token(),
            "IVGRAPH_ENCRYPTION_KEYS": generate_key("bench"),
            "IVGRAPH_RATE_LIMIT": "0",
            "IVGRAPH_PUBLIC_URL": f"http://127.0.0.1:{SERVICE}",
        }
        os.environ.update(environment)
        migrate(environment["DATABASE_URL"])
        print("preparing accounts, sessions and tokens ...", flush=True)
        lines = asyncio.run(prepare(load_settings(), arguments.rounds))
        serve = [
            sys.executable,
            "-c",
            "from ivgraph_auth.cli.main import main; main()",
            "serve",
            "--port",
            str(SERVICE),
        ]
        service = stack.enter_context(pinned(SERVER_CORE, serve))
        stack.enter_context(pinned(SERVER_CORE, uvicorn_command("yardsticks:bare_fastapi", FASTAPI)))
        stack.enter_context(pinned(SERVER_CORE, uvicorn_command("yardsticks:bare_asgi", ASGI)))
        for url in (f"http://127.0.0.1:{SERVICE}/health/ready", *(f"http://127.0.0.1:{p}/" for p in (FASTAPI, ASGI))):
            wait_for(url)
        bare = [[line("GET", "/")]] * arguments.rounds
        cases = [Case("bare FastAPI", FASTAPI, bare), Case("bare ASGI", ASGI, bare)]
        cases += [Case(name, SERVICE, each) for name, each in lines.items()]
        figures: dict[str, list[Figure]] = {case.name: [] for case in cases}
        for number in range(arguments.rounds):
            for case in cases:
                figures[case.name].append(load(case, number, arguments.seconds, directory))
        report(figures, "bare FastAPI")
        print(f"memory of the process under load: {memory(service.pid)} MB")


if __name__ == "__main__":
    main()
