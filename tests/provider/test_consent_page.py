"""The page that asks a person: what it says of the app, what it reaches, and whose form it is."""

import re

import pytest

from tests.provider.kit import PAGE, answered, decide, make_admin, question, register
from tests.support.service import Service

LOOPBACK, PRIVATE, CURSOR = (
    "http://127.0.0.1:7777/callback",
    "com.example.app:/callback",
    "cursor://anysphere.cursor-mcp/oauth/callback",
)


async def add_pages(service: Service, count: int) -> None:
    """As if so many pages of the first workspace had been read, one of which is hidden."""
    await service.execute(
        "INSERT INTO graphs (grant_id, workspace_id, created_at) SELECT id, workspace_id, now() FROM grants"
        " ON CONFLICT DO NOTHING"
    )
    await service.execute(
        "INSERT INTO graph_nodes (graph_id, notion_id, type, title, title_key, words, properties, hidden, digest,"
        " read_at, seen_run) SELECT graphs.id, gen_random_uuid(), 'page', '', '', '', '{}', n = 0, '', now(), 0"
        " FROM graphs, generate_series(0, :count) AS n",
        count=count,
    )


async def test_says_what_it_reaches(swept_service: Service) -> None:
    ada = await make_admin(swept_service)
    client = await register(ada)
    page = await question(ada, client)
    assert "not counted yet" in page.text
    assert "it reaches" not in page.text
    await add_pages(swept_service, 214)
    text = re.sub(r"\s+", " ", (await question(ada, client)).text)
    assert "it reaches <strong>214 pages and databases in 1 workspace</strong>" in text
    # Nothing of a workspace is asked for.
    text = (await question(ada, client, scope="openid profile")).text
    assert "workspaces" not in text


async def test_counts_what_this_person_sees_alone(swept_service: Service) -> None:
    ada = await make_admin(swept_service)
    client = await register(ada)
    await add_pages(swept_service, 3)
    bruno = await swept_service.sign_in("bruno")
    text = (await question(bruno, client)).text
    assert "3 pages" not in text
    assert "not counted yet" in text


@pytest.mark.parametrize("uri", [LOOPBACK, PRIVATE, CURSOR])
async def test_warns_of_places_on_a_device_and_always_asks(swept_service: Service, uri: str) -> None:
    ada = await make_admin(swept_service)
    client = await register(ada, "native", uri)
    for _ in range(2):
        page = await question(ada, client, redirect_uri=uri)
        assert page.status_code == 200
        assert "this device" in page.text or "device in front of you" in page.text
        host = "127.0.0.1" if uri == LOOPBACK else uri.partition(":")[0]
        assert f'<p class="host">{host}</p>' in page.text
        target = "http://127.0.0.1:7777" if uri == LOOPBACK else f"{host}:"
        assert f"form-action 'self' {target};" in page.headers["content-security-policy"]
        assert answered(await decide(ada, page))["code"]


async def test_one_that_an_admin_registered_is_not_asked_twice(swept_service: Service) -> None:
    ada = await make_admin(swept_service)
    client = await register(ada)
    assert "own word" not in (await question(ada, client)).text
    answered(await decide(ada, await question(ada, client)))
    assert "code" in answered(await question(ada, client))


async def test_no_other_page_frames_it(swept_service: Service) -> None:
    ada = await make_admin(swept_service)
    page = await question(ada, await register(ada))
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert page.headers["x-frame-options"] == "DENY"


async def test_the_form_of_another_person_is_refused(swept_service: Service) -> None:
    ada = await make_admin(swept_service)
    client = await register(ada)
    page = await question(ada, client)
    # In their own browser; and in this one, where they have signed in meanwhile.
    bruno = await swept_service.sign_in("bruno")
    assert (await decide(bruno, page)).status_code >= 400
    await swept_service.sign_in("bruno", client=ada.client)
    assert (await decide(ada, page)).status_code == 403
    assert await swept_service.rows("SELECT 1 FROM oauth_grants") == []
    # What she was asked herself she may answer, once.
    own = await ada.client.get(page.request.url.path, headers=PAGE)
    assert "code" in answered(await decide(ada, own))
    assert (await decide(ada, own)).status_code == 400


async def test_a_form_that_was_made_up_is_refused(swept_service: Service) -> None:
    ada = await make_admin(swept_service)
    page = await question(ada, await register(ada))
    form = {"decision": "allow", "scope": "graph:read", "csrf": "0" * 64}
    assert (await ada.client.post(page.request.url.path, data=form, headers=PAGE)).status_code == 403
