"""What a serving process does about its keys: tells which it has, and takes over a changed key file."""

import asyncio
from pathlib import Path

import structlog
from sqlalchemy.exc import ProgrammingError

from ivgraph_auth.core.errors import ConfigurationError
from ivgraph_auth.database.errors import DatabaseUnavailable
from ivgraph_auth.keys.keyfile import read_keys
from ivgraph_auth.keys.keyring import parse_keyring
from ivgraph_auth.keys.models import KeyProblem
from ivgraph_auth.keys.service import KeyService
from ivgraph_auth.keys.verification import KeyVerifier
from ivgraph_auth.processes.registry import ProcessRegistry

_log = structlog.get_logger(__name__)
# The second is one whose tables are not there yet.
_NO_DATABASE = (DatabaseUnavailable, ProgrammingError)
LOOK_SECONDS = 1
_HINT = "The keys of before are used on. Put the file right."


class KeyWatch:
    """`path` is None where keys come from elsewhere. A file that would lock rows away is never taken."""

    def __init__(
        self, *, keys: KeyService, verifier: KeyVerifier, processes: ProcessRegistry, path: Path | None
    ) -> None:
        self._keys = keys
        self._verifier = verifier
        self._processes = processes
        self._path = path
        self._looking = asyncio.Lock()
        self._taken: str | None = None
        self._complained: str | None = None

    async def start(self) -> None:
        """Before the first request. In this order, so that whoever changes the file and then asks who has what either
        hears of this process or is read by it.
        """
        await self._report()
        await self.look()

    async def look(self) -> None:
        """Takes over what the file says, once it has changed and may be taken."""
        if self._path:
            async with self._looking:
                await self._look(self._path)

    async def _look(self, path: Path) -> None:
        try:
            text = await asyncio.to_thread(read_keys, path)
            if text == self._taken:
                self._complained = None
                return
            candidate = self._keys.with_keyring(parse_keyring(text))
            problems = await self._against(candidate)
        except ConfigurationError as error:
            self._complain(error.detail, error.detail)
            return
        except _NO_DATABASE:
            # Without the database nobody knows which keys are needed: looked at again soon.
            return
        if problems:
            self._complain(text, " ".join(f"{problem.says}." for problem in problems))
            return
        await self._take(text, candidate)

    async def _against(self, keys: KeyService) -> list[KeyProblem]:
        """What would be wrong that is not wrong now."""
        candidate = await self._verifier.with_keys(keys).unfit()
        before = await self._verifier.unfit() if candidate else {}
        return [problem for key_id, problem in candidate.items() if key_id not in before]

    async def _take(self, text: str, candidate: KeyService) -> None:
        before = list(self._keys.held)
        self._keys.become(candidate)
        self._taken, self._complained = text, None
        if list(self._keys.held) != before:
            _log.info("keys.loaded", keys=list(self._keys.held))
            await self._report()

    async def _report(self) -> None:
        self._processes.keys = self._keys.held
        await self._processes.report()

    def _complain(self, content: str, reason: str) -> None:
        """Once per content, for it is looked at every second."""
        if content != self._complained:
            _log.error("keys.file_refused", reason=reason, hint=_HINT)
        self._complained = content
