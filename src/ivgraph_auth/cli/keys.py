"""`ivgraph-auth keys`."""

from typing import Annotated

import typer

from ivgraph_auth.app.compose.composition import Composition
from ivgraph_auth.cli.database import with_composition
from ivgraph_auth.cli.keys_status import show_status
from ivgraph_auth.cli.terminal import say
from ivgraph_auth.core.clock import SystemClock
from ivgraph_auth.core.secrets import random_token
from ivgraph_auth.keys.keyring import generate_key
from ivgraph_auth.keys.rotation import Pace

app = typer.Typer(no_args_is_help=True, help="Keys that sign and encrypt.")
_BY_HAND = """\
The keys stand in the environment, where nobody but you can change them. So restart all processes twice:
1. with this entry added to IVGRAPH_ENCRYPTION_KEYS, as the last:
   {entry}
2. with this entry as the first.
Then run `ivgraph-auth keys rewrap`, and keep the older keys until it has ended well."""
_BY_HAND_CODE = 2


def generate_secret_key() -> str:
    """Long enough for HS512 too."""
    return random_token() + random_token()


@app.command()
def generate() -> None:
    """Print a fresh signing key and a fresh encryption key, as lines for `.env`. Nothing is stored."""
    key_id = SystemClock().now().strftime("k%Y%m%d")
    print(f"IVGRAPH_SECRET_KEY={generate_secret_key()}")
    print(f"IVGRAPH_ENCRYPTION_KEYS={generate_key(key_id)}")


app.command("status")(with_composition(show_status))


@app.command()
@with_composition
async def rotate(
    composition: Composition,
    wait: Annotated[int, typer.Option(help="Seconds to wait for the serving processes, twice.", min=1)] = 60,
    signing: Annotated[bool, typer.Option("--signing", help="The key that signs apps' tokens instead.")] = False,
) -> None:
    """Let a fresh key encrypt. Older ones still decrypt; `keys rewrap` makes an end of that."""
    if signing:
        say(f"Tokens of apps are signed with {await composition.services.provider.signing_keys.rotate()} from now on.")
        return
    rotation = composition.encryption.rotation
    path = composition.services.settings.encryption_keys_file
    if composition.encryption.keys.transit:
        await rotation.in_transit(say)
    elif path:
        await rotation.in_file(path, Pace(wait, say))
    else:
        say(_BY_HAND.format(entry=generate_key(await rotation.choose_id())))
        raise typer.Exit(_BY_HAND_CODE)


@app.command()
@with_composition
async def rewrap(composition: Composition) -> None:
    """Encrypt with the current key whatever is encrypted with another, while everything goes on."""
    if not await composition.encryption.rewrap.run(say):
        raise typer.Exit(1)
