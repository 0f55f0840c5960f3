"""At all four doors where a client says where the browser goes: to what is registered, or nowhere (RFC 6749 §3.1.2.4,
RFC 9700 §4.1).
"""

from collections.abc import AsyncIterator, Iterable

import pytest

from tests.provider.documents import Hosts, answer, client_of, document, lead, run_hosts
from tests.provider.hostile_uris import HOSTILE, NEAR_LOOPBACK, NEAR_PRIVATE_USE, variants_of
from tests.provider.kit import CALLBACK, PAGE, Client, make_admin, register
from tests.support.clock import ManualClock
from tests.support.postgres import TestDatabases
from tests.support.service import Json, Service, Session, run_sandbox, run_service

LOOPBACK, PRIVATE = "http://127.0.0.1/callback", "com.example.app:/callback"
SIGNED_OUT = "https://app.example.com/signed-out"
# One that is empty is as if it were left out.
NOT_CALLBACK = tuple(uri for uri in (*HOSTILE, *variants_of(CALLBACK)) if uri)
NOT_OF_NATIVE = (*NOT_CALLBACK, *NEAR_LOOPBACK, *NEAR_PRIVATE_USE)


@pytest.fixture(scope="module")
async def site(migrated: TestDatabases) -> AsyncIterator[Service]:
    """Without a rate limit, which would soon stand in the way."""
    clock, url = ManualClock(), await migrated.create()
    async with (
        run_sandbox(clock) as sandbox,
        run_service(clock, sandbox, database_url=url, rate_limit=0, dynamic_registration=True) as service,
    ):
        yield service
    await migrated.drop(url)


@pytest.fixture(scope="module")
async def ada(site: Service) -> Session:
    return await make_admin(site)


async def expect_nowhere(session: Session, client: Client, uris: Iterable[str], **more: Json) -> None:
    """Nor with an error to tell, which a client would be told where it is to be answered."""
    for uri in uris:
        for asked in (client.authorize(redirect_uri=uri), client.authorize(redirect_uri=uri, response_type="token")):
            page = await session.client.get("/oauth2/authorize", params={**asked, **more}, headers=PAGE)
            assert (page.status_code, page.headers.get("location")) == (400, None), uri


def test_there_are_more_than_sixty_for_each_door() -> None:
    for uris in (HOSTILE, variants_of(CALLBACK), NOT_CALLBACK, NOT_OF_NATIVE, variants_of(SIGNED_OUT)):
        assert len(set(uris)) >= 60
    assert not {CALLBACK, LOOPBACK, PRIVATE} & set(NOT_OF_NATIVE)


@pytest.mark.slow
@pytest.mark.parametrize("app_type", ["regular_web", "spa"])
async def test_authorize_leads_a_web_app_nowhere_else(ada: Session, app_type: str) -> None:
    client = await register(ada, app_type, CALLBACK, "https://app.example.com/other")
    await expect_nowhere(ada, client, NOT_CALLBACK)
    good = await ada.client.get("/oauth2/authorize", params=client.authorize(), headers=PAGE)
    assert good.status_code == 303


@pytest.mark.slow
async def test_authorize_leads_a_native_app_nowhere_else(ada: Session) -> None:
    client = await register(ada, "native", CALLBACK, LOOPBACK, PRIVATE)
    await expect_nowhere(ada, client, NOT_OF_NATIVE)
    for uri in (CALLBACK, LOOPBACK, PRIVATE, "http://127.0.0.1:65535/callback"):
        good = await ada.client.get("/oauth2/authorize", params=client.authorize(redirect_uri=uri), headers=PAGE)
        assert "/oauth2/consent/" in good.headers["location"], uri


async def test_authorize_by_form_leads_nowhere_else(ada: Session) -> None:
    client = await register(ada)
    for uri in variants_of(CALLBACK)[::4]:
        page = await ada.client.post("/oauth2/authorize", data=client.authorize(redirect_uri=uri), headers=PAGE)
        assert (page.status_code, page.headers.get("location")) == (400, None), uri


@pytest.mark.slow
@pytest.mark.parametrize("uri_type", ["callback", "logout", "origin"])
@pytest.mark.parametrize("app_type", ["regular_web", "spa", "native"])
async def test_an_admin_registers_nothing_hostile(ada: Session, app_type: str, uri_type: str) -> None:
    client = await register(ada, app_type)
    for uri in HOSTILE:
        added = await ada.client.post(
            f"/api/oauth/apps/{client.id}/redirect-uris/", json={"uri": uri, "uri_type": uri_type}, headers=ada.bearer
        )
        assert added.status_code == 422, uri
    app = (await ada.client.get(f"/api/oauth/apps/{client.id}/", headers=ada.bearer)).json()
    assert [item["uri"] for item in app["redirect_uris"]] == [CALLBACK]


