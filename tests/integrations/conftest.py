from pathlib import Path

import pytest

from tests.integrations.kit import ENVIRONMENT, Someone
from tests.support.service import RunningSandbox


@pytest.fixture(autouse=True)
def _nothing_around(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting and no `.env` of whoever runs the tests."""
    monkeypatch.chdir(tmp_path)
    for name in ENVIRONMENT:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(f"{name}_FILE", raising=False)


@pytest.fixture
def someone(sandbox: RunningSandbox) -> Someone:
    return Someone(sandbox)
