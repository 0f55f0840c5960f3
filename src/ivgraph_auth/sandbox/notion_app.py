"""Notion's API as one ASGI application: which call goes where, in the order in which Notion checks."""

from collections.abc import Callable

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ivgraph_auth.core.secrets import random_uuid
from ivgraph_auth.sandbox import authorize, oauth
from ivgraph_auth.sandbox.answers import REQUEST_ID_HEADER, rest_error, too_large
from ivgraph_auth.sandbox.fault_injection import play, status_of
from ivgraph_auth.sandbox.incoming import BadJsonError, BodyTooLargeError, Incoming, parse_json, read_body
from ivgraph_auth.sandbox.instance import Call, Sandbox
from ivgraph_auth.sandbox.multipart import BadFormError, Form, FormTooLargeError, read_form
from ivgraph_auth.sandbox.rest import bearer
from ivgraph_auth.sandbox.v1.routes import answered, route_of, takes_form

_Handler = Callable[[Sandbox, Incoming], Response]

ROUTES: dict[tuple[str, str], _Handler] = {
    ("GET", "/v1/oauth/authorize"): authorize.consent_page,
    ("POST", "/v1/oauth/authorize"): authorize.decide,
    ("POST", "/v1/oauth/token"): oauth.token,
    ("POST", "/v1/oauth/introspect"): oauth.introspect,
    ("POST", "/v1/oauth/revoke"): oauth.revoke,
}
_OK = 200
_GRANT_TYPES = ("authorization_code", "refresh_token")


class NotionApp:
    """URL and method first, then the size and the JSON of the body; the handlers go on with the credential. Every
    answer carries the request id in a header, those of the edge proxy excepted.
    """

    def __init__(self, instance: Sandbox) -> None:
        self._instance = instance

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("type") != "http":
            await send({"type": "websocket.close", "code": 1000})
            return
        request = Request(scope, receive)
        full_path = scope.get("path", "")
        root = scope.get("root_path", "")
        path = _path(scope, root)
        fault = self._instance.faults.take(request.method, path)
        at = self._instance.clock.now().timestamp()
        try:
            call = await _taken_in(request, path, root, str(random_uuid()))
        except ClientDisconnect:
            return
        grant_type = call.grant_type if isinstance(call, Incoming) else None
        grant = self._grant(call)
        if fault is None or fault.kind == "success":
            answer = self._answer(call)
            if fault and answer.status_code == _OK:
                answer.status_code = status_of(fault) or _OK
            kind = fault.kind if fault else None
            self._instance.note(Call(request.method, full_path, answer.status_code, grant_type, kind, grant, at))
            await answer(scope, receive, send)
            return
        if fault.carry_out or fault.kind == "async_task":
            self._answer(call)
        self._instance.note(Call(request.method, full_path, status_of(fault), grant_type, fault.kind, grant, at))
        await play(self._instance, fault, scope, receive, send)

    def _answer(self, call: Incoming | Response) -> Response:
        if isinstance(call, Response):
            return call
        handler = ROUTES.get((call.method, call.path))
        answer = self._rest(call) if handler is None else handler(self._instance, call)
        answer.headers[REQUEST_ID_HEADER] = call.request_id
        return answer

    def _rest(self, call: Incoming) -> Response:
        found = route_of(call.method, call.path)
        if found is None:
            return rest_error(400, "invalid_request_url", "Invalid request URL.", call.request_id)
        return answered(self._instance, call, *found)

    def _grant(self, call: Incoming | Response) -> str | None:
        token = bearer(call) if isinstance(call, Incoming) else None
        grant = None if token is None else self._instance.state.by_access_token(token)
        return None if grant is None else f"{grant.person.key}@{grant.workspace.key}"


def _path(scope: Scope, root: str) -> str:
    """As it was sent: the id of a property may hold an encoded slash."""
    raw = scope.get("raw_path")
    path: str = scope.get("path", "") if raw is None else raw.decode("ascii", "replace").partition("?")[0]
    return path.removeprefix(root).removesuffix("/")


async def _taken_in(request: Request, path: str, root: str, request_id: str) -> Incoming | Response:
    """The call, or the refusal of what stands before any handler."""
    if (request.method, path) not in ROUTES and route_of(request.method, path) is None:
        refusal = rest_error(400, "invalid_request_url", "Invalid request URL.", request_id)
    elif takes_form(request.method, path):
        return await _form_taken_in(request, path, root, request_id)
    else:
        try:
            body = await read_body(request)
            parsed = parse_json(request.headers, body)
        except BodyTooLargeError:
            refusal = too_large()
        except BadJsonError:
            refusal = rest_error(400, "invalid_json", "Error parsing JSON body.", request_id)
        else:
            query = request.url.query
            return Incoming(request.method, path, root, query, request.headers, body, parsed, request_id)
    refusal.headers[REQUEST_ID_HEADER] = request_id
    return refusal


async def _form_taken_in(request: Request, path: str, root: str, request_id: str) -> Incoming | Response:
    """What stands in the form is looked at after the credential; only its size before."""
    try:
        form = await read_form(request.headers.get("content-type", ""), request.stream())
    except FormTooLargeError:
        return too_large()
    except BadFormError:
        form = Form()
    return Incoming(request.method, path, root, request.url.query, request.headers, b"", {}, request_id, form)
