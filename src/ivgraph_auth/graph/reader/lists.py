"""What a list says of itself."""

from ivgraph_auth.graph.json_values import as_name, as_object, safe_name
from ivgraph_auth.graph.models import Gap, GapReason

_ROW_LIMIT = "query_result_limit_reached"


def read_request_status(list_answer: object) -> Gap | None:
    """The gap of a query or search that Notion cut at 10,000 results: then `has_more` is false, and only
    `request_status` tells. Its node is None, for whoever asked to fill in. Any other reason for being incomplete is
    TRUNCATED.
    """
    status = as_object(as_object(list_answer).get("request_status"))
    if as_name(status.get("type")) != "incomplete":
        return None
    reason = safe_name(status.get("incomplete_reason"))
    return Gap(None, GapReason.ROW_LIMIT if reason == _ROW_LIMIT else GapReason.TRUNCATED, reason)
