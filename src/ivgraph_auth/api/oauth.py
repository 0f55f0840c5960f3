"""Sign in with Notion: the browser goes out, and comes back."""

from dataclasses import replace
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Query
from pydantic import AfterValidator
from starlette.responses import JSONResponse, RedirectResponse, Response

from ivgraph_auth.api.dependencies import Browser, CallingClient, Context, InjectedServices
from ivgraph_auth.api.resolvers import CanSeeConnections
from ivgraph_auth.api.schemas import serializers
from ivgraph_auth.api.schemas.models import NotionStatus, StartOut
from ivgraph_auth.api.schemas.responses import problems
from ivgraph_auth.connect.models import Callback, Flow, StateRequest
from ivgraph_auth.core.config import Settings
from ivgraph_auth.core.urls import LOCAL_PATH, host_name, is_local_path, with_fragment
from ivgraph_auth.signin.models import OWN_PAGES, Refused, SignedIn
from ivgraph_auth.web.context import RequestContext
from ivgraph_auth.web.cookies import remember_browser, remember_session
from ivgraph_auth.web.policy import API, ErrorForm, RateLimit
from ivgraph_auth.web.routing import Router

router = Router(tags=["Sign in with Notion"])

START_PATH = "/api/integrations/auth/notion/"
# A browser opens both, in a popup too.
_START = replace(API, errors=ErrorForm.PAGE, rate_limit=RateLimit.START, popup=True)
_CALLBACK = replace(API, errors=ErrorForm.PAGE, rate_limit=RateLimit.FAILURE, popup=True, safe_get=False)
_HTML = {"text/html": {"schema": {"type": "string"}}}


def _check_local(path: str) -> str:
    if not is_local_path(path):
        raise ValueError("must be a path of this service, such as /reports")
    return path


Next = Annotated[
    str | None,
    AfterValidator(lambda path: path and _check_local(path)),
    Query(
        max_length=2000,
        description="A path of this service; comes back in the fragment, unless it is where the browser goes",
        json_schema_extra={"pattern": f"^({LOCAL_PATH})?$"},
    ),
]
ClientState = Annotated[str | None, Query(pattern=r"^[A-Za-z0-9._~-]{1,128}$")]
CodeChallenge = Annotated[str | None, Query(pattern=r"^[A-Za-z0-9_-]{43}$", description="S256 (RFC 7636 §4.2)")]


@router.get(
    START_PATH,
    policy=_START,
    response_class=RedirectResponse,
    status_code=302,
    responses={
        302: {"description": "To Notion's consent screen."},
        200: {"description": "With `Accept: application/json`.", "model": StartOut},
        **problems(422, 429),
    },
)
async def start_sign_in(
    context: Context,
    browser: Browser,
    services: InjectedServices,
    next: Next = None,  # noqa: A002 -- the parameter's name in the contract
    client_state: ClientState = None,
    code_challenge: CodeChallenge = None,
) -> Response:
    """Sends the browser to Notion. `client_state` comes back as `state`: take tokens only when it is what you sent."""
    elsewhere = _public_twin(context, services.settings)
    if elsewhere:
        return RedirectResponse(elsewhere, 302)
    start = await services.signin.begin(
        StateRequest(Flow.SIGN_IN, browser, _strip_public_path(next, services.settings), client_state, code_challenge)
    )
    response: Response = RedirectResponse(start.authorization_url, 302)
    if _wants_json(context):
        response = JSONResponse(
            StartOut(
                authorizationUrl=start.authorization_url, state=start.state.reveal(), expiresIn=start.expires_in
            ).model_dump()
        )
    remember_browser(response, services.settings, browser)
    return response


@router.get(
    "/api/integrations/auth/notion/callback",
    policy=_CALLBACK,
    response_class=RedirectResponse,
    status_code=302,
    responses={
        302: {"description": "To the dashboard, with tokens or an error in the fragment."},
        **problems(403, 422, 429),
    },
)
async def finish_sign_in(
    browser: Browser,
    services: InjectedServices,
    caller: CallingClient,
    state: str = "",
    code: str | None = None,
    error: str | None = None,
) -> Response:
    """Where Notion sends the browser back to."""
    outcome = await services.signin.finish(Callback(state, browser, code, error), caller)
    if isinstance(outcome, Refused):
        return RedirectResponse(_refusal_url(outcome, services.settings), 302)
    response = RedirectResponse(_arrival_url(outcome, services.settings), 302)
    remember_session(response, services.settings, outcome.browser_token, outcome.session_ends_in)
    return response


@router.get("/api/integrations/auth/notion/status", responses=problems(401, 403))
async def notion_status(principal: CanSeeConnections, services: InjectedServices) -> NotionStatus:
    """Whether sign-in is set up, and which Notion workspaces you have connected."""
    connections = await services.connections.list_of_account(principal.account_id)
    return NotionStatus(
        configured=services.signin.configured,
        connected=any(item.status == "active" for item in connections),
        connections=[serializers.connection(services, principal, item) for item in connections],
    )


def _strip_public_path(path: str | None, settings: Settings) -> str | None:
    """Pages of this service may be named with the public URL's path or without; others are not ours to change."""
    # By its text: this is where a browser goes later, and no request for which a route's policy is looked up. It must
    # hold for pages too that only a later version has.
    inside = path.removeprefix(settings.public_path) if path else None
    return inside if inside and inside.startswith(OWN_PAGES) else path


def _public_twin(context: RequestContext, settings: Settings) -> str | None:
    """The same address under the public URL, when the browser came by another host name: its cookie would be lost."""
    public = settings.public_url
    if host_name(context.text_header(b"host")) == urlsplit(public).hostname:
        return None
    query = context.query.decode("latin-1")
    return f"{public}{START_PATH}" + (f"?{query}" if query else "")


def _wants_json(context: RequestContext) -> bool:
    accept = context.text_header(b"accept")
    return "application/json" in accept and "text/html" not in accept


def _refusal_url(refused: Refused, settings: Settings) -> str:
    state = {"state": refused.client_state} if refused.client_state else {}
    return with_fragment(settings.dashboard_url, error=refused.error, **state)


def _arrival_url(signed_in: SignedIn, settings: Settings) -> str:
    extra = {"state": signed_in.client_state, "next": signed_in.next_path}
    given = {name: value for name, value in extra.items() if value}
    if signed_in.code is not None:
        return with_fragment(settings.dashboard_url, code=signed_in.code.reveal(), **given)
    if signed_in.pair is None or signed_in.pair.refresh is None:
        # A page of this service: it goes by the browser's cookie, and no token is handed over.
        return settings.public_url + (signed_in.next_path or "/")
    return with_fragment(
        settings.dashboard_url,
        access=signed_in.pair.access.reveal(),
        refresh=signed_in.pair.refresh.reveal(),
        token_type="Bearer",  # noqa: S106 -- RFC 6750
        expires_in=str(signed_in.pair.expires_in),
        **given,
    )
