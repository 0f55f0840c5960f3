"""`ivgraph-auth connections`."""

from typing import Annotated

import typer

from ivgraph_auth.app.compose.composition import Composition
from ivgraph_auth.audit.models import OPERATOR
from ivgraph_auth.cli.database import with_composition
from ivgraph_auth.cli.users import Who, shown
from ivgraph_auth.connect.models import Tenant, TenantConnection
from ivgraph_auth.core.clock import rfc3339
from ivgraph_auth.core.principal import ClientInfo

app = typer.Typer(no_args_is_help=True, help="Connections: Notion authorizations held for tenants.")


@app.command("list")
def list_connections(
    who: Annotated[
        str | None, typer.Argument(help="Account id, Notion user id or e-mail address. Default: everybody.")
    ] = None,
) -> None:
    """Connections by account and age: tenant, workspace, status, when it was last used and checked."""

    async def work(composition: Composition) -> None:
        account_id = (await composition.accounts.find(who)).id if who else None
        async for owner_id, item in composition.services.connections.list_all(account_id):
            print(*_columns(owner_id, item), sep="\t")

    with_composition(work)


@app.command()
def resume(who: Who, tenant: Annotated[str, typer.Argument(help="As `connections list` shows it.")]) -> None:
    """Forget a pause that Notion asked for: the next call asks Notion again, in every process."""

    async def work(composition: Composition) -> None:
        account = await composition.accounts.find(who)
        await composition.services.connections.resume(Tenant(account.id, tenant), OPERATOR, ClientInfo())
        print(f"{shown(tenant)} of account {account.id} goes on.")

    with_composition(work)


def _columns(owner_id: int, item: TenantConnection) -> tuple[object, ...]:
    return (
        owner_id,
        item.tenant_id,
        item.status,
        item.workspace_id,
        shown(item.workspace_name or "-"),
        shown(item.owner_name or "-"),
        ",".join(item.capabilities) or "-",
        rfc3339(item.last_used_at) if item.last_used_at else "-",
        rfc3339(item.last_validated_at) if item.last_validated_at else "-",
    )
