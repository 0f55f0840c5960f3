from ivgraph_auth.core.errors import Conflict, Unavailable


class CredentialUnavailable(Unavailable):
    code = "credential_unavailable"
    detail = "The stored Notion credential cannot be opened. Whoever runs this service must look at its keys."


class RewrapRefused(Conflict):
    code = "rewrap_refused"


class RotationStopped(Conflict):
    code = "rotation_stopped"


class RefreshRefused(Exception):
    """Notion will not give a new pair; `reason` is `invalid_grant` or `no_refresh_token`. Only a consent helps."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class GrantGone(Exception):
    """Nobody holds the grant any more."""
