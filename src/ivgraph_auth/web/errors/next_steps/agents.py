"""Refusals of the tools behind `/mcp`, in their own words."""

from collections.abc import Iterator

from ivgraph_auth.agents.errors import (
    NoConnection,
    NotInGraph,
    NotLoaded,
    PartlyDone,
    QueryRefused,
    UnclearWorkspace,
    UnknownObject,
    UnknownWorkspaceName,
)
from ivgraph_auth.web.errors.next_steps.models import NextStep
from ivgraph_auth.web.errors.next_steps.situation import Situation, agent, person, plain_name

_MOST_CHOICES = 10


def connect_a_workspace(about: Situation, _error: NoConnection) -> Iterator[NextStep]:
    yield about.look_up_credential()
    yield person("Connect a workspace, or make a token that covers one.", about.dashboard("connections"))


def name_the_workspace(about: Situation, error: UnclearWorkspace | UnknownWorkspaceName) -> Iterator[NextStep]:
    """A step each, and none that chooses for the caller."""
    values = error.workspaces
    for value in values[:_MOST_CHOICES]:
        yield agent(f"Call again with workspace set to: {plain_name(value)}.")
    if len(values) > _MOST_CHOICES:
        yield agent(f"There are {len(values) - _MOST_CHOICES} more: whoami lists them.")
    yield person("Connect another workspace where none of these is meant.", about.dashboard("connections"))


def find_the_object(about: Situation, _error: UnknownObject) -> Iterator[NextStep]:
    yield agent("Find the id by search, which lists what is within reach.")
    yield person(
        "If it is there, share it: connect the workspace again and choose the page.", about.dashboard("connections")
    )


def ask_notion_itself(about: Situation, error: NotInGraph) -> Iterator[NextStep]:
    yield agent("Call fetch with the id: it asks Notion itself. whoami tells how fresh the graph is.")
    yield from find_the_object(about, error)


def mend_the_query(_about: Situation, _error: QueryRefused) -> Iterator[NextStep]:
    yield agent("Mend filter and sorts by the properties that the message lists, and call again.")


def send_the_rest(_about: Situation, _error: PartlyDone) -> Iterator[NextStep]:
    yield agent("Mend what the message names, and send that part alone, under another idempotency_key.")


def take_another_url(_about: Situation, _error: NotLoaded) -> Iterator[NextStep]:
    yield agent("Give a public https URL that ends with the file itself, or send the file in base64 as data.")
