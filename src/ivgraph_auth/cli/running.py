"""Servers in this process: sockets bound here, signals taken here, stopped together."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import uvicorn

# The contract of a stop: nothing cut within this time, and the process gone.
GRACEFUL_SECONDS = 10


def server_options() -> dict[str, Any]:
    """For every uvicorn there is: our own logs, our own reading of proxies' headers, nothing said of the software."""
    return {
        "log_config": None,
        "access_log": False,
        "proxy_headers": False,
        "server_header": False,
        "timeout_graceful_shutdown": GRACEFUL_SECONDS,
    }


def bind(host: str, port: int) -> socket.socket:
    """Raises OSError when the port is in use or the host is none of this machine's."""
    family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(2048)
    except OSError:
        listener.close()
        raise
    listener.set_inheritable(True)
    return listener


class Server(uvicorn.Server):
    """Leaves signals to `stop_on_signals`, and says when it listens. `on_stop` runs before it waits for requests."""

    def __init__(self, app: Any, listener: socket.socket, *, on_stop: Callable[[], None] | None = None) -> None:  # noqa: ANN401 -- any ASGI app
        super().__init__(uvicorn.Config(app, **server_options()))
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

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def stop_on_signals(servers: Sequence[Server]) -> None:
    """SIGINT and SIGTERM end them in order, a second one at once."""

    def stop() -> None:
        for server in servers:
            server.force_exit = server.should_exit
            server.should_exit = True

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop)
