"""How long a revocation takes while two processes hold their leases: it is answered when both have confirmed."""

import http.client
import statistics
import time
from typing import NamedTuple

from fixtures import ME, Doomed


class Taken(NamedTuple):
    """Milliseconds."""

    times: int
    p50: float
    p99: float


def revoke_all(port: int, other_port: int, doomed: list[Doomed]) -> Taken:
    """One after the other, each known to both processes before, and refused by the other one after."""
    here, there = (http.client.HTTPConnection("127.0.0.1", each, timeout=10) for each in (port, other_port))
    taken = []
    for access, token in doomed:
        for process in (here, there):
            _expect(process, "GET", ME, token.text, 200)
        began = time.perf_counter()
        _expect(here, "DELETE", f"/api/tokens/{token.id}/", access, 204)
        taken.append((time.perf_counter() - began) * 1000)
        _expect(there, "GET", ME, token.text, 401)
    return Taken(len(taken), statistics.median(taken), statistics.quantiles(taken, n=100, method="inclusive")[98])


def _expect(connection: http.client.HTTPConnection, method: str, path: str, bearer: str, status: int) -> None:
    connection.request(method, path, headers={"Authorization": f"Bearer {bearer}"})
    response = connection.getresponse()
    body = response.read()
    if response.status != status:
        raise SystemExit(f"{method} {path}: {response.status} instead of {status}: {body[:300]!r}")
