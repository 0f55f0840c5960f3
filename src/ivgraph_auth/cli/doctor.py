"""`ivgraph-auth doctor`: what is wrong with an installation, and how to mend it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

import typer
from pydantic import SecretStr

from ivgraph_auth.app.preflight import check_for_serving
from ivgraph_auth.cli.database import direct_url
from ivgraph_auth.cli.running import LOOPBACK
from ivgraph_auth.core.clock import SystemClock
from ivgraph_auth.core.config import Settings, load_settings
from ivgraph_auth.core.database import Database, DatabaseUnavailable
from ivgraph_auth.core.environment import names_of
from ivgraph_auth.core.errors import ConfigurationError
from ivgraph_auth.core.migrations import Schema
from ivgraph_auth.keys.keyring import parse_keyring
from ivgraph_auth.keys.service import KeyService
from ivgraph_auth.liveness.service import Liveness
from ivgraph_auth.vault.keys import VaultKeys

_REQUIRED = ("database_url", "secret_key", "encryption_keys")
_SUBJECT_COLUMN, _TEXT_COLUMN = 6, 18


@dataclass(frozen=True, slots=True)
class _Finding:
    """`fix` is a sentence, empty when all is well."""

    level: Literal["ok", "warn", "fail"]
    says: str
    fix: str = ""


@dataclass(frozen=True, slots=True)
class _Patient:
    settings: Settings
    database: Database


_Check = Callable[[_Patient], Awaitable[_Finding | list[_Finding]]]


class _Report:
    failed = False

    def add(self, subject: str, finding: _Finding) -> None:
        _say(f"{finding.level:<{_SUBJECT_COLUMN}}{subject:<{_TEXT_COLUMN - _SUBJECT_COLUMN}}{finding.says}")
        if finding.fix:
            self.remark(finding.fix)
        self.failed = self.failed or finding.level == "fail"

    def remark(self, text: str) -> None:
        _say(" " * _TEXT_COLUMN + text)


def doctor() -> None:
    """Say what is wrong with settings, database, keys or cache, and how to mend it. Changes nothing."""
    report = _Report()
    try:
        settings = load_settings()
    except ConfigurationError as error:
        report.add("settings", _refused(error))
    else:
        report.add("settings", _settings(settings))
        report.add("notion", _notion(settings))
        if settings.database_url is not None:
            asyncio.run(_examine(settings, report))
    raise typer.Exit(1 if report.failed else 0)


def _settings(settings: Settings) -> _Finding:
    missing = [names_of(Settings.model_fields[field])[0] for field in _REQUIRED if getattr(settings, field) is None]
    if missing:
        hint = "Set what is missing, in the environment or `.env`; `ivgraph-auth keys generate` prints fresh keys."
        return _Finding("fail", f"not set: {', '.join(missing)}", hint)
    try:
        check_for_serving(settings, LOOPBACK)
        parse_keyring(_text(settings.encryption_keys))
    except ConfigurationError as error:
        return _refused(error)
    return _Finding("ok", "what `serve` needs is set")


def _notion(settings: Settings) -> _Finding:
    if settings.notion_client_id is None:
        hint = "Set NOTION_CLIENT_ID and NOTION_CLIENT_SECRET."
        return _Finding("warn", "not set: sign-in answers 503 notion_not_configured", hint)
    return _Finding("ok", "client id and secret are set")


async def _examine(settings: Settings, report: _Report) -> None:
    try:
        patient = _Patient(settings, Database(_text(settings.database_url)))
    except Exception as trouble:  # noqa: BLE001 -- as in _checked
        report.add("database", _told(trouble))
        return
    try:
        await _check_all(patient, report)
    finally:
        await patient.database.close()


async def _check_all(patient: _Patient, report: _Report) -> None:
    subjects = list(_CHECKS)
    for position, subject in enumerate(subjects, start=1):
        findings = await _checked(_CHECKS[subject], patient)
        for finding in findings:
            report.add(subject, finding)
        if any(finding.level == "fail" for finding in findings):
            if subjects[position:]:
                report.remark(f"Not looked at until then: {', '.join(subjects[position:])}.")
            return


async def _checked(check: _Check, patient: _Patient) -> list[_Finding]:
    try:
        found = await check(patient)
    except Exception as trouble:  # noqa: BLE001 -- of a broken installation anything may come, and it is to be told
        return [_told(trouble)]
    return found if isinstance(found, list) else [found]


async def _database(patient: _Patient) -> _Finding:
    async with patient.database.read() as connection:
        version = connection.dialect.server_version_info or ()
    return _Finding("ok", f"PostgreSQL {'.'.join(map(str, version))}")


async def _migrations(patient: _Patient) -> _Finding:
    problem = await Schema(patient.database).problem()
    return _refused(ConfigurationError(problem)) if problem else _Finding("ok", "at head")


async def _cache(patient: _Patient) -> _Finding:
    url = direct_url(patient.settings)
    try:
        Database(url)
    except ConfigurationError:
        hint = "Write it as postgresql://user:password@host:5432/name."
        return _Finding("fail", "IVGRAPH_DATABASE_DIRECT_URL is no URL of a PostgreSQL", hint)
    trouble = await Liveness(database=patient.database, direct_url=url).trouble_hearing()
    if trouble is None:
        return _Finding("ok", "a process started here would have it on")
    hint = "Set IVGRAPH_DATABASE_DIRECT_URL to the same database, past any transaction pooler."
    return _Finding("warn", f"a process started here would have it off: {trouble}", hint)


async def _processes(patient: _Patient) -> _Finding:
    liveness = Liveness(database=patient.database, direct_url=direct_url(patient.settings))
    count = await liveness.living()
    if count == 0:
        return _Finding("ok", "none holds a lease: nothing serves, or only with its cache off")
    return _Finding("ok", f"{count} with a lease, and so with the cache on")


async def _keys(patient: _Patient) -> list[_Finding]:
    keyring = parse_keyring(_text(patient.settings.encryption_keys))
    keys = KeyService(clock=SystemClock(), keyring=keyring)
    problems = await VaultKeys(database=patient.database, keys=keys).problems()
    if problems:
        return [_Finding("fail", problem.says, problem.fix) for problem in problems]
    async with patient.database.read() as connection:
        states = await keys.states(connection)
    says = f"{len(states.right)} as used before, {len(states.new)} not used yet"
    if states.dropped:
        says += f"; used before, and nothing needs it now: {', '.join(states.dropped)}"
    return [_Finding("ok", says)]


# Each needs those before it: the first that fails is the last that is looked at.
_CHECKS: dict[str, _Check] = {
    "database": _database,
    "migrations": _migrations,
    "cache": _cache,
    "processes": _processes,
    "keys": _keys,
}


def _refused(error: ConfigurationError) -> _Finding:
    """Most of these errors say what is wrong in their first sentence, and what to do about it after that."""
    says, _, fix = error.detail.partition(". ")
    return _Finding("fail", says.removesuffix("."), fix or "Correct it in the environment or `.env`.")


def _told(trouble: Exception) -> _Finding:
    if isinstance(trouble, ConfigurationError):
        return _refused(trouble)
    if isinstance(trouble, DatabaseUnavailable):
        hint = "Start PostgreSQL, or correct host, port, name, user and password in DATABASE_URL."
        return _Finding("fail", f"out of reach ({_reason(trouble)})", hint)
    hint = "Look in PostgreSQL's log, and at the options in DATABASE_URL and the rights of its user."
    return _Finding("fail", f"cannot be looked at ({_reason(trouble)})", hint)


def _reason(trouble: BaseException) -> str:
    """What the driver calls it. Its words may hold what is nobody's business."""
    while trouble.__cause__ and not isinstance(trouble.__cause__, asyncio.CancelledError):
        trouble = trouble.__cause__
    return type(trouble).__name__


def _text(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""


def _say(line: str) -> None:
    print(line, flush=True)
