"""`ivgraph-auth connections`."""

from typing import Annotated

import typer

from ivgraph_auth.app.compose.composition import Composition
from ivgraph_auth.audit.models import OPERATOR
from ivgraph_auth.cli.database import with_composition
from ivgraph_auth.cli.terminal import printable, time_or_dash
from ivgraph_auth.cli.users import Who
from ivgraph_auth.connect.models import Tenant
from ivgraph_auth.core.principal import ClientInfo

app = typer.Typer(no_args_is_help=True, help="Connections: Notion authorizations held for tenants.")


@app.command("list")
@with_composition
async def list_connections(
    composition: Composition,
    who: Annotated[
        str | None, typer.Argument(help="Account id, Notion user id or e-mail address. Default: everybody.")
    ] = None,
) -> None:
    """Connections by account and age: tenant, workspace, status, when it was last used and checked."""
    account_id = (await composition.accounts.find(who)).id if who else None
    async for owner_id, item in composition.services.connections.list_all(account_id):
        print(
            owner_id,
            item.tenant_id,
            item.status,
            item.workspace_id,
            printable(item.workspace_name or "-"),
            printable(item.owner_name or "-"),
            ",".join(item.capabilities) or "-",
            time_or_dash(item.last_used_at),
            time_or_dash(item.last_validated_at),
            sep="\t",
        )


@app.command()
@with_composition
async def resume(
    composition: Composition,
    who: Who,
    tenant: Annotated[str, typer.Argument(help="As `connections list` shows it.")],
) -> None:
    """Forget a pause that Notion asked for: the next call asks Notion again, in every process."""
    account = await composition.accounts.find(who)
    await composition.services.connections.resume(Tenant(account.id, tenant), OPERATOR, ClientInfo())
    print(f"{printable(tenant)} of account {account.id} goes on.")
