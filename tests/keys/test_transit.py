"""What the transit engine may answer instead of what was asked for. What it does when all is well: tests/interop."""

from collections.abc import Callable

import httpx
import pytest

from ivgraph_auth.core.http import MAX_ANSWER_BYTES, HttpClient
from ivgraph_auth.core.sealing import CannotOpenError, Keyring
from ivgraph_auth.core.secrets import Secret
from ivgraph_auth.keys.errors import KeysAwayError
from ivgraph_auth.keys.transit import Transit
from tests.support.service import Json

TOKEN = "s.secret-token"
ADDRESS = "http://127.0.0.1:8200"
KEY = {"type": "aes256-gcm96", "latest_version": 2, "keys": {"1": 1700000000, "2": 1700000001}}
Answer = Callable[[httpx.Request], httpx.Response]


def transit(answer: Answer) -> Transit:
    def unread(request: httpx.Request) -> httpx.Response:
        answered = answer(request)
        return httpx.Response(answered.status_code, stream=httpx.ByteStream(answered.content))

    http = HttpClient(transport=httpx.MockTransport(unread))
    return Transit(http=http, address=ADDRESS, token=Secret(TOKEN), name="ivgraph")


def says(status: int = 200, **body: Json) -> Answer:
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.headers["x-vault-token"] == TOKEN
        assert str(request.url).startswith(f"{ADDRESS}/v1/transit/")
        return httpx.Response(status, json=body)

    return answer


def cut(_: httpx.Request) -> httpx.Response:
    raise httpx.ReadError(TOKEN)


async def test_the_current_key_is_the_latest_version() -> None:
    current = await transit(says(data=KEY)).current()
    assert current.key_id == "transit:ivgraph:v2"
    again = {**KEY, "keys": {"2": 1800000000}}
    assert (await transit(says(data=again)).current()).fingerprint != current.fingerprint


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        (says(503, errors=["Vault is sealed"]), "is sealed"),
        (says(503, errors=["the node is busy"]), "answered 503"),
        (says(500, errors=["internal error"]), "answered 500"),
        (says(429), "answered 429"),
        (says(307), "answered 307"),
        (says(403, errors=["permission denied"]), "refuses IVGRAPH_VAULT_TOKEN"),
        (says(404, errors=[]), "has no transit key"),
        (says(400, errors=["encryption key not found"]), "has no transit key"),
        (says(400, errors=["something unheard of"]), "answered 400"),
        (says(data={**KEY, "type": "rsa-4096"}), "does not serve here"),
        (says(data={**KEY, "derived": True}), "does not serve here"),
        (says(data={"latest_version": 2}), "is no Vault"),
        (says(data=[]), "is no Vault"),
        (says(), "is no Vault"),
        (lambda _: httpx.Response(200, text="<html>"), "is no Vault"),
        (lambda _: httpx.Response(200, json=[1]), "is no Vault"),
        (lambda _: httpx.Response(200, content=b"[" * 100_000), "is no Vault"),
        (lambda _: httpx.Response(200, content=b"x" * (MAX_ANSWER_BYTES + 1)), "out of reach"),
        (cut, "out of reach (ReadError)"),
    ],
)
async def test_an_answer_that_is_of_no_use_says_nothing_of_a_record(answer: Answer, what: str) -> None:
    with pytest.raises(KeysAwayError) as away:
        await transit(answer).current()
    assert what in away.value.says
    assert away.value.fix.endswith(".")
    assert TOKEN not in f"{away.value.says}{away.value.fix}{away.value!r}"
    assert away.value.__cause__ is None


@pytest.mark.parametrize(
    "said",
    [
        "cipher: message authentication failed",
        "ciphertext or signature version is disallowed by policy (too old)",
        "invalid ciphertext: version is too new",
    ],
)
async def test_what_it_says_of_a_ciphertext_is_of_the_record(said: str) -> None:
    engine = transit(says(data={"ciphertext": "vault:v2:QUJD"}))
    sealed = (await engine.envelope("row", "transit:ivgraph:v2")).seal(b"text")
    with pytest.raises(CannotOpenError):
        await transit(says(400, errors=[said])).open(sealed, "row")
    with pytest.raises(KeysAwayError):
        await transit(says(500, errors=[said])).open(sealed, "row")


@pytest.mark.parametrize("data", [{}, {"ciphertext": 1}, {"ciphertext": "vault:v2:"}, {"ciphertext": "vault:v2:\x00"}])
async def test_a_wrapped_key_of_another_form_is_not_stored(data: Json) -> None:
    with pytest.raises(KeysAwayError):
        await transit(says(data=data)).envelope("row", "transit:ivgraph:v2")


@pytest.mark.parametrize("data", [{}, {"plaintext": 1}, {"plaintext": "§"}])
async def test_a_data_key_of_another_form_is_not_used(data: Json) -> None:
    engine = transit(says(data={"ciphertext": "vault:v2:QUJD"}))
    sealed = (await engine.envelope("row", "transit:ivgraph:v2")).seal(b"text")
    with pytest.raises(KeysAwayError):
        await transit(says(data=data)).open(sealed, "row")
    for wrong in ("QUJD", ""):
        with pytest.raises(CannotOpenError):
            await transit(says(data={"plaintext": wrong})).open(sealed, "row")


@pytest.mark.parametrize("key_id", ["transit:other:v1", "transit:ivgraph", "transit:ivgraph:v", "transit:ivgraph:v²"])
async def test_records_of_other_keys_are_not_asked_for(key_id: str) -> None:
    def nobody(_: httpx.Request) -> httpx.Response:
        pytest.fail("it was asked")

    record = bytes((2, len(key_id.encode()))) + key_id.encode() + b"\x00\x0dvault:v2:QUJD" + b"x" * 40
    with pytest.raises(CannotOpenError):
        await transit(nobody).open(record, "row")
    with pytest.raises(CannotOpenError):
        await transit(nobody).open(Keyring({"local": bytes(32)}).seal(b"text", "row"), "row")


async def test_noise_in_a_record_is_not_sent() -> None:
    def nobody(_: httpx.Request) -> httpx.Response:
        pytest.fail("it was asked")

    head = b"\x02\x12transit:ivgraph:v2"
    for rest in (b"", b"\x00", b"\xff\xff", b"\x00\x04\xff\xff\xff\xff", b"\x00\x00" + b"x" * 50):
        with pytest.raises(CannotOpenError):
            await transit(nobody).open(head + rest, "row")


def test_it_shows_neither_address_nor_token() -> None:
    assert TOKEN not in repr(transit(says())) + str(vars(transit(says())))