@pytest.mark.parametrize("native", [True, False])
async def test_nobody_registers_anything_hostile(ada: Session, *, native: bool) -> None:
    """All at once: the good one is kept, and each of the others is told. And nobody is led to one by it."""
    kind = {"application_type": "native"} if native else {}
    for uris in (HOSTILE[:60], HOSTILE[60:]):
        sent = {"redirect_uris": [*uris, CALLBACK], "post_logout_redirect_uris": [*uris, SIGNED_OUT], **kind}
        made = await ada.client.post("/oauth2/register", json=sent)
        assert made.status_code == 201, made.text
        told = made.json()
        assert (told["redirect_uris"], told["post_logout_redirect_uris"]) == ([CALLBACK], [SIGNED_OUT])
        assert [item["index"] for item in told["refused_redirect_uris"]] == list(range(len(uris)))
        await expect_nowhere(ada, Client(0, told["client_id"], None), [uri for uri in uris[::5] if uri])
    refused = await ada.client.post("/oauth2/register", json={"redirect_uris": list(HOSTILE[:100]), **kind})
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_redirect_uri")


@pytest.mark.slow
async def test_alone_none_of_them_is_registered(site: Service, ada: Session) -> None:
    for uri in HOSTILE:
        await site.execute("DELETE FROM oauth_registrations")
        refused = await ada.client.post("/oauth2/register", json={"redirect_uris": [uri]})
        assert (refused.status_code, refused.json()["error"]) == (400, "invalid_redirect_uri"), uri


@pytest.mark.slow
async def test_what_registered_itself_leads_nowhere_else(ada: Session) -> None:
    uris = [CALLBACK, LOOPBACK, PRIVATE]
    made = await ada.client.post("/oauth2/register", json={"redirect_uris": uris, "application_type": "native"})
    await expect_nowhere(ada, Client(0, made.json()["client_id"], None), NOT_OF_NATIVE)


@pytest.fixture(scope="module")
async def hosts(site: Service, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Hosts]:
    async with run_hosts(tmp_path_factory.mktemp("hosts")) as hosts:
        lead(hosts, site)
        yield hosts


async def test_a_document_holds_nothing_hostile(hosts: Hosts, ada: Session, site: Service) -> None:
    for number, uris in enumerate((HOSTILE[:60], HOSTILE[60:])):
        client = client_of(f"https://client.example.com/{number}.json")
        hosts.answers[f"/{number}.json"] = answer(
            document(client.client_id, redirect_uris=[*uris, CALLBACK], post_logout_redirect_uris=[*uris, SIGNED_OUT])
        )
        good = await ada.client.get("/oauth2/authorize", params=client.authorize(), headers=PAGE)
        assert good.status_code == 303, good.text
        await expect_nowhere(ada, client, [uri for uri in uris[::5] if uri])
    kept = await site.rows(
        "SELECT DISTINCT uri FROM oauth_redirect_uris JOIN oauth_apps ON oauth_apps.id = app_id"
        " WHERE registration = 'metadata_document' ORDER BY uri"
    )
    assert [row["uri"] for row in kept] == [CALLBACK, SIGNED_OUT]


@pytest.mark.slow
async def test_a_document_leads_nowhere_else(hosts: Hosts, ada: Session) -> None:
    client = client_of("https://client.example.com/native.json")
    uris = [CALLBACK, LOOPBACK, PRIVATE]
    hosts.answers["/native.json"] = answer(document(client.client_id, redirect_uris=uris, application_type="native"))
    await expect_nowhere(ada, client, NOT_OF_NATIVE)
    good = await ada.client.get("/oauth2/authorize", params=client.authorize(redirect_uri=PRIVATE), headers=PAGE)
    assert good.status_code == 303


@pytest.mark.slow
async def test_logout_leads_nowhere_else(ada: Session) -> None:
    """Nor to what is registered for something else, nor to another port."""
    client = await register(ada, "native", CALLBACK, LOOPBACK)
    for uri in (SIGNED_OUT, LOOPBACK):
        added = await ada.client.post(
            f"/api/oauth/apps/{client.id}/redirect-uris/", json={"uri": uri, "uri_type": "logout"}, headers=ada.bearer
        )
        assert added.status_code == 201
    hostile = [uri for uri in (*HOSTILE, *variants_of(SIGNED_OUT), *NEAR_LOOPBACK, *NEAR_PRIVATE_USE) if uri]
    for uri in (*hostile, CALLBACK, "http://127.0.0.1:8080/callback"):
        asked = {"client_id": client.client_id, "post_logout_redirect_uri": uri}
        for page in (
            await ada.client.get("/oauth2/logout", params=asked, headers=PAGE),
            await ada.client.post("/oauth2/logout", data=asked, headers=PAGE),
        ):
            assert (page.status_code, page.headers.get("location")) == (400, None), uri
    still = await ada.client.get("/api/auth/me/", headers=ada.bearer)
    assert still.status_code == 200


async def test_logout_without_an_app_leads_nowhere(ada: Session) -> None:
    for uri in (SIGNED_OUT, CALLBACK, "https://evil.example/", "/dashboard/", "//evil.example"):
        page = await ada.client.get("/oauth2/logout", params={"post_logout_redirect_uri": uri}, headers=PAGE)
        assert (page.status_code, page.headers.get("location")) == (400, None), uri
