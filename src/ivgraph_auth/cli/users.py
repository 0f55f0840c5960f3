"""`ivgraph-auth users`."""

from collections.abc import Awaitable, Callable
from typing import Annotated

import typer

from ivgraph_auth.app.compose.composition import Composition
from ivgraph_auth.audit.models import OPERATOR
from ivgraph_auth.cli.database import with_composition
from ivgraph_auth.cli.terminal import printable
from ivgraph_auth.core.clock import rfc3339
from ivgraph_auth.core.principal import ClientInfo, Role

app = typer.Typer(no_args_is_help=True, help="Accounts.")
Who = Annotated[str, typer.Argument(help="Account id, Notion user id, or e-mail address.")]


@app.command("list")
@with_composition
async def list_users(composition: Composition) -> None:
    """Everybody who ever signed in."""
    for account in await composition.accounts.list_accounts():
        state = "disabled" if account.disabled_at else account.role.value
        seen = rfc3339(account.last_login_at)
        print(account.id, state, printable(account.email), printable(account.name), seen, sep="\t")


@app.command()
def promote(who: Who) -> None:
    """Make somebody an admin."""
    _change(who, lambda on, account_id: on.accounts.set_role(account_id, Role.ADMIN), "is an admin")


@app.command()
def demote(who: Who, to: Annotated[Role, typer.Option(help="The role to have then.")] = Role.MEMBER) -> None:
    """Make somebody a member, or a viewer."""
    _change(who, lambda on, account_id: on.accounts.set_role(account_id, to), f"is a {to.value}")


@app.command()
def disable(who: Who) -> None:
    """End somebody's sessions, revoke their service tokens, and refuse their sign-in until they are enabled again."""
    _change(who, lambda on, account_id: on.suspension.disable(account_id), "is disabled")


@app.command()
def enable(who: Who) -> None:
    """Let somebody sign in again. What was ended and revoked stays so."""
    _change(who, lambda on, account_id: on.suspension.enable(account_id), "is enabled")


@app.command()
def delete(who: Who) -> None:
    """Revoke somebody's connections at Notion and remove everything of theirs; audit rows keep the id alone."""
    _change(who, lambda on, account_id: on.services.leave.remove(account_id, OPERATOR, ClientInfo()), "is deleted")


@with_composition
async def _change(
    composition: Composition, who: str, change: Callable[[Composition, int], Awaitable[None]], outcome: str
) -> None:
    account = await composition.accounts.find(who)
    await change(composition, account.id)
    print(f"{printable(account.name or account.email or 'The account')} ({account.id}) {outcome}.")
