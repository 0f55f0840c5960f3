import io
import json
import logging
from collections.abc import Callable, Iterator

import pytest
import structlog

from tests.support.service import Json


@pytest.fixture
def log_lines() -> Iterator[Callable[[], list[Json]]]:
    """What the service logs during the test, rendered as the operator gets it."""
    written = io.StringIO()
    formatter = structlog.stdlib.ProcessorFormatter
    (handler,) = (each for each in logging.getLogger().handlers if isinstance(each.formatter, formatter))
    assert isinstance(handler, logging.StreamHandler)
    before = handler.setStream(written)
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    handler.setStream(before)
