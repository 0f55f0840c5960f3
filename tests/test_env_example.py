from pathlib import Path

from ivgraph_auth.core.config import Settings
from ivgraph_auth.core.env_example import render
from ivgraph_auth.core.environment import names_of

ROOT = Path(__file__).parents[1]


def test_env_example_is_made_from_the_settings() -> None:
    assert (ROOT / ".env.example").read_text() == render()


def test_readme_tells_every_setting() -> None:
    readme = (ROOT / "README.md").read_text()
    names = [name for field in Settings.model_fields.values() for name in names_of(field)]
    assert [name for name in names if f"`{name}`" not in readme] == []
