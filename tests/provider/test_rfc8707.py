"""RFC 8707, Resource Indicators for OAuth 2.0."""

import pytest

from tests.provider.kit import answered, get_code, redeem
from tests.provider.world import World, claims_of, error_of
from tests.support.service import Json

DOORS = {
    "/api/v1": "/api/v1/graph/search?q=a",
    "/notion": "/notion/v1/users/me",
    "": "/api/auth/validate/",
}


async def code_for(world: World, *paths: str) -> str:
    return await get_code(world.ada, world.web, prompt="consent", resource=[world.issuer + path for path in paths])


async def tokens_for(world: World, *paths: str) -> Json:
    return (await redeem(world.ada, world.web, await code_for(world, *paths))).json()


@pytest.mark.parametrize(
    "resource",
    [
        "https://elsewhere.example/mcp",
        "/mcp",
        "mcp",
        "{issuer}/mcp#part",
        "{issuer}/mcp?query=1",
        "{issuer}/other",
        "{issuer}/mcp//",
        "{issuer}@evil.example",
        "{issuer}.evil.example",
        "x" * 3000,
    ],
)
async def test_2_a_resource_that_there_is_not_is_an_invalid_target(world: World, resource: str) -> None:
    asked = resource.format(issuer=world.issuer)
    assert answered(await world.ask(resource=asked))["error"] == "invalid_target"
    tokens = await world.tokens()
    assert error_of(await world.refresh(tokens["refresh_token"], resource=asked)) == (400, "invalid_target")


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("path", ["", "/api/v1", "/mcp", "/notion"])
async def test_2_with_and_without_the_closing_slash(world: World, path: str, slash: str) -> None:
    tokens = await tokens_for(world, path + slash)
    assert claims_of(tokens["access_token"])["aud"] == world.issuer + path


async def test_2_several_may_be_named(world: World) -> None:
    tokens = await tokens_for(world, "/api/v1", "/mcp")
    assert claims_of(tokens["access_token"])["aud"] == [f"{world.issuer}/api/v1", f"{world.issuer}/mcp"]


async def test_2_none_is_the_whole_service(world: World) -> None:
    tokens = await world.tokens()
    assert claims_of(tokens["access_token"])["aud"] == world.issuer
    for door in DOORS.values():
        assert (await world.call(tokens["access_token"], door)).status_code != 401


@pytest.mark.parametrize("path", ["/api/v1", "/notion", "/mcp"])
async def test_2_a_token_for_one_resource_is_refused_at_another(world: World, path: str) -> None:
    token = (await tokens_for(world, path))["access_token"]
    for resource, door in DOORS.items():
        status = (await world.call(token, door)).status_code
        assert (status != 401) == (resource == path), (resource, status)


async def test_2_2_a_code_is_redeemed_for_what_was_asked_or_less(world: World) -> None:
    narrower = await redeem(
        world.ada, world.web, await code_for(world, "/api/v1", "/mcp"), resource=f"{world.issuer}/mcp/"
    )
    assert claims_of(narrower.json()["access_token"])["aud"] == f"{world.issuer}/mcp"
    one_of_all = await redeem(world.ada, world.web, await code_for(world, ""), resource=f"{world.issuer}/mcp")
    assert claims_of(one_of_all.json()["access_token"])["aud"] == f"{world.issuer}/mcp"
    wider = await redeem(world.ada, world.web, await code_for(world, "/mcp"), resource=f"{world.issuer}/api/v1")
    assert error_of(wider) == (400, "invalid_target")


async def test_2_2_a_refresh_is_for_what_the_grant_has(world: World) -> None:
    tokens = await tokens_for(world, "/mcp")
    same = await world.refresh(tokens["refresh_token"])
    assert claims_of(same.json()["access_token"])["aud"] == f"{world.issuer}/mcp"
    for wider in ("", "/api/v1"):
        answer = await world.refresh(same.json()["refresh_token"], resource=world.issuer + wider)
        assert error_of(answer) == (400, "invalid_target")


async def test_2_2_one_access_token_narrower_than_the_grant(world: World) -> None:
    tokens = await world.tokens()
    narrower = (await world.refresh(tokens["refresh_token"], resource=f"{world.issuer}/notion")).json()
    assert claims_of(narrower["access_token"])["aud"] == f"{world.issuer}/notion"
    whole = (await world.refresh(narrower["refresh_token"])).json()
    assert claims_of(whole["access_token"])["aud"] == world.issuer
