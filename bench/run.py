"""Requests per second on one core, as ratios to a bare FastAPI endpoint in the same run; see README.md."""

import argparse
import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import many_tokens
import report
import rivals
from fixtures import Amount, Fixtures, prepare
from loading import Case, Figure, Request, answer, check, load
from revocation import revoke_all
from stage import Server, Stage, free_port, idle_core, public_port, stage

from ivgraph_auth.core.config import load_settings

Figures = dict[str, list[Figure]]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=2, help="of each case in each round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tokens", type=int, default=0, help="so many more in the table, for a second look")
    parser.add_argument("--no-peers", action="store_true", help="nothing is installed")
    parser.add_argument("--peers-venv", type=Path, default=rivals.default_directory(), help="kept for the next run")
    parser.add_argument("--peer-threads", type=int, default=16, help="of gunicorn")
    parser.add_argument("--fixtures", type=float, default=1.0, help="more of what may be asked once, by this factor")
    return parser.parse_args()


def yardsticks(on: Stage, rounds: int) -> list[Case]:
    names = {report.BARE: "yardsticks:bare_fastapi", "bare ASGI": "yardsticks:bare_asgi"}
    right, request = answer(200, "id", "name"), [Request("GET", "/")]
    return [Case.repeated(name, on.yardstick(app).port, right, request, rounds) for name, app in names.items()]


def measure(
    cases: list[Case], asked: argparse.Namespace, directory: Path, after_each: Callable[[], object] = int
) -> Figures:
    """Round by round, so that what disturbs the machine for a while disturbs all alike."""
    check(cases)
    figures: Figures = {case.name: [] for case in cases}
    for number in range(asked.rounds):
        for case in cases:
            figures[case.name].append(load(case, number, asked.seconds, directory))
            after_each()
    return figures


def crowded(on: Stage, made: Fixtures, asked: argparse.Namespace) -> None:
    before = measure(made.lonely, asked, on.directory)
    print(f"\nmaking {asked.tokens:,} service tokens ...", flush=True)
    took = asyncio.run(many_tokens.fill(on.database("ivgraph"), asked.tokens))
    print(f"made in {took:.0f} s")
    report.crowded_table(before, measure(made.crowded, asked, on.directory), asked.tokens)


def run(on: Stage, asked: argparse.Namespace, python: Path | None) -> None:
    # Before the service runs: each change would wait for its confirmation, which nobody hears in this process.
    print("preparing accounts, sessions and tokens ...", flush=True)
    amount = Amount(asked.rounds, asked.seconds, asked.fixtures, crowded=bool(asked.tokens))
    with idle_core():
        began = time.monotonic()
        made = asyncio.run(prepare(load_settings(), public_port(), amount))
    print(f"made in {time.monotonic() - began:.0f} s", flush=True)
    service: Server = on.service()
    at_start = service.memory
    cases = [*yardsticks(on, asked.rounds), *made.cases]
    if python:
        cases += rivals.start(on, python, asked.peer_threads, asked.rounds, asked.seconds)
    print(f"{len(cases)} cases, {asked.rounds} rounds of {asked.seconds} s each ...\n", flush=True)
    loaded = [at_start]
    figures = measure(cases, asked, on.directory, lambda: loaded.append(service.memory))
    report.main_table(figures)
    if made.crowded:
        crowded(on, made, asked)
    report.revocations(revoke_all(service.port, on.service(free_port()).port, made.doomed))
    report.memory(at_start, max(*loaded, service.memory))


def main() -> None:
    asked = arguments()
    python = None if asked.no_peers else rivals.install(asked.peers_venv.resolve())
    with stage() as on:
        run(on, asked, python)


if __name__ == "__main__":
    main()
