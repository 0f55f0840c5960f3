import io
import logging
from collections.abc import Iterator

import pytest
from structlog.stdlib import ProcessorFormatter

from tests.sessions.conftest import service

__all__ = ["service"]


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    (handler,) = (item for item in logging.getLogger().handlers if isinstance(item.formatter, ProcessorFormatter))
    assert isinstance(handler, logging.StreamHandler)
    stream = io.StringIO()
    before = handler.setStream(stream)
    yield stream
    handler.setStream(before)
