from ivgraph_auth.core.errors import Conflict, NotFound, Unprocessable


class ScopeNotAllowed(Unprocessable):
    code = "scope_not_allowed"
    detail = "A scope is unknown, or your role does not have it."


class WorkspaceNotConnected(Unprocessable):
    code = "workspace_not_connected"
    detail = "A workspace is not connected to your account. GET /api/auth/me/ lists those that are."


class TokenLimitReached(Conflict):
    code = "token_limit_reached"
    detail = "You have ten active service tokens. Revoke one first."


class UnknownToken(NotFound):
    detail = "No such service token of yours."
