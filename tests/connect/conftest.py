from tests.sessions.conftest import service
from tests.signin.conftest import log_lines

__all__ = ["log_lines", "service"]
