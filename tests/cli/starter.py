"""Starts `ivgraph-auth` again and again. Importing is most of a start, so it is done once, and this process forks.

An order comes as one packet, with three descriptors: standard output, standard error, and where to tell the process id
and, in the end, the exit code. What is to be run as on the day it is installed gets a fresh interpreter instead.
"""

import atexit
import gc
import json
import os
import select
import socket
import sys
import threading
from contextlib import suppress
from importlib import import_module
from typing import Any, NoReturn

from ivgraph_auth.cli.main import main

# What commands import only once they need it, most of them again and again. It may be missing in another version.
LATE = (
    "anyio._backends._asyncio",
    "httpcore",
    "rich.markdown",
    "typer.rich_utils",
    "uvicorn.lifespan.on",
    "uvicorn.loops.uvloop",
)


def next_command(channel: socket.socket) -> None:
    """Returns only in a process that is to become the command."""
    commands: dict[int, tuple[int, int]] = {}
    events = select.poll()
    events.register(channel, select.POLLIN)
    while True:
        for ready, _ in events.poll():
            if ready in commands:
                events.unregister(ready)
                os.close(ready)
                _tell_the_end(*commands.pop(ready))
                continue
            message, descriptors, _, _ = socket.recv_fds(channel, 65536, 3)
            if not message:
                os._exit(0)
            out, err, status = descriptors
            pid = os.fork()
            if pid == 0:
                channel.close()
                for other, (_, its_status) in commands.items():
                    os.close(other)
                    os.close(its_status)
                os.close(status)
                _become(json.loads(message), out, err)
                return
            os.close(out)
            os.close(err)
            os.write(status, f"{pid}\n".encode())
            ended = os.pidfd_open(pid)
            commands[ended] = (pid, status)
            events.register(ended, select.POLLIN)


def _tell_the_end(pid: int, status: int) -> None:
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    # Whoever asked may have gone.
    with suppress(BrokenPipeError):
        os.write(status, f"{code}\n".encode())
    os.close(status)


def _become(order: Any, out: int, err: int) -> None:
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDONLY)
    for descriptor, number in ((nothing, 0), (out, 1), (err, 2)):
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.environ.clear()
    os.environ.update(order["environment"])
    # The one there took descriptor 1 for what it was before.
    sys.stdout = os.fdopen(1, "w", encoding=os.environ.get("PYTHONIOENCODING"), closefd=False)
    os.chdir(order["directory"])
    if order["fresh"]:
        code = "from ivgraph_auth.cli.main import main; main()"
        os.execv(sys.executable, [sys.executable, "-c", code, *order["arguments"]])  # noqa: S606  # no shell is wanted
    sys.argv = ["ivgraph-auth", *order["arguments"]]


def _leave(code: Any) -> NoReturn:
    """As the interpreter does, but without taking every module apart: all of that would first be copied."""
    if code is not None and not isinstance(code, int):
        print(code, file=sys.stderr)  # noqa: T201
        code = 1
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code or 0)


if __name__ == "__main__":
    for name in LATE:
        with suppress(ImportError):
            import_module(name)
    gc.freeze()  # else each copy walks through, and so copies, everything that was imported
    next_command(socket.socket(fileno=int(sys.argv[1])))
    try:
        main()
    except SystemExit as leaving:
        _leave(leaving.code)
    _leave(0)
