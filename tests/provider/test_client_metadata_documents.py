"""draft-ietf-oauth-client-id-metadata-document: clients whose id is the URL of a document about them."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.provider.documents import ADDRESS, CLIENT_ID, HOST, Hosts, answer, client_of, document, lead, run_hosts
from tests.provider.kit import answered, decide, question, redeem
from tests.support.service import Service


@pytest.fixture(scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Hosts]:
    directory: Path = tmp_path_factory.mktemp("hosts")
    async with run_hosts(directory) as hosts:
        yield hosts


@pytest.fixture
async def hosts(running: Hosts, swept_service: Service) -> Hosts:
    await swept_service.execute("DELETE FROM oauth_apps")
    # Another minute: what was fetched for the test before does not count.
    swept_service.clock.advance(seconds=60)
    running.forget()
    lead(running, swept_service)
    return running


async def test_from_document_to_tokens(swept_service: Service, hosts: Hosts) -> None:
    hosts.answers["/app.json"] = answer(document())
    ada = await swept_service.sign_in()
    page = await question(ada, client_of())
    assert "Trip planner" in page.text
    assert "app.example.com" in page.text
    assert "own word" in page.text
    code = answered(await decide(ada, page))["code"]
    tokens = await redeem(ada, client_of(), code)
    assert tokens.status_code == 200, tokens.text
    # It can use one, so it gets one, although `offline_access` is for the others to ask for.
    assert "refresh_token" in tokens.json()
    assert hosts.asked == [(HOST, "/app.json")]
    assert hosts.reached == [ADDRESS]
    assert CLIENT_ID in [row["client_id"] for row in await swept_service.rows("SELECT client_id FROM oauth_apps")]
