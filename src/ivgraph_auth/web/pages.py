"""Pages for people: templates with autoescape, no inline script or style."""

from collections.abc import Mapping
from typing import Any

from jinja2 import Environment, PackageLoader
from starlette.responses import HTMLResponse

from ivgraph_auth.web.context import RequestContext

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

_templates = Environment(loader=PackageLoader("ivgraph_auth.web"), autoescape=True)


def render_page(
    context: RequestContext,
    template: str,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    form_target: str = "",
    **values: Any,  # noqa: ANN401 -- what the template shows
) -> HTMLResponse:
    """`form_target`: an origin that a form leads on to by a redirect, for browsers hold that against the policy too."""
    text = _templates.get_template(template).render(values, public_path=context.services.settings.public_path)
    policy = PAGE_POLICY.replace("form-action 'self'", f"form-action 'self' {form_target}".rstrip())
    return HTMLResponse(text, status, {"Content-Security-Policy": policy, **(headers or {})})
