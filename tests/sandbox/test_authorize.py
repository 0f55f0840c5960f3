import dataclasses
from typing import Any

import httpx
import pytest

from ivgraph_auth.sandbox.app import Sandbox, SandboxConfig, create_sandbox
from tests.sandbox.kit import ASK, CALLBACK, CLIENT_ID, Script, bare, outcome
from tests.sandbox.page import Page

ROADMAP = "a17a6a44-d7ba-4909-952a-e8fe86acc0ed"
AUTUMN = "c2d96724-382e-428e-86da-1e6adc447928"


async def test_a_person_clicks_through_without_a_script(script: Script, instance: Sandbox) -> None:
    page = Page((await script.client.get("/v1/oauth/authorize", params=ASK)).text)
    assert "script" not in page.tags
    page = Page((await script.client.get(page.links["Farah Haddad"])).text)
    page = Page((await script.client.get(page.links["Harbour Library"])).text)
    assert page.hidden == {**ASK, "person": "farah", "workspace": "harbour", "picker": "1"}
    assert page.ticked == [each.id for each in instance.state.world.workspaces[2].pages]
    assert page.buttons == ["cancel", "allow"]
    assert page.form == {"method": "post", "action": "/v1/oauth/authorize"}
    form = {**page.hidden, "pages": page.ticked[1:2], "decision": "allow"}
    answer = await script.client.post(page.form["action"], data=form)
    tokens = (await script.exchange(outcome(answer)["code"])).json()
    assert tokens["workspace_name"] == "Harbour Library"
    assert tokens["owner"]["user"]["name"] == "Farah Haddad"
    assert [grant.pages for grant in instance.state.grants] == [tuple(page.ticked[1:2])]


async def test_the_page_says_what_it_is(client: httpx.AsyncClient) -> None:
    page = await client.get("/v1/oauth/authorize", params=ASK)
    text = page.text
    assert "<b>IVGraph (sandbox)</b> wants to access your Notion workspace" in text
    assert "This is not Notion" in text
    assert "Update content" in text
    assert "e-mail addresses included" in text
    assert "without e-mail addresses" not in text
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "form-action 'self' http://127.0.0.1:8000 " in policy
    assert page.headers["cache-control"] == "no-store"


async def test_what_the_client_says_is_escaped(client: httpx.AsyncClient) -> None:
    nasty = '"><script>alert(1)</script>'
    ask = {**ASK, "state": nasty, "redirect_uri": f"{CALLBACK}?x={nasty}"}
    page = await client.get("/v1/oauth/authorize", params=ask)
    assert page.status_code == 200
    assert "<script" not in page.text
    parsed = Page(page.text)
    assert "script" not in parsed.tags
    assert parsed.hidden["state"] == nasty
    assert parsed.hidden["redirect_uri"] == ask["redirect_uri"]


async def test_a_mounted_sandbox_links_below_its_mount_point(instance: Sandbox) -> None:
    transport = httpx.ASGITransport(instance.app, root_path="/notion")
    async with httpx.AsyncClient(transport=transport, base_url="http://notion.test") as client:
        page = Page((await client.get("/notion/v1/oauth/authorize", params=ASK)).text)
    assert page.form["action"] == "/notion/v1/oauth/authorize"
    assert all(link.startswith("/notion/v1/oauth/authorize?") for link in page.current)
    assert len(page.current) == 2


@pytest.mark.parametrize(
    ("form", "pages"),
    [
        ({}, 6),
        ({"picker": "1"}, 0),
        ({"pages": [AUTUMN, ROADMAP]}, 2),
        ({"picker": "1", "pages": [AUTUMN]}, 1),
    ],
)
async def test_the_page_picker(script: Script, instance: Sandbox, form: dict[str, Any], pages: int) -> None:
    await script.pair(**form)
    (grant,) = instance.state.grants
    assert len(grant.pages) == pages
    if "pages" in form:
        assert set(grant.pages) == set(form["pages"])


async def test_the_choice_of_pages_holds_for_earlier_tokens_too(script: Script, instance: Sandbox) -> None:
    await script.pair()
    await script.pair(pages=[ROADMAP])
    await script.pair(person="bruno")
    assert [len(grant.pages) for grant in instance.state.grants] == [1, 1, 7]  # the last with Bruno's own page


async def test_cancel_says_so_and_nothing_else(script: Script) -> None:
    answer = await script.decide(decision="cancel")
    assert answer.headers["location"] == f"{CALLBACK}?error=access_denied&state=st-1"


async def test_the_query_of_the_redirect_uri_is_kept(script: Script) -> None:
    uri = "http://[::1]:8000/callback?tenant=a%20b&empty="
    answer = await script.decide(redirect_uri=uri, state="x&y=z #ü")
    location = answer.headers["location"]
    assert location.startswith(f"{uri}&code=")
    assert outcome(answer)["state"] == "x&y=z #ü"
    assert (await script.exchange(outcome(answer)["code"], uri)).status_code == 200


