from tests.sessions.conftest import service

__all__ = ["service"]
