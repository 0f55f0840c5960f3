"""`ivgraph-auth doctor`: what is wrong with an installation, and how to mend it."""

import asyncio
from collections.abc import Awaitable, Callable

import typer
from sqlalchemy import text

from ivgraph_auth.app.compose.encryption import compose_encryption
from ivgraph_auth.app.preflight import check_for_serving
from ivgraph_auth.cli import doctor_notion
from ivgraph_auth.cli.database import direct_url
from ivgraph_auth.cli.findings import Finding, Installation
from ivgraph_auth.cli.running import LOOPBACK
from ivgraph_auth.cli.terminal import say
from ivgraph_auth.core.clock import SystemClock
from ivgraph_auth.core.config import Settings, load_settings
from ivgraph_auth.core.environment import names_of, unknown_names
from ivgraph_auth.core.errors import ConfigurationError
from ivgraph_auth.core.http import HttpClient
from ivgraph_auth.database.engine import Database
from ivgraph_auth.database.errors import DatabaseUnavailable
from ivgraph_auth.database.migrations import Schema
from ivgraph_auth.database.url import read_database_url
from ivgraph_auth.keys.keyring import parse_keyring
from ivgraph_auth.liveness.service import Liveness
from ivgraph_auth.processes.registry import ProcessRegistry

_REQUIRED = ("database_url", "secret_key", "encryption_keys")
_SUBJECT_COLUMN, _TEXT_COLUMN = 6, 19


_Check = Callable[[Installation], Awaitable[Finding | list[Finding]]]


class _Report:
    failed = False

    def add(self, subject: str, finding: Finding) -> None:
        say(f"{finding.level:<{_SUBJECT_COLUMN}}{subject:<{_TEXT_COLUMN - _SUBJECT_COLUMN}}{finding.says}")
        if finding.fix:
            self.remark(finding.fix)
        self.failed = self.failed or finding.level == "fail"

    def remark(self, text: str) -> None:
        say(" " * _TEXT_COLUMN + text)


def doctor() -> None:
    """Say what is wrong with settings, database, keys or cache, and how to mend it. Changes nothing."""
    report = _Report()
    try:
        settings = load_settings()
    except ConfigurationError as error:
        report.add("settings", _finding_of(error))
    else:
        report.add("settings", _check_settings(settings))
        for unknown in unknown_names(Settings):
            hint = "Correct the name, or take it out: it does nothing."
            report.add("settings", Finding("warn", unknown.says, hint))
        for finding in _check_notion(settings):
            report.add("notion", finding)
        if settings.database_url is not None:
            asyncio.run(_examine(settings, settings.database_url.get_secret_value(), report))
    raise typer.Exit(1 if report.failed else 0)


def _check_settings(settings: Settings) -> Finding:
    required = _REQUIRED if settings.vault_addr is None else _REQUIRED[:-1]
    missing = [names_of(Settings.model_fields[field])[0] for field in required if getattr(settings, field) is None]
    if missing:
        hint = "Set what is missing, in the environment or `.env`; `ivgraph-auth keys generate` prints fresh keys."
        return Finding("fail", f"not set: {', '.join(missing)}", hint)
    try:
        check_for_serving(settings, LOOPBACK)
    except ConfigurationError as error:
        return _finding_of(error)
    return Finding("ok", "what `serve` needs is set")


def _check_notion(settings: Settings) -> list[Finding]:
    try:
        return asyncio.run(doctor_notion.check_client(settings))
    except ConfigurationError as error:
        # Proxies or authorities in the environment that no call could use.
        return [_finding_of(error)]


async def _examine(settings: Settings, database_url: str, report: _Report) -> None:
    try:
        installation = Installation(settings, Database(database_url))
    except Exception as trouble:  # noqa: BLE001 -- as in _run_check
        report.add("database", _explain(trouble))
        return
    try:
        await _check_all(installation, report)
    finally:
        await installation.database.close()


async def _check_all(installation: Installation, report: _Report) -> None:
    subjects = list(_CHECKS)
    for position, subject in enumerate(subjects, start=1):
        findings = await _run_check(_CHECKS[subject], installation)
        for finding in findings:
            report.add(subject, finding)
        if any(finding.level == "fail" for finding in findings):
            if subjects[position:]:
                report.remark(f"Not looked at until then: {', '.join(subjects[position:])}.")
            return


