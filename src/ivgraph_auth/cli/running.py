"""Servers: sockets bound here, signals taken here, stopped together."""

import asyncio
import contextlib
import errno
import functools
import resource
import signal
import socket
import sys
from collections.abc import Callable, Coroutine, Iterator, Sequence
from types import FrameType
from typing import Any, TypeVar

import uvicorn
from uvicorn.loops.auto import auto_loop_factory

from ivgraph_auth.core.errors import ConfigurationError
from ivgraph_auth.web.deadlines import Deadlines
from ivgraph_auth.web.protocol import Protocol

# The contract of a stop: nothing cut within this time, and the process gone.
GRACEFUL_SECONDS = 10
LOOPBACK = "127.0.0.1"
_MOST_DESCRIPTORS = 65536
_MOST_TRIED = 100  # ports

_T = TypeVar("_T")


def allow_many_connections() -> None:
    """A thousand descriptors, the usual limit, are soon taken by clients that only open connections."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, _MOST_DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def server_options(deadlines: Deadlines) -> dict[str, Any]:
    """For every uvicorn there is: our own logs, our own reading of proxies' headers, nothing said of the software."""
    return {
        # A partial, for uvicorn hands it to worker processes.
        "http": functools.partial(Protocol, deadlines=deadlines),
        # No offer to upgrade is taken, whether or not a library for WebSockets is installed.
        "ws": "none",
        "log_config": None,
        "access_log": False,
        "proxy_headers": False,
        "server_header": False,
        "timeout_graceful_shutdown": GRACEFUL_SECONDS,
    }


def bind(host: str, port: int) -> socket.socket:
    """Raises OSError when the port is in use or the host is none of this machine's."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    # IPv4 where a name has both: `localhost` is then what the default public URL says. With its protocol spelt out, or
    # asyncio leaves Nagle's algorithm on, and answers wait 40 ms for the client's acknowledgement.
    family, kind, protocol, _, address = min(found, key=lambda each: each[0] != socket.AF_INET)
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(2048)
    except OSError:
        listener.close()
        raise
    listener.set_inheritable(True)
    return listener


def listen(host: str, port: int) -> socket.socket:
    """Raises ConfigurationError when that cannot be."""
    try:
        return bind(host, port)
    except OSError as problem:
        raise ConfigurationError(f"Port {port} on {host} cannot be used: {problem.strerror}.") from None


def listen_from(host: str, port: int, *, say: Callable[[str], None]) -> socket.socket:
    """On this port, or where it is taken on the next one that is free. Raises ConfigurationError."""
    for candidate in range(port, port + _MOST_TRIED):
        try:
            return bind(host, candidate)
        except OSError as problem:
            if problem.errno != errno.EADDRINUSE:
                raise ConfigurationError(f"Port {candidate} on {host} cannot be used: {problem.strerror}.") from None
            say(f"Port {candidate} on {host} is in use; taking the next one.")
    raise ConfigurationError(
        f"Ports {port} to {port + _MOST_TRIED - 1} on {host} are all in use. Name one with --port."
    )


def url_of(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def run(work: Coroutine[Any, Any, _T]) -> _T:
    """As asyncio.run, in the event loop that uvicorn takes for worker processes too."""
    with asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
        return runner.run(work)


class Server(uvicorn.Server):
    """Leaves signals to `stop_on_signals`, and says when it listens. `on_stop` runs before it waits for requests."""

    def __init__(
        self,
        app: Any,  # noqa: ANN401 -- any ASGI app
        listener: socket.socket,
        *,
        deadlines: Deadlines = Deadlines(),
        on_stop: Callable[[], None] | None = None,
    ) -> None:
        super().__init__(uvicorn.Config(app, **server_options(deadlines)))
        self.listening = asyncio.Event()
        self._listener = listener
        self._on_stop = on_stop

    async def run_here(self) -> None:
        await self.serve(sockets=[self._listener])
        # Also when it could not start: whoever waits must learn of it.
        self.listening.set()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self._on_stop:
            self._on_stop()
        await super().shutdown(sockets)
        if self.force_exit:
            for task in self.server_state.tasks:
                task.cancel()
            # Then uvicorn leaves this out; but what waits to be written down is soon written.
            await self.lifespan.shutdown()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class _Asked:
    """Whether a signal came before there was a server to stop."""

    to_leave = False


def leave_on_signals() -> None:
    """Before and after a server listens, which has its own way, SIGTERM and Ctrl-C leave by way of what is to be
    stopped.
    """

    def leave(number: int, _: FrameType | None) -> None:
        # Remembered too: where it arrives, the exception may be taken for somebody else's and passed over.
        _Asked.to_leave = True
        with contextlib.suppress(RuntimeError):
            loop = asyncio.get_running_loop()
            # An exception out of nowhere would break what runs in C there: SIGSEGV, and PostgreSQL left behind.
            for task in asyncio.all_tasks(loop):
                loop.call_soon_threadsafe(task.cancel)
            return
        if number == signal.SIGINT:
            raise KeyboardInterrupt
        sys.exit(128 + number)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, leave)


def stop_on_signals(servers: Sequence[Server]) -> None:
    """SIGINT and SIGTERM end them in order, a second one at once."""

    def stop() -> None:
        for server in servers:
            server.force_exit = server.should_exit
            server.should_exit = True

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    if _Asked.to_leave:
        stop()
