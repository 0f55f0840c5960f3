"""Structured logs on standard output, with secrets taken out wherever they come from."""

import asyncio
import json
import logging
import re
import sys
import traceback
from collections.abc import MutableMapping
from contextvars import ContextVar
from functools import lru_cache
from typing import Any, Literal

import structlog

from ivgraph_auth.core.clock import SystemClock

# Every secret that is known by its form: our tokens and links, JWTs, Notion's tokens, credentials in a header or URL.
_SECRETS = re.compile(
    r"ivg_(?:session|browser)=[^;\s'\"]+"
    r"|ivg_[A-Za-z0-9]{8,}"
    r"|(?<=/oauth/connect/)[^/\s'\"]+"
    r"|eyJ[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]*\.?[A-Za-z0-9_-]*"
    r"|\b(?:ntn|nrt|secret)_[A-Za-z0-9]{4,}"
    r"|(?i:\b(?:bearer|basic)\s+)[^\s'\",]+"
    r"|(?<=://)[^/\s:@]*:[^/\s@]+(?=@)"
    r"|(?i:\b(?:code|state|token|access|refresh|client_secret|code_verifier|password)=)[^&\s'\"]+"
)
_SECRET_KEYS = re.compile(r"(?i)secret|verifier|token$|password|authorization|cookie|^code$|^state$|^access$|^refresh$")
_QUIET = ("httpx", "httpcore", "asyncio", "hpack", "sqlalchemy", "uvicorn.access", "mcp", "sse_starlette")
# Their errors quote what was asked and answered.
_QUOTING = ("mcp.",)


class _Format:
    """What `configure_logging` chose."""

    console = True
    handler = logging.StreamHandler(sys.stdout)
    flush_is_due = False


_format = _Format()
_access = logging.getLogger("ivgraph_auth.access")
_request_id: ContextVar[str | None] = ContextVar("request_id", default=None)

EventDict = MutableMapping[str, Any]


def begin_request(request_id: str | None) -> None:
    """Every line logged from here on in this task carries the request's id; a server has a task for each request."""
    _request_id.set(request_id)


def log_request(
    method: str, path: str, status: int, milliseconds: float, address: str | None, request_id: str | None
) -> None:
    """One line for a request. As JSON it is written past the processors: with them, it would cost more than the
    request itself.
    """
    if not _access.isEnabledFor(logging.INFO):
        return
    path = _mask_path(path)
    if _format.console:
        fields = {"method": method, "path": path, "status": status, "ms": milliseconds}
        structlog.get_logger(_access.name).info("request", **fields, address=address)
        return
    moment = SystemClock().now().isoformat()[:-6]
    _format.handler.stream.write(
        f'{{"event": "request", "level": "info", "logger": "ivgraph_auth.access", "timestamp": "{moment}Z", '
        f'"request_id": {_quote(request_id)}, "address": {_quote(address)}, "method": {_quote(method)}, '
        f'"path": {_quote(path)}, "status": {status}, "ms": {milliseconds}}}\n'
    )
    _flush_soon()


def _quote(text: str | None) -> str:
    return "null" if text is None else json.encoder.encode_basestring_ascii(text)


@lru_cache(maxsize=1000)
def _mask_path(path: str) -> str:
    return _SECRETS.sub("***", path)


def _flush_soon() -> None:
    """Once for all lines of one turn of the event loop: to write is most of what a line costs."""
    if _format.flush_is_due:
        return
    try:
        asyncio.get_running_loop().call_soon(_flush)
    except RuntimeError:
        # A command, or a thread beside the event loop.
        _flush()
    else:
        _format.flush_is_due = True


def _flush() -> None:
    _format.flush_is_due = False
    _format.handler.stream.flush()


class _StreamLogger:
    """Writes what the processors have made of an event. The standard library's records, in which the lines of libraries
    come, cost as much as a short request.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def debug(self, line: str) -> None:
        _format.handler.stream.write(f"{line}\n")
        _flush_soon()

    info = warning = error = critical = debug


def _add_request_id(_logger: Any, _method: str, event: EventDict) -> EventDict:  # noqa: ANN401 -- structlog's own
    request_id = _request_id.get()
    if request_id is not None:
        event["request_id"] = request_id
    return event


class _WithoutQuotes(logging.Filter):
    """Of an error of `_QUOTING` the kind and the place are logged, and not what it says."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info and record.name.startswith(_QUOTING):
            kind, _, place = record.exc_info
            name = kind.__name__ if kind else ""
            record.msg = f"{record.getMessage()} ({name})\n{''.join(traceback.format_tb(place))}"
            record.args, record.exc_info, record.exc_text = (), None, None
        return True


def configure_logging(level: str, fmt: Literal["json", "console"] | None) -> None:
    """Routes structlog and the standard library's logging through one redacting renderer."""
    said: list[structlog.typing.Processor] = [
        _add_request_id,
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        redact,
    ]
    # What is added here holds no secret, and needs no cleaning.
    added: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    _format.console = fmt == "console" or (fmt is None and sys.stdout.isatty())
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer() if _format.console else structlog.processors.JSONRenderer(_to_json)
    )
    structlog.configure(
        processors=[*said, *added, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=_StreamLogger,
        cache_logger_on_first_use=False,
    )
    handler = _format.handler = logging.StreamHandler(sys.stdout)
    handler.addFilter(_WithoutQuotes())
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            # `redact` makes text of the record, which names the logger.
            foreign_pre_chain=[structlog.stdlib.PositionalArgumentsFormatter(), *added, *said],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    # What these say at DEBUG and INFO is headers and URLs, that is, secrets.
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


# One for all: to make an encoder takes longer than to encode a line.
_encoder = json.JSONEncoder(default=repr)


def _to_json(event: EventDict, **_: object) -> str:
    return _encoder.encode(event)


@lru_cache(maxsize=1000)
def _names_secret(key: str) -> bool:
    return _SECRET_KEYS.search(key) is not None


def redact(_logger: Any, _method: str, event: EventDict) -> EventDict:  # noqa: ANN401 -- structlog's own signature
    for key, value in event.items():
        event[key] = "***" if _names_secret(key) else _clean(value)
    return event


def _clean(value: Any) -> Any:  # noqa: ANN401 -- a log value is anything
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, dict):
        return {key: "***" if _names_secret(str(key)) else _clean(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_clean(item) for item in value]
    return _SECRETS.sub("***", str(value))
