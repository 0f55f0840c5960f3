"""What happened: the audit trail, for those it is about."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Query
from pydantic import AfterValidator, AwareDatetime, ConfigDict, Field

from ivgraph_auth.api.dependencies import TENANT, Cursor, InjectedServices, Limit
from ivgraph_auth.api.resolvers import CanReadAudit
from ivgraph_auth.api.schemas.models import Moment, Out
from ivgraph_auth.api.schemas.responses import problems
from ivgraph_auth.audit.models import Actor, AuditFilter, Event, Outcome
from ivgraph_auth.core.principal import Role
from ivgraph_auth.web.routing import Router

router = Router(tags=["Audit"])


class ActorOut(Out):
    kind: str
    id: str | None


# Whatever is stored is answered as it is: the known names are for readers of the OpenAPI document, and refuse nothing.
EventName = Annotated[
    str | Event, Field(union_mode="left_to_right", description="Another text in rows of another version.")
]
OutcomeName = Annotated[
    str | Outcome, Field(union_mode="left_to_right", description="Another text when it is a code that Notion gave.")
]


class AuditRow(Out):
    # Ids of accounts are text on the wire.
    model_config = ConfigDict(coerce_numbers_to_str=True)

    id: int
    at: Moment
    event: EventName
    outcome: OutcomeName
    account_id: str | None
    actor: ActorOut
    tenant_id: str | None
    operation: str | None
    notion_request_id: str | None
    request_id: str | None
    address: str | None
    user_agent: str | None


class AuditPage(Out):
    results: list[AuditRow]
    next_cursor: str | None


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("is out of range") from None


Time = Annotated[AwareDatetime | None, AfterValidator(lambda moment: _in_utc(moment) if moment else None)]
# The command line takes the same words.
OUTCOME = r"^(!success|[a-z0-9_]{1,64})$"
# An app is named by its client id, which may be a URL; one that acts for another by both.
ACTOR = r"^[a-z_]{1,32}(:[ -~]{1,2100})?$"
LARGEST_ID = 2**63 - 1
Word = Annotated[
    str | None,
    Query(
        pattern=OUTCOME,
        description="`success`, the reason of a refusal (one of `Outcome`, or a code of Notion's), `started` for a "
        "call whose answer is not recorded, or `!success` for all but `success`",
    ),
]
Who = Annotated[str | None, Query(pattern=ACTOR, description="`kind`, or `kind:id`")]
Tenant = Annotated[str | None, Query(pattern=TENANT)]
Account = Annotated[int | None, Query(ge=1, le=LARGEST_ID, description="For admins: of this account alone")]


@router.get("/api/audit/", responses=problems(400, 401, 403, 422))
async def list_audit(  # noqa: PLR0913 -- a filter each
    principal: CanReadAudit,
    services: InjectedServices,
    *,
    event: Event | None = None,
    outcome: Word = None,
    actor: Who = None,
    tenant_id: Tenant = None,
    account_id: Account = None,
    since: Annotated[Time, Query(description="RFC 3339, included")] = None,
    until: Annotated[Time, Query(description="RFC 3339, not included")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> AuditPage:
    """What happened on your account, the newest first; for admins, on every account."""
    wanted = AuditFilter(
        within=None if principal.snapshot.role is Role.ADMIN else principal.account_id,
        account_id=account_id,
        event=event,
        outcome=outcome,
        actor=actor_of(actor),
        tenant_id=tenant_id,
        since=since,
        until=until,
    )
    page, next_cursor = await services.audit_reader.page(
        wanted, reader_id=principal.account_id, cursor=cursor, most=limit
    )
    return AuditPage(results=[AuditRow.model_validate(record) for record in page], next_cursor=next_cursor)


def actor_of(text: str | None) -> Actor | None:
    """Of a text that ACTOR matches."""
    if text is None:
        return None
    kind, _, actor_id = text.partition(":")
    return Actor(kind, actor_id or None)
