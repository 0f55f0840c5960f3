"""`ivgraph-auth tokens`."""

from typing import Annotated

import typer

from ivgraph_auth.app.compose.composition import Composition
from ivgraph_auth.cli.database import with_composition
from ivgraph_auth.cli.terminal import printable, time_or_dash
from ivgraph_auth.cli.users import Who
from ivgraph_auth.tokens.models import ALL_WORKSPACES

app = typer.Typer(no_args_is_help=True, help="Service tokens.")
_MOST_ID = 2**63 - 1


@app.command("list")
@with_composition
async def list_tokens(composition: Composition, who: Who) -> None:
    """Somebody's service tokens that are not revoked, the newest first."""
    account = await composition.accounts.find(who)
    now = composition.services.clock.now()
    for token in await composition.services.tokens.list_tokens(account.id):
        print(
            token.id,
            "active" if token.active(now) else "expired",
            token.prefix,
            printable(token.name),
            ",".join(token.scopes),
            ALL_WORKSPACES if token.all_workspaces else ",".join(map(str, token.workspace_ids)),
            time_or_dash(token.created_at),
            time_or_dash(token.expires_at),
            time_or_dash(token.last_used_at),
            sep="\t",
        )


@app.command()
@with_composition
async def revoke(
    composition: Composition,
    token_id: Annotated[int, typer.Argument(help="The number that `tokens list` shows first.", min=1, max=_MOST_ID)],
) -> None:
    """Revoke a service token for good, in every process before this returns."""
    await composition.services.tokens.revoke_as_operator(token_id)
    print(f"Token {token_id} is revoked.")
