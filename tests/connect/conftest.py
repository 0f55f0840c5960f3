from tests.signin.conftest import log_lines

__all__ = ["log_lines"]
