"""The only import of httpx: calls out, with a deadline for the whole answer, a cap on its size, and no redirects.

httpx itself reads nothing of the environment: proxies and certificate authorities are read, and checked, here.
"""

import asyncio
import json
import ssl
from collections.abc import AsyncIterable, Coroutine, Mapping
from contextlib import AsyncExitStack, nullcontext
from dataclasses import dataclass
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from typing import Any, TypeVar

import httpx

from ivgraph_auth.core.errors import ConfigurationError
from ivgraph_auth.core.proxies import Proxies
from ivgraph_auth.core.tasks import start_task
from ivgraph_auth.core.variables import variables

AUTHORITIES = ("SSL_CERT_FILE", "SSL_CERT_DIR")
MAX_ANSWER_BYTES = 1024 * 1024
_CONNECT_SECONDS = 5.0
# What is read before an answer counts as large, and how many of those are read at the same time: the others wait, so
# that a flood takes a few times `max_bytes` and not that much for every connection.
_LARGE_BYTES = 1024 * 1024
_LARGE_AT_ONCE = 4
# Bodies that come from somebody else, as slow as they like: the connections that they hold are not all there are.
_STREAMED_AT_ONCE = 50


class UpstreamError(Exception):
    """No usable answer: no connection, cut off, too late, too large. The message holds no URL query and no header."""


class UpstreamTimeoutError(UpstreamError):
    """No whole answer within the deadline."""


_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:  # noqa: ANN401 -- JSON is anything
        """Raises ValueError when the body is not JSON."""
        try:
            return json.loads(self.body)
        except RecursionError:
            raise ValueError("nested too deep") from None


@cache
def _load_authorities(file: str, directory: str) -> ssl.SSLContext:
    """Reading the certificates of all authorities takes longer than most calls: once for all clients."""
    name = "SSL_CERT_FILE" if file else "SSL_CERT_DIR"
    try:
        if file:
            return ssl.create_default_context(cafile=file)
        if directory:
            if not any(Path(place).is_dir() for place in directory.split(":")):
                raise NotADirectoryError
            return ssl.create_default_context(capath=directory)
    except (OSError, ValueError) as problem:
        raise ConfigurationError(
            f"{name} holds no certificates that can be read ({type(problem).__name__}). Correct it, or unset it."
        ) from None
    return httpx.create_ssl_context(trust_env=False)


class _Ways(httpx.AsyncBaseTransport):
    """Straight, or through the proxy that is meant for a call."""

    def __init__(self, proxies: Proxies, trust: ssl.SSLContext, limits: httpx.Limits) -> None:
        self._proxies = proxies
        self._straight = httpx.AsyncHTTPTransport(verify=trust, limits=limits, trust_env=False)
        self._through = {
            url: httpx.AsyncHTTPTransport(
                verify=trust,
                limits=limits,
                trust_env=False,
                proxy=httpx.Proxy(url, ssl_context=trust if url.startswith("https:") else None),
            )
            for url in proxies.by_scheme.values()
        }

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        proxy = self._proxies.for_call(url.scheme, url.host, url.port or (443 if url.scheme == "https" else 80))
        return await (self._through[proxy] if proxy else self._straight).handle_async_request(request)

    async def aclose(self) -> None:
        for transport in (self._straight, *self._through.values()):
            await transport.aclose()


def check_environment() -> None:
    """Raises ConfigurationError, naming the variable, for proxies or authorities that no call could use."""
    environment = variables()
    Proxies.of(environment)
    _authorities_of(environment)


def _authorities_of(environment: Mapping[str, str]) -> ssl.SSLContext:
    return _load_authorities(environment.get("SSL_CERT_FILE", ""), environment.get("SSL_CERT_DIR", ""))


