from ivgraph_auth.core.errors import Conflict, InvalidRequest, NotAuthenticated, NotFound


class UnknownNode(NotFound):
    detail = "No such page, database or data source, or no connection of yours sees it."


class UnknownWorkspace(NotFound):
    detail = "No connection of yours is for this workspace. `workspaces` in /api/auth/me/ has those that there are."


class UnknownSync(NotFound):
    detail = "No such synchronization of yours."


class SyncRunning(Conflict):
    code = "sync_running"
    detail = "This workspace is being synchronized. Follow that run, or stop it first."


class ContentChanged(InvalidRequest):
    code = "content_changed"
    detail = "The page has changed since this cursor was given. Read it again from its beginning."


class SignatureNotValid(NotAuthenticated):
    code = "signature_not_valid"
    detail = "This is for Notion's webhooks, signed with the verification token of the subscription kept here."


class NoVerificationToken(NotFound):
    code = "no_verification_token"
    detail = "Notion has sent no verification token. Open the door, then let Notion send it within ten minutes."


class VerificationTokenShown(Conflict):
    code = "verification_token_shown"
    detail = "The verification token was shown before. Open the door again, and let Notion send a new one."
