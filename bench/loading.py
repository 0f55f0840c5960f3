"""A case: requests that are checked, then sent by wrk as fast as they are answered."""

import http.client
import json
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from stage import HERE, LOAD_CORE

CONNECTIONS = 32


class Request(NamedTuple):
    """`basic` are credentials as they stand in the header (RFC 7617); `media_type` is the body's; `more` are other
    headers, `name: value` each, with a semicolon and a blank between two.
    """

    method: str
    path: str
    bearer: str = ""
    body: str = ""
    basic: str = ""
    media_type: str = "application/json"
    more: str = ""

    @property
    def headers(self) -> dict[str, str]:
        named = {"Content-Type": self.media_type}
        named |= dict(pair.split(": ", 1) for pair in self.more.split("; ") if pair)
        if self.bearer or self.basic:
            named["Authorization"] = f"Bearer {self.bearer}" if self.bearer else f"Basic {self.basic}"
        return named


class Answer(NamedTuple):
    """What a right one has."""

    status: int
    members: frozenset[str]


class Figure(NamedTuple):
    per_second: float
    p50: float
    p99: float
    asked: int


@dataclass(frozen=True)
class Case:
    """`once`: no request may be sent twice. `sample` is for the check, and then not among the rounds'."""

    name: str
    port: int
    answer: Answer
    sample: Request
    rounds: list[list[Request]]
    once: bool

    @classmethod
    def repeated(cls, name: str, port: int, answer: Answer, requests: list[Request], rounds: int) -> "Case":
        return cls(name, port, answer, requests[0], [requests] * rounds, once=False)

    @classmethod
    def asked_once(cls, name: str, port: int, answer: Answer, requests: list[Request], rounds: int) -> "Case":
        sample, *rest = requests
        return cls(name, port, answer, sample, [rest[number::rounds] for number in range(rounds)], once=True)


def answer(status: int, *members: str) -> Answer:
    return Answer(status, frozenset(members))


def check(cases: Iterable[Case]) -> None:
    for case in cases:
        sample = case.sample
        connection = http.client.HTTPConnection("127.0.0.1", case.port, timeout=10)
        connection.request(sample.method, sample.path, sample.body or None, sample.headers)
        response = connection.getresponse()
        text = response.read().decode()
        connection.close()
        if response.status != case.answer.status or not case.answer.members <= set(json.loads(text)):
            raise SystemExit(f"{case.name}: {response.status} {text[:300]}")


def load(case: Case, number: int, seconds: int, directory: Path, connections: int = CONNECTIONS) -> Figure:
    requests = case.rounds[number]
    path = directory / "requests"
    path.write_text("".join("\t".join(request) + "\n" for request in requests))
    done = subprocess.run(
        ["taskset", "-c", str(LOAD_CORE), "wrk", "-t1", f"-c{connections}", f"-d{seconds}s",
         "-s", str(HERE / "load.lua"), f"http://127.0.0.1:{case.port}", "--", str(path), *["once"] * case.once],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    result = next(item for item in done.stdout.splitlines() if item.startswith("RESULT"))
    asked, microseconds, bad, p50, p99 = map(int, result.split()[1:])
    if bad or not asked:
        raise SystemExit(f"{case.name}: {bad} of {asked} requests failed")
    return Figure(asked / microseconds * 1e6, p50 / 1000, p99 / 1000, asked)
