"""A credential that somebody quotes in an answer is gone before anybody reads it, however it is written."""

import base64
import json
import string
from urllib.parse import quote

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ivgraph_auth.core.http import Answer
from ivgraph_auth.core.secrets import Secret
from ivgraph_auth.notion.errors import NotionError
from ivgraph_auth.notion.masking import mask
from ivgraph_auth.notion.operations import NotionRequest, RawRequest
from tests.notion.kit import ACCESS, CLIENT_ID, CLIENT_SECRET, CODE, REFRESH, SECRETS, Wire, shown
from tests.notion.test_client import TOKEN_ANSWER

TOKENS = st.text(string.ascii_letters + string.digits + "_-.~", min_size=8, max_size=60)
VISIBLE = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=8, max_size=60)
ANY = st.one_of(TOKENS, VISIBLE, st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=8, max_size=20))


def json_escaped(character: str) -> str:
    units = character.encode("utf-16-be")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))


def ways(character: str) -> list[str]:
    """A character as JSON may hold it."""
    short = [f"\\{character}"] if character in '"\\/' else []
    plain = [] if character in '"\\' else [character]
    return [*plain, *short, json_escaped(character), json_escaped(character).upper().replace("\\U", "\\u")]


def answered(text: str) -> Answer:
    return Answer(200, {}, text.encode("utf-8", "surrogatepass"))


@given(ANY, st.data(), st.text(max_size=20), st.text(max_size=20))
def test_in_json_with_any_of_its_characters_escaped(secret: str, data: st.DataObject, before: str, after: str) -> None:
    written = "".join(data.draw(st.sampled_from(ways(character))) for character in secret)
    body = f'{{"message":"{json.dumps(before)[1:-1]} {written} {json.dumps(after)[1:-1]}"}}'
    assert secret in json.loads(body)["message"]
    found = mask(answered(body), [secret])
    message = json.loads(found.body)["message"]
    assert "***" in message
    if secret not in before + after:
        assert secret not in message


@given(st.text(string.ascii_letters + string.digits + '_"/:', min_size=8, max_size=60))
def test_in_json_within_json(secret: str) -> None:
    body = json.dumps({"message": json.dumps({"token": secret})})
    found = json.loads(mask(answered(body), [secret]).body)["message"]
    assert json.loads(found) == {"token": "***"}


@given(ANY, st.data(), st.booleans())
def test_in_a_url_with_any_of_its_characters_encoded(secret: str, data: st.DataObject, twice: bool) -> None:  # noqa: FBT001 -- hypothesis gives it
    def encoded(character: str) -> str:
        whole = "".join(f"%{byte:02X}" for byte in character.encode())
        return whole.replace("%", "%25") if twice else whole

    # It would be masked there, too.
    assume(secret not in "https://x/?token=")
    written = "".join(data.draw(st.sampled_from([quote(item, safe=""), encoded(item)])) for item in secret)
    assert mask(answered(f"https://x/?token={written}&a=b"), [secret]).body == b"https://x/?token=***&a=b"


@given(TOKENS, st.binary(max_size=9), st.binary(max_size=9), st.booleans())
def test_in_base64_wherever_it_stands_in_it(secret: str, before: bytes, after: bytes, url_safe: bool) -> None:  # noqa: FBT001 -- as above
    encode = base64.urlsafe_b64encode if url_safe else base64.b64encode
    written = encode(before + secret.encode() + after)
    found = mask(Answer(200, {}, written), [secret]).body
    assert b"***" in found
    assert len(found) <= len(encode(before)) + len(encode(after)) + 3 + 8


@given(st.binary(max_size=300), TOKENS)
def test_an_answer_without_it_stays_as_it_is(body: bytes, secret: str) -> None:
    if secret.encode() not in body:
        answer = Answer(200, {"content-type": "application/json"}, b"\\n\\u00e4 %20" + body)
        assert mask(answer, [secret]) == answer


@pytest.mark.parametrize("status", [200, 400, 401, 409, 413, 429, 500])
@pytest.mark.parametrize("written", [ACCESS, json_escaped("n") + ACCESS[1:], "".join(map(json_escaped, ACCESS))])
async def test_nothing_that_is_passed_on_holds_it(wire: Wire, status: int, written: str) -> None:
    kind = "page" if status == 200 else "error"
    body = f'{{"object":"{kind}","code":"{written}","message":"{written}","request_id":"{written}","code2":413}}'
    wire.answers(status, content=body.encode(), headers={"x-notion-request-id": ACCESS, "x-echo": ACCESS})
    raw = RawRequest("POST", "/v1/pages", "", b"{}", "application/json", None)
    if status in (401, 429):
        with pytest.raises(NotionError) as caught:
            await wire.api.answer(Secret(ACCESS), NotionRequest("POST", "/v1/pages"), writes=True, deadline=5)
        assert ACCESS not in shown(caught.value) + str(vars(caught.value))
        return
    told = await wire.api.pass_on(Secret(ACCESS), raw, writes=True, deadline=5)
    assert ACCESS not in json.dumps(json.loads(told.body)) + str(told.request_id) + str(told.code)
    assert "***" in json.loads(told.body)["request_id"]


@pytest.mark.parametrize("call", ["exchange", "introspect", "revoke"])
async def test_nor_does_a_refusal_of_the_oauth_endpoints(wire: Wire, call: str) -> None:
    basic = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
    for secret in (*SECRETS, basic):
        wire.router.reset()
        wire.answers(400, json={"error": secret, "request_id": secret})
        with pytest.raises(NotionError) as caught:
            await wire.call(call)
        sent = {"exchange": (CODE,), "introspect": (ACCESS,), "revoke": (REFRESH,)}[call]
        if secret in (*sent, CLIENT_SECRET, basic):
            assert secret not in shown(caught.value) + str(vars(caught.value))


async def test_a_refresh_token_that_notion_gives_again_is_kept(wire: Wire) -> None:
    """RFC 6749 §6 lets it; only where it is quoted elsewhere it goes."""
    wire.answers(json={**TOKEN_ANSWER, "workspace_name": f"of {REFRESH}", "request_id": REFRESH})
    answer = await wire.oauth.refresh(Secret(REFRESH), deadline=5)
    assert (answer.access_token, answer.refresh_token) == (ACCESS, REFRESH)
    assert (answer.workspace_name, answer.request_id) == ("of ***", "***")
