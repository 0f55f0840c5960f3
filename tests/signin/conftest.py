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
    root = logging.getLogger()
    rendering = [each.formatter for each in root.handlers]
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(next(each for each in rendering if isinstance(each, structlog.stdlib.ProcessorFormatter)))
    root.addHandler(handler)
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    root.removeHandler(handler)
