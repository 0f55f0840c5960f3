"""Requests that are not well formed, too large, too many, or at the wrong address."""

from collections.abc import Iterator

from ivgraph_auth.core.errors import InvalidRequest, ServiceError, TooManyRequests, Unavailable, Unprocessable
from ivgraph_auth.core.paging import CursorNotValid
from ivgraph_auth.graph.errors import ContentChanged
from ivgraph_auth.graph.export_service import ExportCut
from ivgraph_auth.tokens.errors import ScopeNotAllowed
from ivgraph_auth.web.errors.http_errors import (
    ContentTooLarge,
    FormNotOurs,
    HttpsRequired,
    InvalidJson,
    MethodNotAllowed,
    OriginNotAllowed,
    ShuttingDown,
    UnsupportedMediaType,
)
from ivgraph_auth.web.errors.next_steps.models import NextStep
from ivgraph_auth.web.errors.next_steps.situation import Situation, agent, person, wait
from ivgraph_auth.web.open_streams import TooManyStreams

_JSON_HEADER = {"Content-Type": "application/json"}
_KIBIBYTE = 1024


def mend_the_request(about: Situation, _error: InvalidRequest) -> Iterator[NextStep]:
    yield about.look_up_form("Mend what the message names, and send it again. OpenAPI has the form of every call.")


def mend_the_values(about: Situation, _error: Unprocessable) -> Iterator[NextStep]:
    yield about.look_up_form(
        "Mend the places that errors names, and send it again. OpenAPI has the form of every call."
    )


def take_allowed_scopes(about: Situation, _error: ScopeNotAllowed) -> Iterator[NextStep]:
    principal = about.principal
    scopes = ", ".join(principal.snapshot.scopes) if principal else ""
    yield agent(f"Take scopes of these: {scopes}.", about.call("GET", "/api/auth/validate/"))


def send_json(about: Situation, _error: InvalidJson | UnsupportedMediaType) -> Iterator[NextStep]:
    yield agent(
        "Send a JSON object (RFC 8259), in UTF-8, with the header Content-Type: application/json.",
        about.again(headers=_JSON_HEADER),
    )
    yield about.look_up_form("OpenAPI has the form of every call.")


def send_less(about: Situation, _error: ContentTooLarge) -> Iterator[NextStep]:
    policy = about.context.policy
    how = "a longer file in parts (mode multi_part)" if policy.streamed else "less at once, in several calls"
    kibibytes = policy.body_limit // _KIBIBYTE
    yield agent(f"Send at most {kibibytes} KiB ({policy.body_limit} bytes) in a body here: {how}.")


def look_for_the_path(about: Situation, _error: ServiceError) -> Iterator[NextStep]:
    yield about.look_up_form("Compare with OpenAPI, which lists every path and its methods.")


def take_another_method(about: Situation, _error: MethodNotAllowed) -> Iterator[NextStep]:
    methods = ", ".join(sorted(about.asked.methods))
    words = f"This path answers to {methods}. " if methods else ""
    yield about.look_up_form(f"{words}Compare with OpenAPI, which lists every path and its methods.")


def take_https(about: Situation, _error: HttpsRequired) -> Iterator[NextStep]:
    yield agent(f"Send it to {about.settings.public_url}.")


def allow_the_origin(_about: Situation, _error: OriginNotAllowed) -> Iterator[NextStep]:
    yield agent("Call from a program instead of a page: it sends no header Origin.")
    yield person("To let pages of this origin call, whoever runs this service adds it to ALLOWED_ORIGINS.")


def leave_the_cursor_out(_about: Situation, _error: CursorNotValid) -> Iterator[NextStep]:
    yield agent("Start again from the first page: send the same call without the cursor.")


def read_again(_about: Situation, _error: ContentChanged | ExportCut) -> Iterator[NextStep]:
    yield agent("Read it again from the beginning: send the same call without the cursor.")


def slow_down(about: Situation, error: TooManyRequests) -> Iterator[NextStep]:
    per_minute = about.settings.rate_limit
    yield agent(
        f"{wait(error.retry_after)}, then send it again. An address may do this {per_minute} times a minute.",
        about.again(),
    )


def close_a_stream(about: Situation, error: TooManyStreams) -> Iterator[NextStep]:
    yield agent(
        f"Close an answer that is still being read. {wait(error.retry_after)}, then send it again.", about.again()
    )


def try_again(about: Situation, error: Unavailable) -> Iterator[NextStep]:
    yield agent(f"{wait(error.retry_after)}, then send it again.", about.again())
    yield person(
        "If it goes on, look at what the service says of its own health.", f"{about.settings.public_url}/health/ready"
    )


def look_whether_it_was_done(_about: Situation, error: ShuttingDown) -> Iterator[NextStep]:
    yield agent(
        f"{wait(error.retry_after)}. A reading call may be sent again then; after a writing one look first whether it "
        "was carried out."
    )


def report(about: Situation, _error: ServiceError) -> Iterator[NextStep]:
    request_id = about.context.client.request_id
    yield agent("Do not send it again as it is: it would fail again.")
    yield person(f"Tell whoever runs this service the request id {request_id}: it leads to the cause in the log.")


def allow_cookies(_about: Situation, _error: FormNotOurs) -> Iterator[NextStep]:
    yield person("Allow cookies for this site, and open the link again.")