class HttpClient:
    """`transport` lets a test put its own wire below. Raises ConfigurationError as `check_environment`."""

    def __init__(self, *, transport: httpx.AsyncBaseTransport | None = None, connections: int = 200) -> None:
        environment = variables()
        trust = _authorities_of(environment)
        limits = httpx.Limits(max_connections=connections, max_keepalive_connections=50)
        proxies = Proxies.of(environment)
        if transport is None and proxies.by_scheme:
            transport = _Ways(proxies, trust, limits)
        self._large = asyncio.Semaphore(_LARGE_AT_ONCE)
        self._streamed = asyncio.Semaphore(_STREAMED_AT_ONCE)
        self._client = httpx.AsyncClient(
            transport=transport,
            trust_env=False,
            verify=trust,
            follow_redirects=False,
            timeout=httpx.Timeout(None, connect=_CONNECT_SECONDS),
            limits=limits,
            headers={"User-Agent": "ivgraph-auth", "Accept": "application/json"},
            # Nothing that one call's answer sets goes out with another's.
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        )

    async def close(self) -> None:
        await self._client.aclose()

    async def request(  # noqa: PLR0913 -- a call's parts
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        basic: tuple[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        form: Mapping[str, str] | None = None,
        content: bytes | AsyncIterable[bytes] | None = None,
        target: bytes | None = None,
        place: tuple[str, int] | None = None,
        deadline: float,
        max_bytes: int = MAX_ANSWER_BYTES,
    ) -> Answer:
        """`body` is sent as JSON, `form` urlencoded, `content` as it is, in pieces as they come if it is an iterator;
        `deadline`, in seconds, covers everything up to the last byte. `target` goes into the request line as it is, in
        place of the URL's path and query. `place`, an address and a port, is connected to without asking where the
        URL's host is; the server must prove that it is that host all the same.

        Raises UpstreamTimeoutError, UpstreamError, and what the iterator raises.
        """
        # Unencoded answers only, so that a few bytes cannot unfold into gigabytes.
        sent = {"Accept-Encoding": "identity", **(headers or {})}
        extensions: dict[str, Any] = {"target": target} if target else {}
        try:
            to = _put_at(place, httpx.URL(url), sent, extensions) if place else httpx.URL(url)
            request = self._client.build_request(
                method, to, headers=sent, json=body, data=form, content=content, extensions=extensions
            )
            auth = httpx.BasicAuth(*basic) if basic else None
            place_for_it = nullcontext() if content is None or isinstance(content, bytes) else self._streamed
            async with asyncio.timeout(deadline), place_for_it:
                return await self._cancel_once(self._exchange(request, auth, max_bytes))
        except (TimeoutError, httpx.TimeoutException):
            raise UpstreamTimeoutError(f"No whole answer within {deadline:g} s.") from None
        except (httpx.HTTPError, httpx.InvalidURL) as failure:
            raise UpstreamError(type(failure).__name__) from None

    async def _cancel_once(self, work: Coroutine[Any, Any, _T]) -> _T:
        """In a task of its own. Deadline and caller may both cancel; a second time, while the connection is being
        closed, would leave it open, and its place among the connections taken for ever.
        """
        task = start_task(work)
        try:
            return await asyncio.shield(task)
        finally:
            task.cancel()
            # Else its error and this frame hold each other, with all that was read, until the collector comes by.
            del task

    async def _exchange(self, request: httpx.Request, auth: httpx.Auth | None, max_bytes: int) -> Answer:
        response = await self._client.send(request, auth=auth, stream=True)
        try:
            return Answer(response.status_code, response.headers, await self._read(response, max_bytes))
        finally:
            if not response.is_closed:
                await asyncio.shield(start_task(response.aclose()))
            # Response and stream hold each other, and with them the request and its body, until the collector looks.
            response.stream = httpx.ByteStream(b"")

    async def _read(self, response: httpx.Response, max_bytes: int) -> bytes:
        if response.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
            raise UpstreamError("The answer is compressed although that was not asked for.")
        chunks: list[bytes] = []
        size = 0
        async with AsyncExitStack() as place:
            # An error keeps this frame for as long as it lives itself; what was read does not stay with it.
            place.callback(chunks.clear)
            async for chunk in response.aiter_raw():
                if size <= _LARGE_BYTES < size + len(chunk) <= max_bytes:
                    await place.enter_async_context(self._large)
                size += len(chunk)
                if size > max_bytes:
                    raise UpstreamError("The answer is too large.")
                chunks.append(chunk)
            return b"".join(chunks)


def _put_at(place: tuple[str, int], url: httpx.URL, headers: dict[str, str], extensions: dict[str, Any]) -> httpx.URL:
    """The URL with an address for its host; whose host it is stands in the headers and in the TLS handshake."""
    # Never kept for another call: to the pool, all hosts at one address would be the same.
    headers |= {"Host": url.netloc.decode("ascii"), "Connection": "close"}
    extensions["sni_hostname"] = url.host
    return url.copy_with(host=place[0], port=place[1])
