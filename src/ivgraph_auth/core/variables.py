"""The process's own environment as libraries would read it; beside `config.py` the only door to it.

What a library reads behind our back is read here first: it is obeyed on purpose, refused by name, or taken away.
"""

import os
from collections.abc import Iterable, Mapping

# Libraries read these, and nothing that this service promises hangs on them. uvicorn: WEB_CONCURRENCY (`--workers` says
# it), FORWARDED_ALLOW_IPS (IVGRAPH_TRUSTED_PROXIES does). OpenSSL: SSLKEYLOGFILE, with whose content anybody reads
# the credentials that pass. FastAPI: its own two. prometheus_client: a directory that `serve` chooses itself.
NOT_OURS = (
    "WEB_CONCURRENCY",
    "FORWARDED_ALLOW_IPS",
    "SSLKEYLOGFILE",
    "FASTAPI_ENV",
    "FASTAPI_OTEL_AUTO_CONFIGURE",
    "PROMETHEUS_MULTIPROC_DIR",
    "prometheus_multiproc_dir",
)


def variables() -> Mapping[str, str]:
    return os.environ


def forget(names: Iterable[str]) -> None:
    """For this process and those that it starts."""
    for name in names:
        os.environ.pop(name, None)
