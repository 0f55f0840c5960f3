"""Tokens of apps: requests per second on one core, beside a bare FastAPI endpoint in the same run; see README.md."""

import argparse
import asyncio
import os
import statistics
from collections.abc import Mapping
from pathlib import Path

import app_fixtures
import app_rivals
import rivals
from fixtures import Amount
from loading import Case, Figure, check, load
from report import BARE, Figures, rate, spread
from run import yardsticks
from stage import Stage, idle_core, public_port, stage

from ivgraph_auth.core.config import load_settings

# Ratios to the bare FastAPI endpoint.
BOUNDS = {
    app_fixtures.INTROSPECTION: 0.60,
    app_fixtures.REFRESH: 0.20,
    app_fixtures.USERINFO: 0.70,
    app_fixtures.APP_ME: 0.80,
}
TIMES_TOOLKIT = 8


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=2, help="of each case in each round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--algorithm", default="RS256", help="of our keys that sign tokens of apps")
    parser.add_argument("--no-peers", action="store_true", help="nothing is installed")
    parser.add_argument("--peers-directory", type=Path, default=rivals.default_directory(), help="kept for next time")
    parser.add_argument("--peer-threads", type=int, default=16, help="of gunicorn")
    parser.add_argument("--fixtures", type=float, default=1.0, help="more of what may be asked once, by this factor")
    return parser.parse_args()


def measure(cases: list[Case], asked: argparse.Namespace, on: Stage) -> tuple[Figures, Mapping[str, float]]:
    """Round by round; and how many microseconds of CPU time the server has used for each request of a case."""
    check(cases)
    figures: dict[str, list[Figure]] = {case.name: [] for case in cases}
    used = dict.fromkeys(figures, 0.0)
    for number in range(asked.rounds):
        for case in cases:
            before = on.servers[case.port].cpu_seconds
            figures[case.name].append(load(case, number, asked.seconds, on.directory))
            used[case.name] += on.servers[case.port].cpu_seconds - before
    return figures, {
        name: used[name] / sum(figure.asked for figure in measured) * 1e6 for name, measured in figures.items()
    }


def table(figures: Figures, used: Mapping[str, float]) -> None:
    rates = {name: rate(measured) for name, measured in figures.items()}
    print(
        f"{'case':<44}{'ratio':>7}{'by CPU':>8}{'wanted':>8}"
        f"{'x toolkit':>11}{'by CPU':>8}{'x oidc-p.':>11}{'by CPU':>8}"
        f"{'req/s':>9}{'spread':>8}{'CPU us':>8}{'p50 ms':>9}{'p99 ms':>9}"
    )
    for name, measured in figures.items():
        p50, p99 = (statistics.median(column) for column in list(zip(*measured, strict=True))[1:3])
        wanted = f"{BOUNDS[name]:.2f}" if name in BOUNDS else ""
        print(
            f"{name:<44}{rates[name] / rates[BARE]:>7.2f}{used[BARE] / used[name]:>8.2f}{wanted:>8}"
            f"{_times(rates, used, name, app_rivals.TOOLKIT)}{_times(rates, used, name, app_rivals.OIDC_PROVIDER)}"
            f"{rates[name]:>9.0f}{spread(measured):>8}{used[name]:>8.0f}{p50:>9.2f}{p99:>9.2f}"
        )
    print(f"x: times what it does for the same; wanted: {TIMES_TOOLKIT} times django-oauth-toolkit, 1 oidc-provider.")
    print("by CPU: the same of the server's CPU time for a request, which hardly depends on who else has the core.")


def _times(rates: Mapping[str, float], used: Mapping[str, float], name: str, peer: str) -> str:
    like = app_rivals.named(peer, name)
    if like not in rates:
        return " " * 19
    return f"{rates[name] / rates[like]:>11.1f}{used[like] / used[name]:>8.1f}"


def main() -> None:
    asked = arguments()
    peers = None if asked.no_peers else app_rivals.install(asked.peers_directory.resolve())
    with stage() as on:
        os.environ["IVGRAPH_APP_TOKEN_ALGORITHM"] = asked.algorithm
        print("preparing an app, people and tokens ...", flush=True)
        with idle_core():
            amount = Amount(asked.rounds, asked.seconds, asked.fixtures, crowded=False)
            made = asyncio.run(app_fixtures.prepare(load_settings(), public_port(), amount))
        on.service()
        cases = [*yardsticks(on, asked.rounds), *made]
        if peers:
            cases += app_rivals.start(on, peers, asked.peer_threads, asked.rounds, asked.seconds)
        print(
            f"{len(cases)} cases, {asked.rounds} rounds of {asked.seconds} s each, {asked.algorithm} ...\n", flush=True
        )
        table(*measure(cases, asked, on))


if __name__ == "__main__":
    main()
