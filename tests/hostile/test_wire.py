"""Ten thousand requests made up at random (always the same ones), byte by byte, to a server of its own process: no
fault, no status that is not documented, no growth, and it works on.
"""

import asyncio
import gzip
import json
import random
import re
from collections import Counter
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import httpx
import pytest

from tests.api.test_hostile import BODIES, BYTES, CLIMBING, HEADERS, JSON_VALUES, PATH_VALUES, QUERY_VALUES, TOKENS
from tests.cli.visitor import sign_in
from tests.hostile.conftest import Target
from tests.hostile.wire import Answer, exchange

pytestmark = pytest.mark.slow

INPUTS = 10_000
WARM_UP = 1_000
AT_ONCE = 16
# They would end what the requests after them need: the account, and every session.
ENDS_ALL = {"DELETE": "/api/auth/me", "POST": "/api/auth/logout-all"}
METHODS = ["GET", "POST", "PATCH", "DELETE", "PUT", "HEAD", "OPTIONS", "TRACE", "PROPFIND", "get", "CONNECT"]
# Their own forms are no part of the API, and these come without what such a form has.
# What GET spends there can be spent once.
SPENDING = ("/api/integrations/auth/notion/callback", "/oauth/callback/notion")
PAGES_WITH_FORMS = ("/oauth/callback/notion", "/oauth/connect/")
OTHER_PATHS = ["/", "/docs", "/openapi.json", "/dashboard/", "/static/docs.js", "/nowhere", "*", "//", "http://a/docs"]


@dataclass(frozen=True)
class Made:
    """`whole` when the server can tell where the request ends."""

    method: str
    path: str
    text: bytes
    whole: bool


class Maker:
    def __init__(self, document: Any, credentials: list[str], refreshes: list[str]) -> None:
        self._random = random.Random(20261122)  # noqa: S311 -- the same in every run
        self._operations = [(path, method.upper()) for path, item in document["paths"].items() for method in item]
        self._credentials = credentials
        self._values = [*JSON_VALUES.values(), *(json.dumps(token) for token in [*TOKENS.values(), *refreshes])]

    def make(self) -> Made:
        path, method = self._target()
        if self._maybe(0.15):
            method = self._random.choice(METHODS)
        if method in ENDS_ALL and ENDS_ALL[method] in path:
            method = "OPTIONS"
        headers = self._headers()
        body, framing, whole = self._framed(self._body(method, path))
        self._random.shuffle(headers)
        version = "HTTP/1.0" if self._maybe(0.03) else "HTTP/1.1"
        head = [f"{method} {path} {version}".encode("latin-1"), *headers, *framing, b"Connection: close", b"", b""]
        text = b"\r\n".join(head) + body
        if self._maybe(0.02):
            # Cut off or damaged anywhere.
            place = self._random.randrange(len(text))
            text = text[:place] + self._random.choice([b"", b"\x00", b"\r\n\r\n", b"\xff"]) + text[place:]
            text, whole = text[: self._random.randrange(place, len(text)) + 1], False
        return Made(method, path.partition("?")[0], text, whole and method != "CONNECT")

    def _target(self) -> tuple[str, str]:
        if self._maybe(0.08):
            return self._random.choice([*OTHER_PATHS, *(f"/static/{path}" for path in CLIMBING)]), "GET"
        path, method = self._random.choice(self._operations)
        path = re.sub(r"\{\w+\}", lambda _: self._random.choice([*PATH_VALUES, "999999", "0" * 32]), path)
        if self._maybe(0.1):
            path = path.removesuffix("/")
        if self._maybe(0.3):
            names = ["limit", "cursor", "next", "client_state", "code_challenge", "state", "code", "error", "x"]
            pairs = [f"{self._random.choice(names)}={self._random.choice(QUERY_VALUES)}" for _ in range(3)]
            path += "?" + "&".join(pairs[: self._random.randint(1, 3)])
        return path, method

    def _headers(self) -> list[bytes]:
        found = [b"Host: 127.0.0.1"]
        if self._maybe(0.7):
            tokens = self._credentials if self._maybe(0.75) else list(TOKENS.values())
            found.append(b"Authorization: Bearer " + self._random.choice(tokens).encode("latin-1"))
        if self._maybe(0.9):
            found.append(b"Content-Type: application/json")
        for _ in range(self._random.choice([0, 0, 1, 2])):
            name, value = self._random.choice(HEADERS)
            found.append(name.encode() + b": " + value)
        if self._maybe(0.03):
            found.append(b"X-Huge: " + b"x" * self._random.choice([8_000, 60_000, 200_000]))
        if self._maybe(0.03):
            found += [b"X-Many: %d" % number for number in range(2_000)]
        return found

    def _body(self, method: str, path: str) -> bytes:
        if method in {"GET", "HEAD", "DELETE"} and self._maybe(0.8):
            return b""
        kind = self._random.random()
        if kind < 0.1:
            return self._random.choice(BYTES)
        if kind < 0.2:
            return self._random.choice(self._values).encode()
        if kind < 0.25:
            return self._random.randbytes(self._random.randrange(200))
        fields = dict(
            next((item for key, item in BODIES.items() if key[1] == path), self._random.choice([*BODIES.values()]))
        )
        for name in list(fields):
            if self._maybe(0.5):
                fields[name] = self._random.choice(self._values)
        pairs = [f'"{name}": {value}' for name, value in fields.items()]
        if self._maybe(0.2):
            pairs.append(
                self._random.choice(pairs) if self._maybe(0.5) else f'"other": {self._random.choice(self._values)}'
            )
        text = ("{" + ", ".join(pairs) + "}").encode()
        # Surrogates as bytes, too, and what ends in the middle of a character.
        return (
            text if self._maybe(0.9) else text.replace(b"x", self._random.choice([b"\xed\xa0\x80", b"\xc3", b"\x00"]))
        )

    def _framed(self, body: bytes) -> tuple[bytes, list[bytes], bool]:
        kind = self._random.random()
        length = b"Content-Length: %d"
        if kind < 0.7:
            return body, [length % len(body)] if body else [], True
        if kind < 0.85:
            step = self._random.choice([1, 7, 4096]) if len(body) < 2_000 else 4096
            pieces = [body[place : place + step] for place in range(0, len(body), step)]
            chunks = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
            return chunks + b"0\r\n\r\n", [b"Transfer-Encoding: chunked"], True
        if kind < 0.9:
            coded = gzip.compress(body)
            return coded, [length % len(coded), b"Content-Encoding: gzip"], True
        wrong = [
            (body, [length % (len(body) + 10)]),
            (body, [length % max(0, len(body) - 1)]),
            (body, [length % len(body), length % (len(body) + 1)]),
            (body, [b"Content-Length: -1"]),
            (body, [b"Content-Length: 1" + b"0" * 30]),
            (body, [b"Content-Length: x"]),
            (body, [length % len(body), b"Transfer-Encoding: chunked"]),
            (b"zz\r\n" + body, [b"Transfer-Encoding: chunked"]),
            (b"ffffffffffffffffff\r\n" + body, [b"Transfer-Encoding: chunked"]),
            (b"5\r\n" + body, [b"Transfer-Encoding: chunked"]),
            (body, [b"Transfer-Encoding: gzip, chunked"]),
            (body, [b"Transfer-Encoding: nonsense"]),
            (body, [b"Upgrade: websocket", b"Sec-WebSocket-Key: x"]),
            (body, [b"Bad Header"]),
            (body, [b": none"]),
            (body, [b"X-Bare: a\nb: c"]),
        ]
        return (*self._random.choice(wrong), False)

    def _maybe(self, share: float) -> bool:
        return self._random.random() < share


