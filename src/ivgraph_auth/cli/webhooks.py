"""`ivgraph-auth webhooks`."""

import typer

from ivgraph_auth.app.compose.composition import Composition
from ivgraph_auth.cli.database import with_composition
from ivgraph_auth.cli.terminal import time_or_dash
from ivgraph_auth.core.clock import rfc3339
from ivgraph_auth.core.principal import ClientInfo

app = typer.Typer(no_args_is_help=True, help="Notion's webhooks: the subscription that tells of changes.")
_PATH = "/api/webhooks/notion"


@app.command("open")
@with_composition
async def open_door(composition: Composition) -> None:
    """For ten minutes, take the verification token that Notion sends when a subscription is made."""
    until = await composition.services.webhooks.subscription.open_door(None, ClientInfo())
    print(f"The token of a new subscription is taken until {rfc3339(until)}.")
    print(f"Now make the subscription in Notion's settings, for {_url_of(composition)}")
    print("Then: ivgraph-auth webhooks show")


@app.command()
@with_composition
async def show(composition: Composition) -> None:
    """The verification token, to be pasted back into Notion's settings. Once."""
    token = await composition.services.webhooks.subscription.reveal(None, ClientInfo())
    print(token.reveal())


@app.command()
@with_composition
async def status(composition: Composition) -> None:
    """How far the subscription is, and which webhooks came within a day."""
    state = await composition.services.webhooks.subscription.state()
    moments = {
        "awaited until": state.door_open_until,
        "token received": state.token_received_at,
        "token shown": state.token_shown_at,
        "first webhook": state.confirmed_at,
        "last webhook": state.last_event_at,
    }
    print("url", _url_of(composition), sep="\t")
    for name, moment in moments.items():
        print(name, time_or_dash(moment), sep="\t")
    for each in state.events:
        print(each.type or "-", each.outcome, each.count, sep="\t")


@app.command()
@with_composition
async def remove(composition: Composition) -> None:
    """Forget the subscription: nothing that Notion sends is taken any more."""
    removed = await composition.services.webhooks.subscription.remove(None, ClientInfo())
    print("It is forgotten. Delete it in Notion's settings too." if removed else "There is none.")


def _url_of(composition: Composition) -> str:
    return f"{composition.services.settings.public_url}{_PATH}"
