"""A Django service with the same key takes our tokens as they are, and its clients find our answers familiar."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from ivgraph_auth.core.secrets import random_token
from tests.support.credentials import authorization, claims_of, sign
from tests.support.service import Json, Service, Session

pytestmark = pytest.mark.interop

BOTH = pytest.mark.parametrize("path", ["/stateless/", "/user/"])
LIFETIME = timedelta(hours=4)
REFRESH = "/api/auth/refresh/"

Forge = Callable[[Session], str]


async def access_of_age(service: Service, age: timedelta) -> str:
    service.clock.moment = datetime.now(UTC) - age
    session = await service.sign_in("ada")
    service.clock.moment = datetime.now(UTC)
    return session.access


async def both_refresh(ada: Session, django: httpx.AsyncClient, body: Json) -> tuple[httpx.Response, httpx.Response]:
    return await ada.client.post(REFRESH, json=body), await django.post("/refresh/", json=body)


@BOTH
async def test_django_takes_an_access_token_of_a_sign_in(path: str, ada: Session, django: httpx.AsyncClient) -> None:
    answer = await django.get(path, headers=ada.bearer)
    assert answer.status_code == 200, answer.text
    assert answer.json()["user_id"] == ada.me["id"]


async def test_django_finds_its_own_user_by_our_user_id(ada: Session, django: httpx.AsyncClient) -> None:
    assert (await django.get("/user/", headers=ada.bearer)).json()["user"] == "known-to-django"


async def test_django_sees_another_user_in_another_persons_token(
    shared_service: Service, ada: Session, django: httpx.AsyncClient
) -> None:
    bruno = await shared_service.sign_in("bruno")
    stateless = await django.get("/stateless/", headers=bruno.bearer)
    assert stateless.json()["user_id"] == bruno.me["id"] != ada.me["id"]
    unknown = await django.get("/user/", headers=bruno.bearer)
    assert (unknown.status_code, unknown.json()["code"]) == (401, "user_not_found")


@BOTH
@pytest.mark.parametrize("how", [{}, {"rotate": True}], ids=["kept", "rotated"])
async def test_django_takes_a_refreshed_access_token(
    path: str, how: Json, shared_service: Service, django: httpx.AsyncClient
) -> None:
    session = await shared_service.sign_in("ada")
    refreshed = await session.client.post(REFRESH, json={"refresh": session.refresh, **how})
    answer = await django.get(path, headers=authorization(refreshed.json()["access"]))
    assert answer.status_code == 200, answer.text


@BOTH
@pytest.mark.parametrize(
    ("age", "status"), [(LIFETIME - timedelta(minutes=1), 200), (LIFETIME + timedelta(seconds=1), 401)]
)
async def test_django_takes_an_access_token_until_it_expires(
    path: str, age: timedelta, status: int, shared_service: Service, django: httpx.AsyncClient
) -> None:
    access = await access_of_age(shared_service, age)
    answer = await django.get(path, headers=authorization(access))
    assert answer.status_code == status, answer.text


@BOTH
@pytest.mark.parametrize(
    "forge",
    [
        pytest.param(lambda ada: ada.refresh, id="a refresh token"),
        pytest.param(lambda ada: sign(claims_of(ada.access), random_token()), id="signed with another key"),
        pytest.param(lambda ada: ada.access[:-10], id="cut off"),
    ],
)
async def test_django_and_we_refuse_alike(path: str, forge: Forge, ada: Session, django: httpx.AsyncClient) -> None:
    headers = authorization(forge(ada))
    for answer in (await django.get(path, headers=headers), await ada.client.get("/api/auth/me/", headers=headers)):
        assert (answer.status_code, answer.json()["code"]) == (401, "token_not_valid")
        assert isinstance(answer.json()["detail"], str)
        assert answer.headers["www-authenticate"].startswith("Bearer ")


async def test_a_missing_credential_is_told_alike(ada: Session, django: httpx.AsyncClient) -> None:
    for answer in (await django.get("/user/"), await ada.client.get("/api/auth/me/")):
        assert answer.status_code == 401
        assert isinstance(answer.json()["detail"], str)
        assert answer.headers["www-authenticate"].startswith("Bearer ")


async def test_a_refresh_answers_what_simplejwt_answers(ada: Session, django: httpx.AsyncClient) -> None:
    ours, theirs = await both_refresh(ada, django, {"refresh": ada.refresh})
    assert ours.status_code == theirs.status_code == 200
    assert ours.json().keys() == theirs.json().keys() == {"access"}
    ours_claims, theirs_claims = (claims_of(answer.json()["access"]) for answer in (ours, theirs))
    assert {name: type(value) for name, value in ours_claims.items()} == {
        name: type(value) for name, value in theirs_claims.items()
    }
    assert ours_claims["token_type"] == theirs_claims["token_type"] == "access"
    assert ours_claims["user_id"] == theirs_claims["user_id"] == ada.me["id"]


@pytest.mark.parametrize(
    "forge",
    [
        pytest.param(lambda _: "no token at all", id="nonsense"),
        pytest.param(lambda ada: ada.access, id="an access token"),
        pytest.param(lambda ada: sign(claims_of(ada.refresh), random_token()), id="signed with another key"),
    ],
)
async def test_a_refused_refresh_answers_what_simplejwt_answers(
    forge: Forge, ada: Session, django: httpx.AsyncClient
) -> None:
    ours, theirs = await both_refresh(ada, django, {"refresh": forge(ada)})
    assert ours.status_code == theirs.status_code == 401
    assert theirs.json().keys() <= ours.json().keys()
    assert ours.json()["code"] == theirs.json()["code"] == "token_not_valid"
    assert isinstance(ours.json()["detail"], str)
    assert ours.headers["www-authenticate"].startswith("Bearer ")


async def test_an_expired_refresh_token_is_refused_alike(
    shared_service: Service, ada: Session, django: httpx.AsyncClient
) -> None:
    shared_service.clock.moment = datetime.now(UTC) - timedelta(days=7, seconds=1)
    old = await shared_service.sign_in("ada")
    shared_service.clock.moment = datetime.now(UTC)
    for answer in await both_refresh(ada, django, {"refresh": old.refresh}):
        assert (answer.status_code, answer.json()["code"]) == (401, "token_not_valid")


async def test_a_token_that_django_made_by_itself_opens_nothing_here(ada: Session, django: httpx.AsyncClient) -> None:
    minted = authorization((await django.post("/mint/")).json()["access"])
    assert (await django.get("/user/", headers=minted)).status_code == 200
    answer = await ada.client.get("/api/auth/me/", headers=minted)
    assert (answer.status_code, answer.json()["code"]) == (401, "token_not_valid")


async def test_both_shapes_name_the_same_claims(ada: Session, django: httpx.AsyncClient) -> None:
    theirs = claims_of((await django.post("/mint/")).json()["access"])
    ours = claims_of(ada.access)
    assert theirs.keys() <= ours.keys()
    assert {name: type(ours[name]) for name in theirs} == {name: type(value) for name, value in theirs.items()}
    assert len(ours["jti"]) == len(theirs["jti"]) == 32