class Judge:
    def __init__(self, document: Any) -> None:
        self._documented = [
            (re.compile(re.sub(r"\{\w+\}", "[^/]+", path.rstrip("/")) + "/?"), item)
            for path, item in document["paths"].items()
        ]
        self.faults: list[str] = []
        self.statuses: Counter[str] = Counter()

    def look(self, made: Made, answers: list[Answer]) -> None:
        if not answers:
            self.statuses["none"] += 1
            if made.whole:
                self.faults.append(f"no answer to {made.text[:300]!r}")
        for answer in answers[:1]:
            self.statuses[f"{answer.status}{' below' if answer.from_below else ''}"] += 1
            if not self._right(made, answer):
                self.faults.append(f"{answer.status} {answer.media_type} {answer.body[:100]!r} to {made.text[:400]!r}")
        # What stands behind a body's announced end may be a request of its own, or none.
        self.faults += [f"{each.status} behind {made.text[:300]!r}" for each in answers[1:] if each.status >= 500]

    def _right(self, made: Made, answer: Answer) -> bool:
        if answer.status >= 500:
            return False
        if answer.from_below or "x-request-id" not in answer.headers:
            return answer.from_below
        if not made.whole or not made.path.startswith("/"):
            return True
        if made.path.startswith("/notion/"):
            return answer.status in {200, 400, 401, 403, 404} and answer.media_type == "application/json"
        if made.method == "POST" and made.path.startswith(PAGES_WITH_FORMS):
            return answer.status in {403, 404, 405, 413, 422}
        return self._is_documented(made, answer)

    def _is_documented(self, made: Made, answer: Answer) -> bool:
        if made.method == "HEAD" and made.path.removesuffix("/") in SPENDING:
            # Safe there as everywhere: it does nothing.
            return answer.status == 200
        operations = next((item for pattern, item in self._documented if pattern.fullmatch(unquote(made.path))), None)
        if operations is None:
            return answer.status in {200, 302, 304, 404, 405, 413, 206, 416, 204, 400}
        # HEAD is answered as GET is, and OpenAPI lists it nowhere.
        method = "get" if made.method == "HEAD" else made.method.lower()
        operation = operations.get(method) if made.method.isupper() else None
        if operation is None:
            return answer.status in {204, 405, 413} and (answer.status != 405 or "allow" in answer.headers)
        documented = operation["responses"].get(str(answer.status))
        types = set((documented or {}).get("content", {})) | (
            {"text/html"} if answer.status in {302, 401, 403, 422} else set()
        )
        return documented is not None and (not answer.body or answer.media_type in types)


async def test_ten_thousand_inputs(target: Target) -> None:
    async with httpx.AsyncClient(base_url=target.url) as client:
        document = (await client.get("/openapi.json")).json()
    victim = sign_in(target.url, "bruno")
    maker = Maker(document, [target.ada.access, target.service_token], [victim.refresh, victim.access])
    judge = Judge(document)
    todo = iter(range(WARM_UP))

    async def work() -> None:
        for _ in todo:
            made = maker.make()
            try:
                judge.look(made, await exchange(target.port, made.text, method=made.method, whole=made.whole))
            except (TimeoutError, ValueError) as trouble:
                judge.faults.append(f"{trouble!r} at {made.text[:400]!r}")

    await asyncio.gather(*(work() for _ in range(AT_ONCE)))
    before = target.resident
    todo = iter(range(INPUTS))
    await asyncio.gather(*(work() for _ in range(AT_ONCE)))
    print(dict(sorted(judge.statuses.items())), f"memory {before >> 20} -> {target.resident >> 20} MiB")  # noqa: T201
    assert not judge.faults, "\n".join([f"{len(judge.faults)} faults", *judge.faults[:15]])
    assert target.resident < before * 1.5
    target.assert_well()
