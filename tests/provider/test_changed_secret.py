"""A refresh while processes with another `IVGRAPH_SECRET_KEY` run beside one another."""

from ivgraph_auth.core.secrets import random_token
from ivgraph_auth.keys.keyring import generate_key
from tests.conftest import MakeService
from tests.provider.kit import ask_token, get_tokens, make_admin, register


async def test_a_successor_that_cannot_be_computed_here_is_asked_for_again(make_service: MakeService) -> None:
    """Clients keep their token at a 503, and lose it at an `invalid_grant`."""
    encryption_keys, secret_key = generate_key("test"), random_token()
    before = await make_service(encryption_keys=encryption_keys, secret_key=secret_key)
    ada = await make_admin(before)
    app = await register(ada)
    form = {"grant_type": "refresh_token", "refresh_token": (await get_tokens(ada, app))["refresh_token"]}
    first = await ask_token(ada, app, **form)
    alone = await make_service(encryption_keys=encryption_keys, secret_key=random_token())
    other = await make_admin(alone)
    refused = await ask_token(other, app, **form)
    assert (refused.status_code, refused.json()["error"]) == (503, "temporarily_unavailable")
    assert int(refused.headers["retry-after"]) > 0
    assert (await ask_token(ada, app, **form)).json()["refresh_token"] == first.json()["refresh_token"]
    known = await make_service(
        encryption_keys=encryption_keys, secret_key=random_token(), secret_key_previous=secret_key
    )
    again = await ask_token(await make_admin(known), app, **form)
    assert again.json()["refresh_token"] == first.json()["refresh_token"]
