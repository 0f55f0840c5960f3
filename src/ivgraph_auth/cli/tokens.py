"""`ivgraph-auth tokens`."""

from typing import Annotated

import typer

from ivgraph_auth.app.compose.composition import Composition
from ivgraph_auth.cli.database import with_composition
from ivgraph_auth.cli.users import Who, shown
from ivgraph_auth.core.clock import rfc3339
from ivgraph_auth.tokens.models import ALL_WORKSPACES, ServiceToken

app = typer.Typer(no_args_is_help=True, help="Service tokens.")
_MOST_ID = 2**63 - 1


@app.command("list")
def list_tokens(who: Who) -> None:
    """Somebody's service tokens that are not revoked, the newest first."""

    async def work(composition: Composition) -> None:
        account = await composition.accounts.find(who)
        now = composition.services.clock.now()
        for token in await composition.services.tokens.list_tokens(account.id):
            print(*_columns(token, active=token.active(now)), sep="\t")

    with_composition(work)


@app.command()
def revoke(
    token_id: Annotated[int, typer.Argument(help="The number that `tokens list` shows first.", min=1, max=_MOST_ID)],
) -> None:
    """Revoke a service token for good, in every process before this returns."""

    async def work(composition: Composition) -> None:
        await composition.services.tokens.revoke_as_operator(token_id)
        print(f"Token {token_id} is revoked.")

    with_composition(work)


def _columns(token: ServiceToken, *, active: bool) -> tuple[object, ...]:
    workspaces = ALL_WORKSPACES if token.all_workspaces else ",".join(map(str, token.workspace_ids))
    return (
        token.id,
        "active" if active else "expired",
        token.prefix,
        shown(token.name),
        ",".join(token.scopes),
        workspaces,
        rfc3339(token.created_at),
        rfc3339(token.expires_at) if token.expires_at else "-",
        rfc3339(token.last_used_at) if token.last_used_at else "-",
    )
