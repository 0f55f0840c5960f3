"""Every refusal that a test can provoke says what to do next, and whoever does it succeeds."""

import pytest

from tests.next_steps.drop_in_kinds import drop_in
from tests.next_steps.kit import World
from tests.next_steps.rest_kinds import rest
from tests.next_steps.tool_kinds import tool

DOORS = (rest, tool, drop_in)
KINDS = {name: kind for door in DOORS for name, kind in door.all.items()}
SLOW = {name for door in DOORS for name in door.slow}


def test_there_are_many() -> None:
    assert len(KINDS) >= 40


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow) if name in SLOW else name for name in KINDS]
)
async def test_whoever_does_what_a_refusal_says_succeeds(world: World, name: str) -> None:
    await KINDS[name](world)
