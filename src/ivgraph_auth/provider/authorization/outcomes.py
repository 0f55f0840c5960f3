"""What becomes of a request to authorize, and what its person decides."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass

from ivgraph_auth.core.principal import Workspace
from ivgraph_auth.provider.authorization.request import AuthorizationRequest
from ivgraph_auth.provider.models import App


@dataclass(frozen=True, slots=True)
class NeedsSignIn:
    """The person is to sign in, and to come back to this request."""


@dataclass(frozen=True, slots=True)
class Question:
    """What the consent page asks. `held` are workspaces that the app has been let into before."""

    app: App
    request: AuthorizationRequest
    scopes: tuple[str, ...]
    workspaces: tuple[Workspace, ...]
    held: frozenset[uuid.UUID]


@dataclass(frozen=True, slots=True)
class Answer:
    """Where the browser goes."""

    url: str


@dataclass(frozen=True, slots=True)
class Decision:
    allowed: bool
    scopes: Collection[str] = ()
    workspace_ids: Collection[uuid.UUID] = ()
