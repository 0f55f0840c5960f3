"""`ivgraph-auth audit`."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated

import typer

from ivgraph_auth.api.audit import ACTOR, LARGEST_ID, OUTCOME, AuditRow, actor_of
from ivgraph_auth.api.dependencies import TENANT
from ivgraph_auth.app.compose.composition import Composition
from ivgraph_auth.audit.models import AuditFilter, Event
from ivgraph_auth.cli.database import with_composition

app = typer.Typer(no_args_is_help=True, help="What happened.")


def _parse_time(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise typer.BadParameter("use a date, or a time such as 2026-11-21T12:00:00Z.") from None


def _matching(pattern: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if re.fullmatch(pattern, text) is None:
            raise typer.BadParameter(f"{text!r} does not match {pattern}")
        return text

    return parse


@app.command()
@with_composition
async def export(
    composition: Composition,
    since: Annotated[
        datetime | None, typer.Option(parser=_parse_time, metavar="TIME", help="RFC 3339, or a date; included.")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option(parser=_parse_time, metavar="TIME", help="RFC 3339, or a date; not included.")
    ] = None,
    event: Annotated[Event | None, typer.Option(help="This event alone.")] = None,
    outcome: Annotated[
        str | None,
        typer.Option(parser=_matching(OUTCOME), metavar="WORD", help="This outcome alone; !success: all but success."),
    ] = None,
    actor: Annotated[
        str | None, typer.Option(parser=_matching(ACTOR), metavar="KIND[:ID]", help="Done by these, or by this one.")
    ] = None,
    tenant: Annotated[
        str | None, typer.Option(parser=_matching(TENANT), metavar="NAME", help="Of this tenant.")
    ] = None,
    account: Annotated[int | None, typer.Option(min=1, max=LARGEST_ID, metavar="ID", help="Of this account.")] = None,
) -> None:
    """Audit rows as JSON lines, the oldest first: everybody's, or those that pass every filter."""
    wanted = AuditFilter(
        within=None,
        account_id=account,
        event=event,
        outcome=outcome,
        actor=actor_of(actor),
        tenant_id=tenant,
        since=since,
        until=until,
    )
    async for record in composition.services.audit_reader.export(wanted):
        # ASCII alone, which every terminal and pipe passes on as it is.
        print(json.dumps(AuditRow.model_validate(record).model_dump(mode="json")))
