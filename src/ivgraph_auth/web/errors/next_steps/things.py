"""What is not there, not the caller's own, or not in a state for that."""

from collections.abc import Callable, Iterator

from ivgraph_auth.core.errors import Conflict, ServiceError
from ivgraph_auth.core.principal import Scope
from ivgraph_auth.graph.errors import (
    NoVerificationToken,
    SyncRunning,
    UnknownNode,
    VerificationTokenShown,
)
from ivgraph_auth.tokens.errors import TokenLimitReached
from ivgraph_auth.web.errors.next_steps.models import NextStep
from ivgraph_auth.web.errors.next_steps.situation import Situation, agent, person


def look_up(path: str, words: str) -> Callable[[Situation, ServiceError], Iterator[NextStep]]:
    """A list that holds all that the caller may name there."""

    def steps(about: Situation, _error: ServiceError) -> Iterator[NextStep]:
        yield agent(words, about.call("GET", path))

    return steps


def find_the_node(about: Situation, _error: UnknownNode) -> Iterator[NextStep]:
    if about.has(Scope.GRAPH_READ):
        yield agent("Take an id from the list of what is there.", about.call("GET", "/api/v1/graph/changes"))
    else:
        yield agent(
            "Take an id from GET /api/v1/graph/search, or look up what this credential may do.",
            about.call("GET", "/api/auth/validate/"),
        )
    yield person(
        "If the page is there, share it: connect the workspace again and choose the page.",
        about.dashboard("connections"),
    )


def revoke_one(about: Situation, _error: TokenLimitReached) -> Iterator[NextStep]:
    yield agent("Look up the active tokens. Ten is the most.", about.call("GET", "/api/tokens/"))
    yield person("Revoke a token that nobody needs any more.", about.dashboard("tokens"))


def follow_the_run(about: Situation, _error: SyncRunning) -> Iterator[NextStep]:
    yield agent("Follow the run that is under way, or stop it.", about.call("GET", "/api/notion-graph/sync/"))


def open_the_door(about: Situation, _error: NoVerificationToken | VerificationTokenShown) -> Iterator[NextStep]:
    yield person(
        "Open the door again, and within ten minutes let Notion send a verification token.",
        about.dashboard("webhooks"),
    )


def look_at_what_is_stored(about: Situation, _error: Conflict) -> Iterator[NextStep]:
    yield about.look_up_form("Read what is stored now, and ask for what fits it. OpenAPI lists the calls.")


def go_back_to_the_app(_about: Situation, _error: ServiceError) -> Iterator[NextStep]:
    yield person("Go back to the app, and start there again.")


def look_at_the_device(about: Situation, _error: ServiceError) -> Iterator[NextStep]:
    yield person("Look at the device for its code, and enter that here.", f"{about.settings.public_url}/device")


def keep_the_app(about: Situation, _error: ServiceError) -> Iterator[NextStep]:
    yield person("Choose another app: this one is part of the service.", about.dashboard("apps"))


def remove_a_uri(about: Situation, _error: ServiceError) -> Iterator[NextStep]:
    yield person("Remove a redirect URI of the app that is not used any more.", about.dashboard("apps"))
