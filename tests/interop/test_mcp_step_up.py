"""A call that needs more than its client was let do: the client asks its person for that, and the call succeeds."""

from collections.abc import Collection
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.interop.mcp_calls import CALLS
from tests.interop.mcp_stage import UNTICKED, Stage, stage
from tests.interop.node import FOLDER, NODE, run
from tests.interop.test_mcp_clients import python_client
from tests.provider.kit import CALLBACK

__all__ = ["stage"]

pytestmark = pytest.mark.interop


class Reluctant(Stage):
    """Its person lets a client do little at first, and what it asks for when it asks again."""

    def __init__(self, stage: Stage, unticked: Collection[str]) -> None:
        super().__init__(stage.provider, stage.token, stage.person)
        self.unticked = unticked
        self.asked: list[set[str]] = []

    async def allow(self, link: str) -> str:
        query: dict[str, Any] = dict(parse_qsl(urlsplit(link).query))
        self.asked.append(set(query["scope"].split()))
        unticked = self.unticked if len(self.asked) == 1 else ()
        ticked = () if len(self.asked) == 1 else UNTICKED
        return (await self.person.open(link, tick=ticked, untick=unticked)).url


# The tool; what is not ticked at first; all that its call needs.
STEPS = [
    ("search", {"graph:search"}, {"graph:search"}),
    ("neighbors", {"graph:neighbors"}, {"graph:neighbors"}),
    ("create_page", set[str](), {"notion:write"}),
]


@pytest.mark.parametrize(("tool", "unticked", "needed"), STEPS, ids=[tool for tool, *_ in STEPS])
@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_the_python_client(stage: Stage, mode: str, tool: str, unticked: set[str], needed: set[str]) -> None:
    reluctant = Reluctant(stage, unticked)
    async with python_client(reluctant, None, mode) as client:
        assert tool not in [each.name for each in (await client.list_tools()).tools]
        result = await client.call_tool(tool, CALLS[tool].arguments)
        assert not result.is_error
        assert len(reluctant.asked) == 2
        assert needed <= reluctant.asked[-1]
        listed = await client.list_tools(cache_mode="refresh")
        assert tool in [each.name for each in listed.tools]
        assert not (await client.call_tool(tool, CALLS[tool].arguments)).is_error
    assert len(reluctant.asked) == 2


@pytest.mark.parametrize(("tool", "unticked", "needed"), STEPS, ids=[tool for tool, *_ in STEPS])
@pytest.mark.parametrize(("generation", "refreshes"), [(1, False), (2, False), (2, True)])
async def test_the_typescript_sdk(
    stage: Stage, generation: int, tool: str, unticked: set[str], needed: set[str], *, refreshes: bool
) -> None:
    """The first generation, where it has a refresh token, uses that instead of asking, and gives up (1.32)."""
    reluctant = Reluctant(stage, unticked)
    async with run(NODE, FOLDER / "mcp" / "sdk.mjs") as program:
        about = {"url": stage.url, "token": None, "redirectUri": CALLBACK}
        program.say({**about, "generation": generation, "refreshes": refreshes})
        await program.result(reluctant.allow)
        program.say({"list": True})
        assert tool not in (await program.result(reluctant.allow))["tools"]
        program.say({"call": tool, "arguments": CALLS[tool].arguments})
        told = await program.result(reluctant.allow)
        assert (told["isError"], told["asked"]) == (False, 2)
        assert needed <= reluctant.asked[-1]
        program.say({"call": tool, "arguments": CALLS[tool].arguments})
        assert (await program.result(reluctant.allow))["asked"] == 2
