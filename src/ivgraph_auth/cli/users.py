"""`ivgraph-auth users`."""

from collections.abc import Awaitable, Callable
from typing import Annotated

import typer

from ivgraph_auth.accounts.models import Account
from ivgraph_auth.app.compose.composition import Composition
from ivgraph_auth.audit.models import OPERATOR
from ivgraph_auth.cli.database import with_composition
from ivgraph_auth.core.clock import rfc3339
from ivgraph_auth.core.principal import ClientInfo, Role

app = typer.Typer(no_args_is_help=True, help="Accounts.")
Who = Annotated[str, typer.Argument(help="Account id, Notion user id, or e-mail address.")]


@app.command("list")
def list_users() -> None:
    """Everybody who ever signed in."""

    async def work(composition: Composition) -> None:
        for account in await composition.accounts.list_accounts():
            state = "disabled" if account.disabled_at else account.role.value
            seen = rfc3339(account.last_login_at)
            print(account.id, state, shown(account.email), shown(account.name), seen, sep="\t")

    with_composition(work)


@app.command()
def promote(who: Who) -> None:
    """Make somebody an admin."""
    _change(who, lambda composition, account: composition.accounts.set_role(account.id, Role.ADMIN), "is an admin")


@app.command()
def demote(who: Who, to: Annotated[Role, typer.Option(help="The role to have then.")] = Role.MEMBER) -> None:
    """Make somebody a member, or a viewer."""
    _change(who, lambda composition, account: composition.accounts.set_role(account.id, to), f"is a {to.value}")


@app.command()
def disable(who: Who) -> None:
    """End somebody's sessions, revoke their service tokens, and refuse their sign-in until they are enabled again."""
    _change(who, lambda composition, account: composition.suspension.disable(account.id), "is disabled")


@app.command()
def enable(who: Who) -> None:
    """Let somebody sign in again. What was ended and revoked stays so."""
    _change(who, lambda composition, account: composition.suspension.enable(account.id), "is enabled")


@app.command()
def delete(who: Who) -> None:
    """Revoke somebody's connections at Notion and remove everything of theirs; audit rows keep the id alone."""
    _change(
        who,
        lambda composition, account: composition.services.leave.remove(account.id, OPERATOR, ClientInfo()),
        "is deleted",
    )


def _change(who: str, change: Callable[[Composition, Account], Awaitable[None]], outcome: str) -> None:
    async def work(composition: Composition) -> None:
        account = await composition.accounts.find(who)
        await change(composition, account)
        print(f"{shown(account.name or account.email or 'The account')} ({account.id}) {outcome}.")

    with_composition(work)


def shown(text: str | None) -> str:
    """People choose their names; a terminal must not obey them, nor a list fall apart."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text or "-")
