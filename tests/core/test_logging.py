"""Secrets are taken out of log lines by their form and by their name."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from hypothesis import example, given, settings
from hypothesis import strategies as st
from structlog.stdlib import ProcessorFormatter

from ivgraph_auth.core.logging import _format, configure_logging, redact

PLENTY = settings(derandomize=True, deadline=None, max_examples=60)
WORD = st.text(st.characters(codec="ascii", categories=["Lu", "Ll", "Nd"]), min_size=16, max_size=40)
# Text without letters, so that it cannot hold what is looked for.
AROUND = st.text(st.sampled_from(" \t,;'\"()[]{}<>/=&?:.!-"), max_size=6)
SHAPES = [
    "ivg_{}",
    "ntn_{}",
    "nrt_{}",
    "secret_{}",
    "eyJ{}.{}.{}",
    "Bearer {}",
    "bearer {}",
    "Basic {}",
    "Authorization: Bearer {}",
    "postgresql://somebody:{}@host/name",
    "https://user:{}@proxy.example:3128/",
    "https://host/callback?code={}&state={}",
    "https://host/callback?x=1&state={}",
    "https://host/#access={}&refresh={}&token_type=Bearer",
    "client_secret={}",
    "code_verifier={}",
    "password={} host=x",
]
NAMES = [
    "token", "access_token", "refresh_token", "access", "refresh", "code", "state", "client_secret", "secret_key",
    "SECRET", "password", "authorization", "Authorization", "cookie", "set-cookie",
]  # fmt: skip


def cleaned(**event: Any) -> str:
    return json.dumps(redact(None, "info", dict(event)), default=repr)


@PLENTY
@given(shape=st.sampled_from(SHAPES), secret=WORD, before=AROUND, after=AROUND)
def test_a_secret_is_known_by_its_form_wherever_it_stands(shape: str, secret: str, before: str, after: str) -> None:
    text = f"{before.replace('://', '')} {shape.replace('{}', secret)} {after}"
    values: list[Any] = [text, [text], (text,), {"x": text}, {"x": [{"y": text}]}, text.encode(), ValueError(text)]
    for value in values:
        assert secret not in cleaned(event="x", value=value), value
    assert secret not in cleaned(event=text)


@PLENTY
@given(name=st.sampled_from(NAMES), secret=WORD)
def test_a_secret_is_known_by_its_name(name: str, secret: str) -> None:
    assert secret not in cleaned(**{name: secret})
    assert secret not in cleaned(headers={name: secret})
    assert secret not in cleaned(headers=[{name: [secret]}])


@PLENTY
@given(text=st.text(max_size=200))
@example("eyJ....")
@example("://:@" * 20)
@example("Bearer " * 20)
def test_any_text_can_be_logged(text: str) -> None:
    assert isinstance(redact(None, "info", {"event": text, "value": {text: [text, 1, None, True]}}), dict)


@pytest.mark.parametrize(
    "value",
    ["GET /api/tokens/7/", "notion.unavailable", "the code is used", "https://host/path?limit=5", 7, 1.5, None, True],
)
def test_what_is_no_secret_stays(value: Any) -> None:
    assert redact(None, "info", {"event": "x", "value": value})["value"] == value


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    (handler,) = (item for item in logging.getLogger().handlers if isinstance(item.formatter, ProcessorFormatter))
    assert isinstance(handler, logging.StreamHandler)
    stream = io.StringIO()
    before = handler.setStream(stream)
    yield stream
    handler.setStream(before)


SECRET = "ivg_" + "Zz9" * 10


def test_lines_of_other_libraries_are_cleaned_too(log: io.StringIO) -> None:
    logging.getLogger("somebody.else").warning("sent %s to %s", f"Bearer {SECRET}", {"token": SECRET})
    line = json.loads(log.getvalue())
    assert (line["level"], line["logger"]) == ("warning", "somebody.else")
    assert SECRET not in log.getvalue()


@pytest.mark.parametrize("logger", [logging.getLogger("somebody.else"), structlog.get_logger("ivgraph_auth.x")])
def test_tracebacks_are_cleaned_too(log: io.StringIO, logger: Any) -> None:
    def fail() -> None:
        raise ValueError(f"refused {SECRET}") from KeyError(SECRET)

    try:
        fail()
    except ValueError:
        logger.exception("failed")
    line = json.loads(log.getvalue())
    assert "Traceback" in line["exception"]
    assert "ValueError" in line["exception"]
    assert SECRET not in log.getvalue()


def test_a_line_cannot_be_forged(log: io.StringIO) -> None:
    structlog.get_logger("ivgraph_auth.x").info("one", value='a\n{"event": "two"}\r\x1b[31m')
    assert len(log.getvalue().splitlines()) == 1
    assert json.loads(log.getvalue())["event"] == "one"


@pytest.fixture
def _as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level, handler = root.handlers, root.level, _format.handler
    yield
    configure_logging("DEBUG", "json")
    # The requests' lines go to it too, past the root.
    root.handlers, root.level, _format.handler = handlers, level, handler


@pytest.mark.usefixtures("_as_before")
def test_the_console_is_cleaned_too(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("INFO", "console")
    structlog.get_logger("ivgraph_auth.x").info("arrived", text=f"Bearer {SECRET}", token=SECRET)
    written = capsys.readouterr().out
    assert "arrived" in written
    assert SECRET not in written


@pytest.mark.usefixtures("_as_before")
def test_the_level_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("WARNING", None)
    structlog.get_logger("ivgraph_auth.x").info("quiet")
    structlog.get_logger("ivgraph_auth.x").warning("loud")
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["event"] == "loud"
