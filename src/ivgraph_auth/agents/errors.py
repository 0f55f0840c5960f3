"""UnknownAgentTool          no such tool, or none that this credential may use under this address
InvalidArguments          `extra["errors"]` says which: `loc`, `msg`, `type`
NoConnection              nothing is connected that the credential covers
UnclearWorkspace          there are several, and none was named; `extra["workspaces"]` lists them
UnknownWorkspaceName      none is called so; as above
UnknownObject             nothing of that id, as far as the connections see
NotInGraph                the same, of tools that ask the graph alone
QueryRefused              Notion does not take the filter or the sorts; tells the properties that there are
NotLoaded                 Notion could not, or has not yet, load a file by its URL
PartlyDone                of several writes that belong together, the first was done and another was not
"""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Any, Self

from ivgraph_auth.core.errors import InvalidRequest, NotFound, Unprocessable
from ivgraph_auth.gateway.errors import AnswerUnreadable, NotionSaidNo

_MOST_LISTED = 20
_LONGEST_NAME = 100


class UnknownAgentTool(NotFound):
    code = "unknown_tool"
    detail = "There is no such tool here. tools/list lists those that there are."

    @classmethod
    def near(cls, name: str, names: Iterable[str]) -> Self:
        """With those that may be meant."""
        meant = get_close_matches(name[:_LONGEST_NAME], names, 2)
        return cls(f"There is no such tool here. Did you mean {' or '.join(meant)}?" if meant else None)


class InvalidArguments(Unprocessable):
    code = "invalid_parameters"

    def __init__(self, errors: Sequence[dict[str, Any]]) -> None:
        places = "; ".join(": ".join(filter(None, (".".join(map(str, item["loc"])), item["msg"]))) for item in errors)
        super().__init__(f"These arguments cannot be taken. {places.removesuffix('.')}.")
        self.extra = {"errors": list(errors)}


class NoConnection(NotFound):
    code = "no_connection"
    detail = "No Notion workspace is connected that this credential covers. Its owner connects one in the dashboard."


class UnclearWorkspace(InvalidRequest):
    code = "unclear_workspace"

    def __init__(self, values: Sequence[str]) -> None:
        super().__init__(f"Say which workspace you mean. workspace is one of: {_listed(values)}.")
        self.workspaces = tuple(values)
        self.extra = {"workspaces": list(values[:_MOST_LISTED])}


class UnknownWorkspaceName(NotFound):
    code = "unknown_workspace"

    def __init__(self, values: Sequence[str]) -> None:
        super().__init__(f"No workspace of that name or id is within reach. There are: {_listed(values)}.")
        self.workspaces = tuple(values)
        self.extra = {"workspaces": list(values[:_MOST_LISTED])}


class UnknownObject(NotFound):
    detail = (
        "Nothing of this id is within reach: it is not there, or not shared with the connection. "
        "search finds what is; a person can share a page in Notion, by its menu Connections."
    )


class NotInGraph(UnknownObject):
    detail = (
        "The graph does not know this: it is not there, not shared with a connection of yours, or not read yet. "
        "fetch asks Notion itself."
    )


class QueryRefused(InvalidRequest):
    def __init__(self, refusal: NotionSaidNo, columns: Sequence[str]) -> None:
        super().__init__(f"{refusal.detail} The properties of this data source: {'; '.join(columns)}.")
        self.code = refusal.code
        self.extra = refusal.extra


class NotLoaded(InvalidRequest):
    code = "file_not_loaded"
    detail = "Notion could not load a file from this URL. It must be public, and end with the file itself."


class PartlyDone(AnswerUnreadable):
    code = "partly_done"


def _listed(values: Sequence[str]) -> str:
    more = len(values) - _MOST_LISTED
    return "; ".join(values[:_MOST_LISTED]) + (f"; and {more} more" if more > 0 else "")


def problem(place: Sequence[str | int], message: str, kind: str = "value_error") -> dict[str, Any]:
    return {"loc": list(place), "msg": message, "type": kind}


def did_you_mean(wanted: str, there: Sequence[str]) -> str:
    """What is there under a like name, or else all of it."""
    folded = {name.casefold(): name for name in there}
    near = get_close_matches(wanted.casefold(), folded, n=1)
    return f"did you mean {folded[near[0]]!r}?" if near else f"there are: {', '.join(there)}"
