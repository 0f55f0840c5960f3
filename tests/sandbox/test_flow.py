import dataclasses
from typing import Any

import httpx
import pytest

from ivgraph_auth.core.secrets import Secret
from ivgraph_auth.sandbox.app import Call, Sandbox, SandboxConfig, create_sandbox
from tests.sandbox.kit import CLIENT_ID, CLIENT_SECRET, Script, bare

ADA = "93fb3994-f617-4ffb-86c9-c1a01d5f907a"
LIGHTHOUSE = "b99d9983-54c8-49e4-9b4c-0bafb3fef367"


async def test_from_the_consent_page_to_who_am_i(script: Script, instance: Sandbox) -> None:
    page = await script.client.get("/v1/oauth/authorize", params={**_ask(), "person": "ada"})
    assert page.status_code == 200
    answer = await script.exchange(await script.code(person="ada"))
    tokens = bare(answer)
    access, refresh, bot_id = tokens["access_token"], tokens["refresh_token"], tokens["bot_id"]
    assert access.startswith("ntn_")
    assert refresh.startswith("nrt_")
    owner = {
        "type": "user",
        "user": {
            "object": "user",
            "id": ADA,
            "name": "Ada Winter",
            "avatar_url": "https://lighthouse.example/ada.png",
            "type": "person",
            "person": {"email": "ada.winter@lighthouse.example", "email_verified": True},
        },
    }
    assert tokens == {
        "access_token": access,
        "token_type": "bearer",
        "refresh_token": refresh,
        "bot_id": bot_id,
        "workspace_name": "Lighthouse Studio",
        "workspace_icon": "🗼",
        "workspace_id": LIGHTHOUSE,
        "owner": owner,
        "duplicated_template_id": None,
    }
    assert bare(await script.me(access)) == {
        "object": "user",
        "id": bot_id,
        "name": "IVGraph (sandbox)",
        "avatar_url": None,
        "type": "bot",
        "bot": {
            "owner": owner,
            "workspace_name": "Lighthouse Studio",
            "workspace_id": LIGHTHOUSE,
            "workspace_limits": {"max_file_upload_size_in_bytes": 5242880},
        },
    }
    assert instance.calls == [
        Call("GET", "/v1/oauth/authorize", 200),
        Call("POST", "/v1/oauth/authorize", 302),
        Call("POST", "/v1/oauth/token", 200, "authorization_code"),
        Call("GET", "/v1/users/me", 200, grant="ada@lighthouse"),
    ]


@pytest.mark.parametrize(
    ("person", "user"),
    [
        ("bruno", {"name": "Bruno Okafor", "person": {"email": "bruno@lighthouse.example", "email_verified": False}}),
        ("chiara", {"name": "Chiara Lindqvist", "person": {}}),
        ("unnamed", {"name": None, "person": {"email": "reader.17@harbour.example"}}),
        ("farah", {"name": "Farah Haddad", "person": {"email": "farah@lighthouse.example"}}),
    ],
)
async def test_each_form_of_a_person(script: Script, person: str, user: dict[str, Any]) -> None:
    told = (await script.pair(person=person))["owner"]["user"]
    assert {"name": told["name"], "person": told["person"]} == user
    assert list(told) == ["object", "id", "name", "avatar_url", "type", "person"]


async def test_a_partial_person_is_an_id(script: Script) -> None:
    tokens = await script.pair(person="deniz")
    assert tokens["owner"] == {
        "type": "user",
        "user": {"object": "user", "id": "3d7fce31-6868-4c9d-8de7-091e085b413c"},
    }
    assert bare(await script.me(tokens["access_token"]))["bot"]["owner"] == tokens["owner"]


