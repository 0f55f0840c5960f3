"""UnknownAgentTool     no such tool, or none that this credential may use under this address
InvalidArguments     `extra["errors"]` says which: `loc`, `msg`, `type`
"""

from collections.abc import Sequence
from typing import Any

from ivgraph_auth.core.errors import NotFound, Unprocessable


class UnknownAgentTool(NotFound):
    code = "unknown_tool"
    detail = "There is no such tool here. tools/list lists those that there are."


class InvalidArguments(Unprocessable):
    code = "invalid_parameters"

    def __init__(self, errors: Sequence[dict[str, Any]]) -> None:
        places = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in errors)
        super().__init__(f"These arguments cannot be taken. {places}")
        self.extra = {"errors": list(errors)}
