"""`ivgraph-auth keys`."""

import typer

from ivgraph_auth.core.clock import SystemClock
from ivgraph_auth.core.secrets import random_token
from ivgraph_auth.keys.keyring import generate_key

app = typer.Typer(no_args_is_help=True, help="Keys that sign and encrypt.")


def generate_secret_key() -> str:
    """Long enough for HS512 too."""
    return random_token() + random_token()


@app.callback()
def _group() -> None:
    """Keys that sign and encrypt."""


@app.command()
def generate() -> None:
    """Print a fresh signing key and a fresh encryption key, as lines for `.env`. Nothing is stored."""
    key_id = SystemClock().now().strftime("k%Y%m%d")
    print(f"IVGRAPH_SECRET_KEY={generate_secret_key()}")
    print(f"IVGRAPH_ENCRYPTION_KEYS={generate_key(key_id)}")
