"""The sandbox's few HTML pages: everything escaped, no script, no inline style."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import Response

_HERE = Path(__file__).parent
_TEMPLATES = Environment(
    loader=FileSystemLoader(_HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
STYLE = (_HERE / "static" / "sandbox.css").read_text("utf-8")


def html_answer(template: str, *, form_targets: tuple[str, ...] = ("'none'",), **values: object) -> Response:
    """Browsers hold the redirect that follows a form against `form-action`: its targets are to be named."""
    policy = (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'; "
        f"form-action {' '.join(form_targets)}"
    )
    headers = {
        "content-security-policy": policy,
        "cache-control": "no-store",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
    }
    return Response(_TEMPLATES.get_template(template).render(values), 200, headers, "text/html; charset=utf-8")


def style_answer() -> Response:
    return Response(
        STYLE, 200, {"cache-control": "no-cache", "x-content-type-options": "nosniff"}, "text/css; charset=utf-8"
    )
