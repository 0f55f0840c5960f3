from ivgraph_auth.core.errors import Conflict, Unavailable


class KeysAwayError(Exception):
    """The keys cannot be asked now, which says nothing of any record. `fix` is a sentence; `says` is one without its
    full stop. Neither holds a secret.
    """

    def __init__(self, says: str, fix: str) -> None:
        super().__init__(says)
        self.says = says
        self.fix = fix


class CredentialUnavailable(Unavailable):
    code = "credential_unavailable"
    detail = "The stored Notion credential cannot be opened. Whoever runs this service must look at its keys."


class RewrapRefused(Conflict):
    code = "rewrap_refused"


class RotationStopped(Conflict):
    code = "rotation_stopped"
