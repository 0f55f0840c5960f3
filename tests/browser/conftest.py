from collections.abc import AsyncIterator
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.browser import CHROMIUM, SWITCHES, Window, allow_signed_out, open_window, run_site
from tests.support.postgres import TestDatabases
from tests.support.service import Service

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page


@pytest.fixture(scope="session")
def playwright() -> Any:
    """Looked for only when a test wants it: the default run needs neither playwright nor Chromium."""
    try:
        return import_module("playwright.async_api")
    except ModuleNotFoundError:
        pytest.fail("playwright is missing: install the extra `interop`.")


@pytest.fixture(scope="session")
def executable() -> Path:
    if not CHROMIUM.exists():
        pytest.fail(f"{CHROMIUM} is missing: apt-get install chromium.")
    return CHROMIUM


@pytest.fixture(scope="session")
async def chromium(playwright: Any, executable: Path) -> "AsyncIterator[Browser]":
    async with playwright.async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=executable, args=SWITCHES)
        yield browser
        await browser.close()


@pytest.fixture(scope="session")
async def site(migrated: TestDatabases) -> AsyncIterator[Service]:
    """One for all: each test signs in by itself, in a browser that remembers nothing, and has no tokens."""
    url = await migrated.create()
    async with run_site(url) as site:
        yield site
    await migrated.drop(url)


@pytest.fixture
async def window(chromium: "Browser", site: Service) -> AsyncIterator[Window]:
    await site.execute("DELETE FROM service_tokens")
    async with open_window(chromium, site.settings.public_url, site.sandbox.url) as window:
        yield window


@pytest.fixture
async def dashboard(site: Service, window: Window) -> "Page":
    allow_signed_out(window, site)
    await window.page.goto(site.settings.dashboard_url)
    return window.page
