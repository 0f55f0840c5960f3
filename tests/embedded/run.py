"""A run of the service, as far as its PostgreSQL goes: starts it, says so, and lives until its input ends."""

import json
import os
import sys
from pathlib import Path

from ivgraph_auth.embedded.binaries import SearchPlaces
from ivgraph_auth.embedded.server import EmbeddedPostgres


def main(directory: str, programs: str, uid: int, gid: int) -> None:
    if uid != os.geteuid():
        # Only now, when everything is imported: that user may be unable to reach the virtual environment.
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    places = SearchPlaces(package="absent_package", path=programs)
    with EmbeddedPostgres(Path(directory), durable=False, places=places) as server:
        server.ensure_database()
        print(json.dumps({"pid": server.pid, "socket": str(server.socket)}), flush=True)  # noqa: T201
        sys.stdin.read()


main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
