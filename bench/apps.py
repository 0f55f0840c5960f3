"""Tokens of apps: requests per second on one core, beside a bare FastAPI endpoint in the same run; see README.md."""

import argparse
import asyncio
import os
import statistics
from pathlib import Path

import app_fixtures
import app_rivals
import rivals
from fixtures import Amount
from report import BARE, Figures, rate, spread
from run import measure, yardsticks
from stage import idle_core, public_port, stage

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


def table(figures: Figures) -> None:
    base = rate(figures[BARE])
    print(
        f"{'case':<44}{'ratio':>7}{'wanted':>8}{'x toolkit':>11}{'x oidc-p.':>11}"
        f"{'req/s':>9}{'spread':>8}{'p50 ms':>9}{'p99 ms':>9}"
    )
    for name, measured in figures.items():
        per_second, p50, p99 = (statistics.median(column) for column in zip(*measured, strict=True))
        wanted = f"{BOUNDS[name]:.2f}" if name in BOUNDS else ""
        times = "".join(f"{_times(figures, name, peer):>11}" for peer in (app_rivals.TOOLKIT, app_rivals.OIDC_PROVIDER))
        print(
            f"{name:<44}{per_second / base:>7.2f}{wanted:>8}{times}{per_second:>9.0f}{spread(measured):>8}"
            f"{p50:>9.2f}{p99:>9.2f}"
        )
    print(f"x: times what it does for the same; wanted: {TIMES_TOOLKIT} times django-oauth-toolkit, 1 oidc-provider.")


def _times(figures: Figures, name: str, peer: str) -> str:
    like = app_rivals.named(peer, name)
    return f"{rate(figures[name]) / rate(figures[like]):.1f}" if like in figures else ""


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
        table(measure(cases, asked, on.directory))


if __name__ == "__main__":
    main()
