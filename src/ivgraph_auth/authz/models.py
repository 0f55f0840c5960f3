"""What would become of a call: allowed or not, by which rule, with what it would cost."""

from dataclasses import dataclass

from ivgraph_auth.core.errors import ServiceError


@dataclass(frozen=True, slots=True)
class NotionTarget:
    """What would be called at Notion. Where the parameters were not looked at, `path` has names in braces."""

    method: str
    path: str


@dataclass(frozen=True, slots=True)
class Cost:
    """`places` of the connection's rate limit, of which `left` may be taken at once now. A call would go out in
    `wait_seconds`; in `full_in_seconds` all are there again, if nobody calls meanwhile.
    """

    places: int
    left: int
    wait_seconds: int
    full_in_seconds: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """`rule` is a sentence. `refusal` is the very error that the call would meet; None where it is allowed.
    `would_call` and `cost` are None where Notion is not asked, `cost` also where no connection was found.
    """

    rule: str
    refusal: ServiceError | None = None
    would_call: NotionTarget | None = None
    cost: Cost | None = None
    tenant_id: str | None = None

    @property
    def allowed(self) -> bool:
        return self.refusal is None
