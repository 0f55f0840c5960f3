"""What can go wrong beside Notion's own refusals (`ivgraph_auth.notion.errors`, whose family these join).

NotionError
|- AuthorizationNeeded   nothing usable is held for this subject: authorize again
`- WorkspaceDiffers      the consent was for another workspace than the one held for this subject
"""

from ivgraph_auth.notion.errors import NotionError


class AuthorizationNeeded(NotionError):
    def __init__(self, provider: str, subject: str | None, reason: str, *, request_id: str | None = None) -> None:
        whom = f" for {subject}" if subject else ""
        super().__init__(f"{reason} Authorize {provider}{whom} again.", request_id=request_id)
        self.provider = provider
        self.subject = subject


class WorkspaceDiffers(NotionError):
    def __init__(self, subject: str) -> None:
        super().__init__(f"This consent is for another workspace than the one held for {subject}. Nothing was kept.")
        self.subject = subject
