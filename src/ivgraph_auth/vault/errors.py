class RefreshRefused(Exception):
    """Notion will not give a new pair; `reason` is its code, or `no_refresh_token`. Only a consent helps."""

    def __init__(self, reason: str, *, notion_request_id: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.notion_request_id = notion_request_id


class GrantGone(Exception):
    """Nobody holds the grant any more."""
