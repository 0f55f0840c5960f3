class RefreshRefused(Exception):
    """Notion will not give a new pair; `reason` is its code, or `no_refresh_token`. Only a consent helps."""

    def __init__(self, reason: str, *, notion_request_id: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.notion_request_id = notion_request_id


class GrantGone(Exception):
    """Nobody holds the grant any more."""


class GrantNotActive(Exception):
    """Notion no longer takes its credential; only a consent helps."""


class CapabilityMissing(Exception):
    """Notion is known to withhold it from this grant."""

    def __init__(self, capability: str) -> None:
        super().__init__(capability)
        self.capability = capability


class BudgetSpent(Exception):
    """`retry_after`: in so many seconds, a call would go out at once, if nobody else calls until then."""

    def __init__(self, *, retry_after: int) -> None:
        super().__init__(f"in {retry_after} s")
        self.retry_after = retry_after
