"""Whom Notion tells of, fully or in part, and who becomes an admin."""

from collections.abc import AsyncIterator

import pytest

from ivgraph_auth.sandbox.app import Fault
from tests.signin.kit import ME, TOKEN, change_person, newcomer, serving
from tests.support.postgres import TestDatabases
from tests.support.service import Json, Service

ADMINS = ("ADA.Winter@lighthouse.EXAMPLE", "bruno@lighthouse.example", "farah@lighthouse.example")


@pytest.fixture(scope="module")
async def governed(migrated: TestDatabases) -> AsyncIterator[Service]:
    async with serving(migrated, admin_emails=ADMINS) as made:
        yield made


async def changes_of_role(service: Service, account_id: str) -> list[Json]:
    return await service.rows(
        "SELECT outcome, operation, request_id FROM audit_events WHERE event = 'operator:role:changed'"
        " AND account_id = :id",
        id=int(account_id),
    )


async def test_a_verified_address_on_the_list_makes_an_admin(governed: Service) -> None:
    session = await governed.sign_in("ada")
    assert session.me["role"] == "admin"
    again = await governed.sign_in("ada")
    assert again.me["role"] == "admin"
    (change,) = await changes_of_role(governed, session.me["id"])
    assert (change["outcome"], change["operation"]) == ("success", "admin")
    assert change["request_id"]


@pytest.mark.parametrize("person", ["bruno", "farah", "chiara", "deniz", "unnamed"])
async def test_no_admin_without_notions_word_that_the_address_is_verified(governed: Service, person: str) -> None:
    session = await governed.sign_in(person)
    assert (session.me["role"], session.me["email_verified"]) == ("member", False)
    assert await changes_of_role(governed, session.me["id"]) == []


@pytest.mark.parametrize(
    "email", ["ada.winter@lighthouse.example.evil", "x-ada.winter@lighthouse.example", "ada.winter"]
)
async def test_no_admin_by_an_address_that_only_looks_like_it(governed: Service, email: str) -> None:
    session = await governed.sign_in(newcomer(governed, email=email, email_verified=True))
    assert session.me["role"] == "member"


async def test_an_account_becomes_admin_once_its_address_is_verified(governed: Service) -> None:
    who = newcomer(governed, email="ada.winter@LIGHTHOUSE.example", email_verified=False)
    assert (await governed.sign_in(who)).me["role"] == "member"
    change_person(governed, who, email_verified=True)
    session = await governed.sign_in(who)
    assert session.me["role"] == "admin"
    assert len(await changes_of_role(governed, session.me["id"])) == 1


async def test_without_the_setting_nobody_becomes_admin(shared_service: Service) -> None:
    assert (await shared_service.sign_in("ada")).me["role"] == "member"


async def test_whom_notion_tells_of_fully_is_not_asked_for_again(shared_service: Service) -> None:
    shared_service.sandbox.instance.calls.clear()
    await shared_service.arrive(await shared_service.browser(), person="ada")
    assert [call.path for call in shared_service.sandbox.instance.calls] == ["/v1/oauth/authorize", TOKEN]


async def test_a_partial_user_is_asked_for_once(shared_service: Service) -> None:
    shared_service.sandbox.instance.calls.clear()
    session = await shared_service.sign_in("deniz")
    assert [call.path for call in shared_service.sandbox.instance.calls] == ["/v1/oauth/authorize", TOKEN, ME]
    assert session.me["notion_user_id"] == "3d7fce31-6868-4c9d-8de7-091e085b413c"
    assert (session.me["name"], session.me["email"], session.me["email_verified"]) == (None, None, False)


@pytest.mark.parametrize(("status", "code"), [(403, "restricted_resource"), (401, "unauthorized"), (404, None)])
async def test_where_asking_is_refused_the_id_alone_is_enough(
    shared_service: Service, status: int, code: str | None
) -> None:
    who = newcomer(shared_service, partial=True)
    shared_service.sandbox.instance.faults.add(Fault(ME, "status", status=status, code=code))
    session = await shared_service.sign_in(who)
    assert shared_service.sandbox.instance.faults.waiting == ()
    somebody = shared_service.sandbox.instance.state.world.person(who)
    assert somebody is not None
    assert session.me["notion_user_id"] == somebody.id
    assert (session.me["name"], session.me["email"]) == (None, None)


async def test_a_partial_answer_does_not_wipe_what_is_known(shared_service: Service) -> None:
    who = newcomer(shared_service)
    full = await shared_service.sign_in(who)
    change_person(shared_service, who, partial=True)
    partial = await shared_service.sign_in(who)
    assert partial.me["id"] == full.me["id"]
    assert partial.me["name"] == full.me["name"]


@pytest.mark.parametrize(
    ("person", "name", "email"),
    [
        ("chiara", "Chiara Lindqvist", None),
        ("unnamed", None, "reader.17@harbour.example"),
        ("farah", "Farah Haddad", "farah@lighthouse.example"),
    ],
)
async def test_people_without_a_name_or_an_address_sign_in(
    shared_service: Service, person: str, name: str | None, email: str | None
) -> None:
    me = (await shared_service.sign_in(person)).me
    assert (me["name"], me["email"], me["email_verified"]) == (name, email, False)
