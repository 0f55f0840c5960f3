"""What a grant may still ask of Notion, told with every answer for which it is known which grant acts."""

from ivgraph_auth.web.context import RequestContext


def budget_headers(context: RequestContext) -> dict[str, str]:
    """Reset is in seconds."""
    budget = context.progress.budget if context.progress else None
    if budget is None:
        return {}
    return {"X-Ivgraph-Budget-Remaining": str(budget.remaining), "X-Ivgraph-Budget-Reset": str(budget.reset)}
