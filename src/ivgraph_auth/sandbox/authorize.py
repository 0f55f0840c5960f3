"""The consent page, and what is decided there."""

from urllib.parse import urlencode

from starlette.responses import RedirectResponse, Response

from ivgraph_auth.sandbox.answers import oauth_error
from ivgraph_auth.sandbox.config import CAPABILITIES
from ivgraph_auth.sandbox.consent import Ask, AskRefusedError, Choice, Fields
from ivgraph_auth.sandbox.incoming import Incoming
from ivgraph_auth.sandbox.instance import Sandbox
from ivgraph_auth.sandbox.pages import html_answer

_FORM = "application/x-www-form-urlencoded"
_FORM_LIMIT = 64 * 1024


def consent_page(instance: Sandbox, call: Incoming) -> Response:
    """GET /v1/oauth/authorize. `person` and `workspace` beside Notion's own members choose what the page shows."""
    try:
        fields = Fields.parse("query", call.query)
        ask = Ask.parse(fields, instance.config)
        choice = Choice.parse(fields, instance.state.world)
    except AskRefusedError as refusal:
        return _refused(refusal, call)
    here = f"{call.root}/v1/oauth/authorize"
    world = instance.state.world
    people = [(person, f"{here}?{urlencode({**ask.members, 'person': person.key})}") for person in world.people]
    places = [
        (place, f"{here}?{urlencode({**ask.members, 'person': choice.person.key, 'workspace': place.key})}")
        for place in world.workspaces_of(choice.person)
    ]
    return html_answer(
        "consent.html",
        form_targets=("'self'", ask.origin, "http://localhost:*", "http://127.0.0.1:*"),
        root=call.root,
        action=here,
        integration=instance.config.integration_name,
        capabilities=_abilities(instance.config.capabilities),
        carried=ask.members,
        choice=choice,
        people=people,
        places=places,
        target=ask.site,
    )


def decide(instance: Sandbox, call: Incoming) -> Response:
    """POST /v1/oauth/authorize, urlencoded: `client_id, redirect_uri, response_type, owner, state?` and `person?,
    workspace?, pages*, decision=allow|cancel`. Members missing from the form are taken from the URL's query.
    """
    try:
        fields = Fields.parse("body", call.query, _form(call))
        ask = Ask.parse(fields, instance.config)
        decision = fields.one("decision") or "allow"
        if decision == "cancel":
            return _redirect(ask.answered({"error": "access_denied"}))
        if decision != "allow":
            raise fields.refuse("decision", '`"allow"` or `"cancel"`', decision)
        choice = Choice.parse(fields, instance.state.world)
    except AskRefusedError as refusal:
        return _refused(refusal, call)
    code = instance.state.issue_code(choice.person, choice.workspace, choice.pages, ask.redirect_uri)
    return _redirect(ask.answered({"code": code}))


def _abilities(capabilities: tuple[str, ...]) -> list[str]:
    """Reading with addresses says what reading without them would."""
    implied = "read_user_without_email" if "read_user_with_email" in capabilities else None
    return [CAPABILITIES[name] for name in capabilities if name != implied]


def _form(call: Incoming) -> str:
    kind = call.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not call.body:
        return ""
    if kind != _FORM:
        raise AskRefusedError("body failed validation: body should be an urlencoded form.")
    if len(call.body) > _FORM_LIMIT:
        raise AskRefusedError("body failed validation: body should be shorter.")
    return call.body.decode("utf-8", "replace")


def _redirect(target: str) -> Response:
    return RedirectResponse(target, 302, {"cache-control": "no-store", "referrer-policy": "no-referrer"})


def _refused(refusal: AskRefusedError, call: Incoming) -> Response:
    return oauth_error("live", "invalid_request", call.request_id, description=str(refusal))