async def _run_check(check: _Check, installation: Installation) -> list[Finding]:
    try:
        found = await check(installation)
    except Exception as trouble:  # noqa: BLE001 -- of a broken installation anything may come, and it is to be told
        return [_explain(trouble)]
    return found if isinstance(found, list) else [found]


async def _check_database(installation: Installation) -> Finding:
    async with installation.database.read() as connection:
        version = (await connection.execute(text("SHOW server_version"))).scalar_one()
    return Finding("ok", f"PostgreSQL {version.split()[0]}")


async def _check_migrations(installation: Installation) -> Finding:
    problem = await Schema(installation.database).problem()
    return _finding_of(ConfigurationError(problem)) if problem else Finding("ok", "at head")


async def _check_cache(installation: Installation) -> Finding:
    url = direct_url(installation.settings)
    try:
        read_database_url(url)
    except ConfigurationError:
        hint = "Write it as postgresql://user:password@host:5432/name."
        return Finding("fail", "IVGRAPH_DATABASE_DIRECT_URL is no URL of a PostgreSQL", hint)
    processes = ProcessRegistry(database=installation.database)
    trouble = await Liveness(database=installation.database, processes=processes, direct_url=url).trouble_hearing()
    if trouble is None:
        return Finding("ok", "a process started here would have it on")
    hint = "Set IVGRAPH_DATABASE_DIRECT_URL to the same database, past any transaction pooler."
    return Finding("warn", f"a process started here would have it off: {trouble}", hint)


async def _check_processes(installation: Installation) -> Finding:
    count = len(await ProcessRegistry(database=installation.database).with_lease())
    if count == 0:
        return Finding("ok", "none holds a lease: nothing serves, or only with its cache off")
    return Finding("ok", f"{count} with a lease, and so with the cache on")


async def _check_keys(installation: Installation) -> list[Finding]:
    if installation.settings.encryption_keys is None and installation.settings.vault_addr is None:
        # Refused in the words that stand for a setting without a key.
        parse_keyring("")
    http = HttpClient()
    try:
        database = installation.database
        processes = ProcessRegistry(database=database)
        verifier = compose_encryption(installation.settings, SystemClock(), database, http, processes).verifier
        problems = await verifier.problems()
        if problems:
            return [Finding("fail", problem.says, problem.fix) for problem in problems]
        states = await verifier.states()
    finally:
        await http.close()
    says = f"{len(states.right)} as used before, {len(states.new)} not used yet"
    if states.dropped:
        says += f"; used before, and nothing needs it now: {', '.join(states.dropped)}"
    return [Finding("ok", says)]


# Each needs those before it: the first that fails is the last that is looked at.
_CHECKS: dict[str, _Check] = {
    "database": _check_database,
    "migrations": _check_migrations,
    "cache": _check_cache,
    "processes": _check_processes,
    "keys": _check_keys,
    "connections": doctor_notion.check_connections,
}


def _finding_of(error: ConfigurationError) -> Finding:
    """Most of these errors say what is wrong in their first sentence, and what to do about it after that."""
    says, _, fix = error.detail.partition(". ")
    return Finding("fail", says.removesuffix("."), fix or "Correct it in the environment or `.env`.")


def _explain(trouble: Exception) -> Finding:
    if isinstance(trouble, ConfigurationError):
        return _finding_of(trouble)
    if isinstance(trouble, DatabaseUnavailable):
        hint = "Start PostgreSQL, or correct host, port, name, user and password in DATABASE_URL."
        return Finding("fail", f"out of reach ({_reason(trouble)})", hint)
    hint = "Look in PostgreSQL's log, and at the options in DATABASE_URL and the rights of its user."
    return Finding("fail", f"cannot be looked at ({_reason(trouble)})", hint)


def _reason(trouble: BaseException) -> str:
    """What the driver calls it. Its words may hold what is nobody's business."""
    while trouble.__cause__ and not isinstance(trouble.__cause__, asyncio.CancelledError):
        trouble = trouble.__cause__
    return type(trouble).__name__