async def test_without_a_state_none_comes_back(client: httpx.AsyncClient) -> None:
    form = {name: value for name, value in ASK.items() if name != "state"}
    assert list(outcome(await client.post("/v1/oauth/authorize", data=form))) == ["code"]


async def test_a_script_may_post_to_the_very_url_it_was_sent_to(script: Script) -> None:
    answer = await script.client.post("/v1/oauth/authorize", params=ASK, data={"person": "bruno"})
    tokens = (await script.exchange(outcome(answer)["code"])).json()
    assert tokens["owner"]["user"]["name"] == "Bruno Okafor"
    answer = await script.client.post("/v1/oauth/authorize", params=ASK)
    assert set(outcome(answer)) == {"code", "state"}


UNFIT = [
    ("client_id", None, "defined, instead was `undefined`"),
    ("client_id", "", "a string or `undefined`, instead was `0`"),
    ("client_id", "other", 'the id of a known client, instead was `"other"`'),
    ("redirect_uri", None, "defined, instead was `undefined`"),
    ("response_type", None, "defined, instead was `undefined`"),
    ("response_type", "token", '`"code"`, instead was `"token"`'),
    ("owner", None, "defined, instead was `undefined`"),
    ("owner", "workspace", '`"user"`, instead was `"workspace"`'),
    ("person", "mallory", 'one of the people here, instead was `"mallory"`'),
    ("workspace", "harbour", 'one of this person\'s workspaces, instead was `"harbour"`'),
    ("pages", "1234", 'pages of this workspace, instead was `"1234"`'),
    ("state", ["a", "b"], 'a string or `undefined`, instead was `["a", "b"]`'),
]


@pytest.mark.parametrize(("name", "value", "should"), UNFIT)
@pytest.mark.parametrize("where", ["query", "body"])
async def test_an_unfit_member_is_answered_directly(
    client: httpx.AsyncClient, where: str, name: str, value: str | None, should: str
) -> None:
    members = {key: each for key, each in {**ASK, name: value}.items() if each is not None}
    if where == "query":
        answer = await client.get("/v1/oauth/authorize", params=members)
    else:
        answer = await client.post("/v1/oauth/authorize", data=members)
    assert answer.status_code == 400
    assert bare(answer) == {
        "error": "invalid_request",
        "error_description": f"{where} failed validation: {where}.{name} should be {should}.",
    }


async def test_an_unknown_decision_is_refused(script: Script) -> None:
    answer = await script.decide(decision="maybe")
    assert answer.status_code == 400
    assert "body.decision" in bare(answer)["error_description"]


@pytest.mark.parametrize(
    "uri",
    [
        "https://evil.example/callback",
        "http://127.0.0.1.evil.example/",
        "http://localhost@evil.example/",
        "http://10.0.0.1/callback",
        "http://user@localhost/callback",
        "http://localhost/callback#fragment",
        "http://localhost:99999/callback",
        "javascript:alert(1)",
        "//localhost/callback",
        "http://[::1",
        "localhost",
    ],
)
async def test_only_loopback_is_taken_when_none_is_registered(script: Script, uri: str) -> None:
    answer = await script.decide(redirect_uri=uri)
    assert answer.status_code == 400
    assert "body.redirect_uri should be one of the redirect URIs of this client" in bare(answer)["error_description"]


@pytest.mark.parametrize(
    "uri", ["http://localhost:1/", "https://127.0.0.2/a?b=c", "http://[::1]:8/", "http://app.localhost"]
)
async def test_every_loopback_is_taken_when_none_is_registered(script: Script, uri: str) -> None:
    assert "code" in outcome(await script.decide(redirect_uri=uri))


async def test_registered_uris_are_matched_to_the_letter(config: SandboxConfig) -> None:
    uri = "https://id.ivgraph.example/callback"
    instance = create_sandbox(dataclasses.replace(config, redirect_uris=(uri,)))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(instance.app), base_url="http://notion.test") as client:
        script = Script(client)
        assert "code" in outcome(await script.decide(redirect_uri=uri))
        for other in (f"{uri}/", f"{uri}?a=b", uri.upper(), CALLBACK):
            assert (await script.decide(redirect_uri=other)).status_code == 400
        page = await client.get("/v1/oauth/authorize", params={**ASK, "redirect_uri": uri})
        front = await client.get("/")
    assert "https://id.ivgraph.example " in page.headers["content-security-policy"]
    assert uri in front.text
    assert CLIENT_ID in front.text


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"x" * 70_000, "application/x-www-form-urlencoded"),
        (b"&".join(b"a=1" for _ in range(500)), "application/x-www-form-urlencoded"),
        (b'{"client_id": "x"}', "application/json"),
        (b"client_id=x", "text/plain"),
    ],
)
async def test_forms_are_bounded_and_urlencoded(client: httpx.AsyncClient, body: bytes, kind: str) -> None:
    answer = await client.post("/v1/oauth/authorize", content=body, headers={"Content-Type": kind})
    assert answer.status_code == 400
    assert bare(answer)["error"] == "invalid_request"
