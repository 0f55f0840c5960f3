"""What the pages show that ask a person to let an app in: scopes and workspaces, and which of them are ticked."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ivgraph_auth.core.principal import Workspace
from ivgraph_auth.graph.service import MOST_COUNTED
from ivgraph_auth.provider.models import App
from ivgraph_auth.provider.scopes import STANDARD, choices


def choices_for_page(
    app: App, scopes: Collection[str], workspaces: Sequence[Workspace], sizes: Mapping[uuid.UUID, int]
) -> dict[str, Any]:
    """For `consent_choices.html`. `sizes` are how many pages and databases have been read of each workspace."""
    reaches = any(scope not in STANDARD for scope in scopes)
    return {
        "app": app,
        "verified": app.is_verified,
        "scopes": choices(scopes, verified=app.is_verified),
        "workspaces": [(item.id, item.name, sizes.get(item.id)) for item in workspaces] if reaches else [],
        "most_counted": MOST_COUNTED,
    }