@pytest.mark.parametrize(
    ("capabilities", "user"),
    [
        (("read_content",), {"object": "user", "id": ADA}),
        (("read_content", "read_user_without_email"), {"person": {}}),
        (("read_user_with_email",), {"person": {"email": "ada.winter@lighthouse.example", "email_verified": True}}),
    ],
)
async def test_capabilities_decide_what_is_told(
    config: SandboxConfig, capabilities: tuple[str, ...], user: dict[str, Any]
) -> None:
    instance = create_sandbox(dataclasses.replace(config, capabilities=capabilities))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(instance.app), base_url="http://notion.test") as client:
        script = Script(client)
        tokens = await script.pair()
        told = tokens["owner"]["user"]
        introspected = await script.introspect(tokens["access_token"])
    assert {name: told[name] for name in user} == user
    assert ("person" in told) == ("person" in user)
    assert introspected["scope"] == " ".join(capabilities)


@pytest.mark.parametrize(
    ("person", "workspace", "icon"),
    [
        ("ada", "notebook", None),
        ("farah", "harbour", "https://harbour.example/icon.png"),
        ("farah", "lighthouse", "🗼"),
    ],
)
async def test_workspaces_and_their_icons(script: Script, person: str, workspace: str, icon: str | None) -> None:
    tokens = await script.pair(person=person, workspace=workspace)
    assert tokens["workspace_icon"] == icon


async def test_people_and_workspaces_go_by_id_too(script: Script) -> None:
    tokens = await script.pair(person=ADA, workspace="d3bfb712-fb72-4e37-befb-057ea5a3ec61")
    assert tokens["workspace_name"] == "Ada's notebook"


async def test_every_authorization_mints_a_fresh_pair_for_the_same_bot(script: Script) -> None:
    first, second = await script.pair(), await script.pair()
    assert first["bot_id"] == second["bot_id"]
    assert first["access_token"] != second["access_token"]
    assert first["refresh_token"] != second["refresh_token"]
    assert (await script.me(first["access_token"])).status_code == 200
    assert (await script.me(second["access_token"])).status_code == 200


async def test_bots_differ_by_person_and_by_workspace(script: Script) -> None:
    pairs = [
        await script.pair(person=person, workspace=workspace)
        for person, workspace in [("ada", "lighthouse"), ("ada", "notebook"), ("bruno", "lighthouse")]
    ]
    assert len({pair["bot_id"] for pair in pairs}) == 3


async def test_the_switches_make_members_null(script: Script, instance: Sandbox) -> None:
    instance.null_refresh_token = True
    instance.null_workspace = True
    tokens = await script.pair()
    assert tokens["refresh_token"] is None
    assert tokens["workspace_name"] is None
    assert tokens["workspace_icon"] is None
    assert tokens["workspace_id"] == LIGHTHOUSE
    assert bare(await script.me(tokens["access_token"]))["bot"]["workspace_name"] is None


async def test_calls_hold_nothing_secret(script: Script, instance: Sandbox) -> None:
    tokens = await script.pair()
    await script.token(grant_type=tokens["access_token"])
    shown = repr(instance.calls) + repr(instance)
    assert tokens["access_token"] not in shown
    assert tokens["refresh_token"] not in shown
    assert CLIENT_SECRET not in shown


async def test_the_front_page_names_everybody(client: httpx.AsyncClient, instance: Sandbox) -> None:
    page = await client.get("/")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert all(f"<code>{person.key}</code>" in page.text for person in instance.state.world.people)
    assert "any on a loopback host" in page.text
    assert instance.calls == []


async def test_the_style_is_served(client: httpx.AsyncClient) -> None:
    style = await client.get("/static/sandbox.css")
    assert style.status_code == 200
    assert style.headers["content-type"] == "text/css; charset=utf-8"
    assert "prefers-color-scheme: dark" in style.text


@pytest.mark.parametrize(
    ("client_id", "secret", "capabilities"),
    [("", "s", ()), ("c", "", ()), ("a:b", "s", ()), ("c", "s", ("read_minds",))],
)
def test_a_config_that_cannot_work_is_refused(client_id: str, secret: str, capabilities: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match=r"needs|colon|read_minds"):
        SandboxConfig(client_id, Secret(secret), capabilities=capabilities)


def _ask() -> dict[str, str]:
    return {
        "client_id": CLIENT_ID,
        "redirect_uri": "http://localhost:9/cb",
        "response_type": "code",
        "owner": "user",
    }
