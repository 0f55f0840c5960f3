"""The list of apps, for admins: all of them, or those that came to be known in one way."""

from tests.provider.kit import make_admin, register
from tests.support.service import Json, Service, Session

APPS = "/api/oauth/apps/"


async def names(admin: Session, **query: Json) -> list[str]:
    answer = await admin.client.get(APPS, params=query, headers=admin.bearer)
    assert answer.status_code == 200, answer.text
    return [app["name"] for app in answer.json()["results"]]


async def test_is_narrowed_by_how_they_came(swept_service: Service) -> None:
    ada = await make_admin(swept_service)
    for name in ("First", "Second", "Third"):
        await register(ada, name=name)
    await swept_service.execute("UPDATE oauth_apps SET registration = 'dynamic' WHERE name = 'Second'")
    assert await names(ada) == ["Third", "Second", "First"]
    assert await names(ada, registration="admin") == ["Third", "First"]
    assert await names(ada, registration="dynamic") == ["Second"]
    assert await names(ada, registration="service") == []
    unknown = await ada.client.get(APPS, params={"registration": "nobody"}, headers=ada.bearer)
    assert unknown.status_code == 422


async def test_its_pages_are_of_one_list(swept_service: Service) -> None:
    ada = await make_admin(swept_service)
    for name in ("First", "Second", "Third"):
        await register(ada, name=name)
    page = await ada.client.get(APPS, params={"registration": "admin", "limit": 2}, headers=ada.bearer)
    cursor = page.json()["next_cursor"]
    assert await names(ada, registration="admin", cursor=cursor) == ["First"]
    foreign = await ada.client.get(APPS, params={"cursor": cursor}, headers=ada.bearer)
    assert (foreign.status_code, foreign.json()["code"]) == (400, "invalid_cursor")
