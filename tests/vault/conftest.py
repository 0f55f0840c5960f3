from tests.keys.conftest import log
from tests.sessions.conftest import service

__all__ = ["log", "service"]
