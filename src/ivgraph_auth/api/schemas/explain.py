"""What `POST /api/authz/explain` takes and answers."""

import uuid
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from ivgraph_auth.api.dependencies import TENANT
from ivgraph_auth.api.schemas.models import In, Out
from ivgraph_auth.api.schemas.responses import FieldProblem, NextStepOut
from ivgraph_auth.notion.arguments import object_in


class ExplainRequest(In):
    """A tool and its arguments, or a method and a path of this service with a body."""

    tool: Annotated[str, Field(max_length=100, examples=["notion_create_page"])] | None = None
    arguments: Annotated[dict[str, Any] | None, BeforeValidator(object_in)] = None
    tenantId: Annotated[str, Field(pattern=TENANT)] | None = None  # noqa: N815 -- as tools take it
    workspaceId: uuid.UUID | None = None  # noqa: N815
    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] | None = None
    path: Annotated[str, Field(pattern=r"^/[\x21-\x7e]*$", max_length=4000)] | None = None
    body: Any = None

    @model_validator(mode="after")
    def _check_one(self) -> Self:
        if (self.tool is None) == (self.path is None) or (self.path is None) != (self.method is None):
            raise ValueError("needs either tool, or method and path")
        return self


class MissingOut(Out):
    """The refusal that the call would meet: its status, code and sentence."""

    status: int
    code: str
    detail: str
    scopes: list[str] | None = None
    errors: list[FieldProblem] | None = None


class NotionTargetOut(Out):
    method: str
    path: str


class CostOut(Out):
    """`places` of the connection's rate limit: `at_once` of them when nobody has called for a while, and `per_second`
    more each second. `left` may be taken at once now.
    """

    places: int
    left: int | None
    wait_seconds: int | None
    full_in_seconds: int | None
    at_once: int
    per_second: int


class ExplainOut(Out):
    """`rule` is a sentence. `missing` is null where the call is allowed, `would_call` where Notion is not asked."""

    allowed: bool
    rule: str
    missing: MissingOut | None
    next: list[NextStepOut]
    would_call: NotionTargetOut | None
    cost: CostOut
