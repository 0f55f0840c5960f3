"""`ivgraph-auth audit`."""

import json
from datetime import UTC, datetime
from typing import Annotated

import typer

from ivgraph_auth.api.audit import row
from ivgraph_auth.app.compose import Composition
from ivgraph_auth.audit.models import AuditFilter, Event
from ivgraph_auth.cli.database import with_composition

app = typer.Typer(no_args_is_help=True, help="What happened.")


@app.callback()
def _group() -> None:
    """What happened."""


def _time(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise typer.BadParameter("use a date, or a time such as 2026-11-21T12:00:00Z.") from None


@app.command()
def export(
    since: Annotated[
        datetime | None, typer.Option(parser=_time, metavar="TIME", help="RFC 3339, or a date; included.")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option(parser=_time, metavar="TIME", help="RFC 3339, or a date; not included.")
    ] = None,
    event: Annotated[Event | None, typer.Option(help="This event alone.")] = None,
) -> None:
    """Everybody's audit rows as JSON lines, the oldest first."""
    wanted = AuditFilter(account_id=None, event=event, since=since, until=until)

    async def work(composition: Composition) -> None:
        async for record in composition.services.audit.export(wanted):
            # ASCII alone, which every terminal and pipe passes on as it is.
            print(json.dumps(row(record).model_dump(mode="json")))

    with_composition(work)
