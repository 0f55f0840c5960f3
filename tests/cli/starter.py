"""Starts `ivgraph-auth` again and again. Importing is most of a start, so it is done once, and this process forks.

An order comes as one packet, with three descriptors: standard output, standard error, and where to tell the process id
and, in the end, the exit code. What is to be run as on the day it is installed gets a fresh interpreter instead.
"""

import gc
import json
import os
import socket
import sys
from contextlib import suppress
from typing import Any

from ivgraph_auth.cli.main import main


def next_command(channel: socket.socket) -> None:
    """Returns only in a process that is to become the command."""
    while True:
        message, descriptors, _, _ = socket.recv_fds(channel, 65536, 3)
        if not message:
            os._exit(0)
        if os.fork() == 0:
            channel.close()
            _keep(json.loads(message), *descriptors)
            return
        for descriptor in descriptors:
            os.close(descriptor)
        with suppress(ChildProcessError):
            os.waitpid(-1, os.WNOHANG)


def _keep(order: Any, out: int, err: int, status: int) -> None:
    """Parent of the command; returns in the command alone."""
    pid = os.fork()
    if pid == 0:
        os.close(status)
        _become(order, out, err)
        return
    os.close(out)
    os.close(err)
    os.write(status, f"{pid}\n".encode())
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    os.write(status, f"{code}\n".encode())
    os._exit(0)


def _become(order: Any, out: int, err: int) -> None:
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDONLY)
    for descriptor, number in ((nothing, 0), (out, 1), (err, 2)):
        os.dup2(descriptor, number)
        os.close(descriptor)
    sys.stdout = os.fdopen(1, "w", closefd=False)  # the one there took descriptor 1 for what it was before
    os.environ.clear()
    os.environ.update(order["environment"])
    os.chdir(order["directory"])
    if order["fresh"]:
        code = "from ivgraph_auth.cli.main import main; main()"
        os.execv(sys.executable, [sys.executable, "-c", code, *order["arguments"]])  # noqa: S606  # no shell is wanted
    sys.argv = ["ivgraph-auth", *order["arguments"]]


if __name__ == "__main__":
    gc.freeze()  # else each copy walks through, and so copies, everything that was imported
    next_command(socket.socket(fileno=int(sys.argv[1])))
    main()
