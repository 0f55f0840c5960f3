"""Calls to Notion: what they take, when they may be tried again, and what Notion itself refuses."""

from collections.abc import Callable, Iterator, Mapping

from ivgraph_auth.agents.errors import InvalidArguments, UnknownAgentTool
from ivgraph_auth.connect.errors import NotionAsksToWait, NotionOutOfReach
from ivgraph_auth.core.errors import ServiceError
from ivgraph_auth.core.principal import Scope
from ivgraph_auth.core.secrets import random_hex
from ivgraph_auth.gateway.errors import (
    AuthorizationRenewed,
    BodyCutShort,
    CallInProgress,
    InvalidParameters,
    KeyReused,
    NotionSaidNo,
    NotOnTheList,
    OutcomeUnknown,
    RateLimited,
    UnknownTool,
    UpstreamFailed,
    UpstreamTimedOut,
    WriteUncertain,
)
from ivgraph_auth.gateway.rate_limiter import BURST, PER_SECOND
from ivgraph_auth.keys.errors import CredentialUnavailable
from ivgraph_auth.web.errors.next_steps.models import Call, NextStep
from ivgraph_auth.web.errors.next_steps.situation import INVOKE, TENANT_HEADER, Situation, agent, person, wait
from ivgraph_auth.web.policy import ErrorForm

_KEY_HEADER = "Idempotency-Key"


def list_tools(about: Situation, _error: UnknownTool) -> Iterator[NextStep]:
    yield about.look_up_tools("Take the name of a tool from the list.")


def mend_parameters(about: Situation, _error: InvalidParameters) -> Iterator[NextStep]:
    yield about.look_up_tools("Mend the places that errors names, and send it again. The list of tools has the form.")


def send_it_whole(_about: Situation, _error: BodyCutShort) -> Iterator[NextStep]:
    yield agent("Send it again, whole and without a pause: nothing was done at Notion.")


def send_it_again(_about: Situation, error: AuthorizationRenewed) -> Iterator[NextStep]:
    yield agent(f"{wait(error.retry_after)}, then send the same file again: nothing was uploaded.")


def list_agent_tools(_about: Situation, _error: UnknownAgentTool) -> Iterator[NextStep]:
    yield agent("Take the name of a tool from tools/list.")


def mend_arguments(_about: Situation, _error: InvalidArguments) -> Iterator[NextStep]:
    yield agent("Mend the places that errors names, and call again. tools/list has the form.")


def keep_to_the_list(about: Situation, _error: NotOnTheList) -> Iterator[NextStep]:
    yield about.look_up_form("Use a call that is passed on: OpenAPI lists each under /notion/v1/.")
    yield person("To have this call too, ask whoever runs this service.")


def wait_for_a_place(about: Situation, error: RateLimited) -> Iterator[NextStep]:
    yield agent(
        f"{wait(error.retry_after)}, then send the call again. A connection may make {BURST} calls at once and "
        f"{PER_SECOND} a second after that, shared by everybody who uses it.",
        about.again(),
    )


def wait_for_notion(about: Situation, error: NotionAsksToWait) -> Iterator[NextStep]:
    yield agent(f"{wait(error.retry_after)}, then send the call again: Notion asked for it.", about.again())


def try_later(about: Situation, error: UpstreamFailed | NotionOutOfReach) -> Iterator[NextStep]:
    yield agent(f"{wait(error.retry_after)}, then send the call again.", about.again())
    yield person("If it goes on for long, look at Notion's own status page.")


def look_first(about: Situation, _error: WriteUncertain | UpstreamTimedOut | OutcomeUnknown) -> Iterator[NextStep]:
    yield agent(
        "A reading call may be sent again. After a writing one look in Notion first whether it was carried out; if "
        f"not, send it with a new {_KEY_HEADER}.",
        _read_first(about),
    )


def take_a_new_key(about: Situation, _error: KeyReused) -> Iterator[NextStep]:
    key = f"key-{random_hex(24)}"
    yield agent(f"Send it with a new {_KEY_HEADER}, such as {key}.", about.again(headers={_KEY_HEADER: key}))


def wait_for_the_first(about: Situation, error: CallInProgress) -> Iterator[NextStep]:
    yield agent(f"{wait(error.retry_after)}, then send it again with the same {_KEY_HEADER}.", about.again())


def have_the_keys_looked_at(about: Situation, error: CredentialUnavailable) -> Iterator[NextStep]:
    yield agent(f"{wait(error.retry_after)}, then send the call again.", about.again())
    yield person("If it goes on, whoever runs this service runs `ivgraph-auth doctor`, which says what is wrong.")


def as_notion_says(about: Situation, error: NotionSaidNo) -> Iterator[NextStep]:
    yield from _OF_NOTION.get(error.code, _mend_the_call)(about, error)


def _find_what_is_shared(about: Situation, _error: ServiceError) -> Iterator[NextStep]:
    yield agent("Search for what is shared with this connection, and take an id from there.", _read_first(about))
    yield person(
        "If the page is there, share it: connect the workspace again and choose the page.",
        about.dashboard("connections"),
    )


def _mend_the_call(about: Situation, _error: ServiceError) -> Iterator[NextStep]:
    yield about.look_up_tools("Change the call as Notion's message says. The list of tools has the form.")


def _try_again(about: Situation, _error: ServiceError) -> Iterator[NextStep]:
    yield agent("Read what is there now, then send the call again.", about.again())


def _ask_for_more(about: Situation, _error: ServiceError) -> Iterator[NextStep]:
    yield agent("Search for what this connection may read.", _read_first(about))
    yield person(
        "Connect the workspace again and choose the page; what the integration may do at all is set at Notion.",
        about.dashboard("connections"),
    )


_OF_NOTION: Mapping[str, Callable[[Situation, ServiceError], Iterator[NextStep]]] = {
    "object_not_found": _find_what_is_shared,
    "restricted_resource": _ask_for_more,
    "conflict_error": _try_again,
}


def _read_first(about: Situation) -> Call | None:
    """A search in the tenant that was meant, which needs no parameters."""
    tenant = about.asked.tenant_id
    if tenant is None or not about.has(Scope.NOTION_READ):
        return None
    if about.door is ErrorForm.NOTION:
        return about.call("POST", "/notion/v1/search", headers={TENANT_HEADER: tenant})
    return about.call("POST", INVOKE, body={"toolId": "notion_search", "tenantId": tenant, "parameters": {}})
