"""Another route's waits while calls to a Notion that never answers hang in the gateway; see README.md."""

import argparse
import asyncio
import os
from statistics import median

from loading import Case, Figure, Request, answer, check, load
from stage import LOAD_CORE, Stage, idle_core, stage

from gateway import PAGE, prepare

WAITING = f"GET /notion/v1/pages/{PAGE} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {{}}\r\n\r\n"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=3, help="of each round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--calls", type=int, default=200, help="that hang")
    return parser.parse_args()


async def hang(port: int, token: str, calls: int) -> list[asyncio.StreamWriter]:
    writers = []
    for _ in range(calls):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(WAITING.format(token).encode())
        writers.append(writer)
    # Each has taken its place and is with Notion by then.
    await asyncio.sleep(2)
    return writers


async def with_calls(port: int, token: str, calls: int, case: Case, number: int, on: Stage, seconds: int) -> Figure:
    writers = await hang(port, token, calls)
    figure = await asyncio.to_thread(load, case, number, seconds, on.directory)
    for writer in writers:
        writer.close()
    await asyncio.sleep(1)
    return figure


def run(on: Stage, asked: argparse.Namespace) -> None:
    silent = on.yardstick("upstream:silent", core=LOAD_CORE)
    os.environ["NOTION_API_URL"] = f"http://127.0.0.1:{silent.port}"
    service = on.service()
    with idle_core():
        (tenant, *_) = asyncio.run(prepare(1))
    request = Request("GET", "/api/auth/me/", tenant.token)
    case = Case.repeated("me", service.port, answer(200, "id", "workspaces"), [request], 2 * asked.rounds)
    check([case])
    alone, beside = [], []
    for number in range(asked.rounds):
        alone.append(load(case, number, asked.seconds, on.directory))
        beside.append(asyncio.run(with_calls(service.port, tenant.token, asked.calls, case, number, on, asked.seconds)))
    tell("alone", alone)
    tell(f"beside {asked.calls} that hang", beside)


def tell(name: str, figures: list[Figure]) -> None:
    rate, p50, p99 = (median(column) for column in zip(*figures, strict=True))
    slowest = [figure.p99 for figure in figures]
    print(
        f"me, {name:24}{rate:8.0f} req/s  p50 {p50:6.2f} ms  p99 {p99:6.2f} ms"
        f"  (p99 from {min(slowest):.1f} to {max(slowest):.1f})"
    )


def main() -> None:
    asked = arguments()
    with stage() as on:
        run(on, asked)


if __name__ == "__main__":
    main()
