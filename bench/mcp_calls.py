"""Calls at /mcp, beside a bare FastAPI endpoint, the same calls over REST, and fastmcp; see README.md.

Not named after the protocol: the package of that name must be found where this file's folder is looked through first.
"""

import argparse
import asyncio
import cProfile
import os
import pstats
import statistics
import time
from collections.abc import Mapping, Sequence

import apps
import in_process
import mcp_cases
import rivals
import uvloop
from loading import Case, check
from report import BARE, Figures, rate, spread
from run import yardsticks
from stage import LOAD_CORE, SERVE, Stage, free_port, idle_core, public_port, stage, until_cache_is_on

from ivgraph_auth.app.factory import create_app
from ivgraph_auth.core.config import load_settings
from ivgraph_auth.core.logging import configure_logging

# Of the bare FastAPI endpoint; of the same call over REST.
WANTED = {mcp_cases.LIST: (BARE, 0.5), mcp_cases.SEARCH: (BARE, 0.35), mcp_cases.COMMENTS: (mcp_cases.INVOKE, 0.8)}
_REQUIREMENTS = rivals.PEERS / "fastmcp_requirements.txt"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=2, help="of each case in each round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--nodes", type=int, default=10_000, help="of the graph")
    parser.add_argument("--calls", type=int, default=500, help="of each case in each round, in process")
    parser.add_argument("--in-process", action="store_true", help="CPU time of one process, without a network")
    parser.add_argument("--only", nargs="*", default=[], metavar="CASE", help="of those in process")
    parser.add_argument("--profile", action="store_true", help="where a process spends its time, for each case")
    parser.add_argument("--no-peers", action="store_true", help="nothing is installed")
    return parser.parse_args()


def against(name: str, values: Mapping[str, float]) -> str:
    """The ratio that counts, and what is wanted of it."""
    of, wanted = WANTED.get(name.partition(",")[0], (BARE, 0.0))
    return (
        f"{values[of] / values[name]:>8.2f}{wanted:>8.2f}" if wanted else f"{values[BARE] / values[name]:>8.2f}{'':8}"
    )


def table(figures: Figures, used: Mapping[str, float]) -> None:
    seconds = {name: 1 / rate(measured) for name, measured in figures.items()}
    print(
        f"\n{'case':<44}{'ratio':>8}{'wanted':>8}{'by CPU':>8}{'':8}{'req/s':>9}{'spread':>8}{'CPU us':>8}{'p50 ms':>8}"
    )
    for name, measured in figures.items():
        p50 = statistics.median(figure.p50 for figure in measured)
        print(
            f"{name:<44}{against(name, seconds)}{against(name, used)}"
            f"{rate(measured):>9.0f}{spread(measured):>8}{used[name]:>8.0f}{p50:>8.2f}"
        )
    for ours, peer in ((mcp_cases.LIST, mcp_cases.FASTMCP_LIST), (mcp_cases.SEARCH, mcp_cases.FASTMCP_SEARCH)):
        if peer in figures:
            print(f"{ours}: {seconds[peer] / seconds[ours]:.1f} times fastmcp; by CPU {used[peer] / used[ours]:.1f}")


def tell_starts(on: Stage, made: mcp_cases.Prepared) -> None:
    """Seconds until a process answers, and its memory once it has its cache and has been asked, at /mcp where it is."""
    for mcp in ("false", "true"):
        os.environ["IVGRAPH_MCP"] = mcp
        port, began = free_port(), time.perf_counter()
        server = on.start([*SERVE, str(port)], port, "/health/live")
        seconds = time.perf_counter() - began
        until_cache_is_on(port)
        check(mcp_cases.ours(port, made, 1)[-2:])
        check(mcp_cases.ours(port, made, 1)[:1] if mcp == "true" else [])
        print(f"IVGRAPH_MCP={mcp}: answers after {seconds:.1f} s; {server.memory} MB", flush=True)
        server.process.terminate()
        server.process.wait()


async def profile(asking: Mapping[str, in_process.Caller], calls: int) -> None:
    for name, caller in asking.items():
        profiler = cProfile.Profile()
        profiler.enable()
        await caller.call(calls)
        profiler.disable()
        print(name)
        pstats.Stats(profiler).sort_stats("cumulative").print_stats(60)


async def measure_in_process(asked: argparse.Namespace, made: mcp_cases.Prepared) -> None:
    settings = load_settings()
    configure_logging(settings.log_level, settings.log_format)
    app = create_app(settings, load_mcp=True)
    async with app.router.lifespan_context(app):
        while app.composition.liveness.trouble:  # noqa: ASYNC110 -- as an operator would, by asking
            await asyncio.sleep(0.1)
        every = mcp_cases.ours(public_port(), made, asked.rounds)
        cases: Sequence[Case] = [case for case in every if not asked.only or case.name in asked.only]
        asking = in_process.callers(app, cases)
        figures: dict[str, list[float]] = {}
        for caller in asking.values():
            await caller.call(100)
        if asked.profile:
            await profile(asking, asked.calls)
            return
        for _ in range(asked.rounds):
            for name, caller in asking.items():
                figures.setdefault(name, []).append(await caller.call(asked.calls))
    values = {name: statistics.median(measured) for name, measured in figures.items()}
    print(f"\n{'case':<44}{'ratio':>8}{'wanted':>8}   microseconds of CPU time")
    for name, measured in figures.items():
        between = f"({min(measured):.0f} to {max(measured):.0f}) {asking[name].statuses}"
        print(f"{name:<44}{against(name, values)}{values[name]:>8.0f} {between}")


def main() -> None:
    asked = arguments()
    peers = None
    if not asked.no_peers and not asked.in_process:
        peers = rivals.install(rivals.default_directory().with_name("bench-fastmcp"), _REQUIREMENTS)
    with stage() as on:
        os.environ["NOTION_API_URL"] = f"http://127.0.0.1:{on.yardstick('upstream:comments', core=LOAD_CORE).port}"
        with idle_core():
            made = mcp_cases.run_prepare(asked.nodes)
        if asked.in_process:
            with idle_core():
                uvloop.run(measure_in_process(asked, made))
            return
        tell_starts(on, made)
        on.service(public_port())
        cases = [*yardsticks(on, asked.rounds), *mcp_cases.ours(public_port(), made, asked.rounds)]
        if peers:
            cases += mcp_cases.start_fastmcp(on, peers, made, asked.rounds)
        table(*apps.measure(cases, asked, on))


if __name__ == "__main__":
    main()
