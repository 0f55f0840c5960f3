"""`keys rotate`: another key becomes the one that seals, and at no moment does a process meet what it cannot open."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ivgraph_auth.core.clock import Clock
from ivgraph_auth.database.engine import Database
from ivgraph_auth.keys import repository
from ivgraph_auth.keys.errors import KeysAwayError, RotationStopped
from ivgraph_auth.keys.keyfile import read_keys, replace_keys, rotating
from ivgraph_auth.keys.keyring import add_last, generate_key, parse_keyring, put_first
from ivgraph_auth.keys.service import KeyService
from ivgraph_auth.keys.verification import KeyVerifier
from ivgraph_auth.processes.models import ServingProcess
from ivgraph_auth.processes.registry import ProcessRegistry

_ASK_SECONDS = 0.25
_THEN = "Now run `ivgraph-auth keys rewrap`, and keep every older key until it has ended well."
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Pace:
    """How long to wait for the serving processes, each of the two times."""

    seconds: float
    say: Say


class Rotation:
    def __init__(
        self, *, database: Database, clock: Clock, keys: KeyService, verifier: KeyVerifier, processes: ProcessRegistry
    ) -> None:
        self._database = database
        self._clock = clock
        self._keys = keys
        self._verifier = verifier
        self._processes = processes

    async def in_transit(self, say: Say) -> None:
        """Asks the engine for another version of its key. Raises RotationStopped."""
        transit = self._keys.transit
        if transit is None:
            raise RotationStopped("There is no transit key here.")
        await self._stop_on_problems()
        try:
            key_id = (await transit.rotate()).key_id
        except KeysAwayError as away:
            raise RotationStopped(f"{away.says}. {away.fix}") from away
        await self._stop_on_problems()
        say(f"Key {key_id!r} encrypts from now on. {_THEN}")

    async def in_file(self, path: Path, pace: Pace) -> None:
        """Goes on with what an earlier one began. Raises RotationStopped, ConfigurationError, DatabaseUnavailable."""
        await self._stop_on_problems()
        with rotating(path):
            text = read_keys(path)
            ids = list(parse_keyring(text).keys)
            key_id = await self._find_begun(ids)
            if key_id is None:
                key_id = await self.choose_id(ids)
                text = add_last(text, generate_key(key_id))
                replace_keys(path, text)
                pace.say(f"Key {key_id!r} is in the file, as the last.")
            else:
                pace.say(f"Key {key_id!r} was added before; going on with it.")
            await self._until(lambda process: key_id in process.keys, f"load key {key_id!r}", pace)
            replace_keys(path, put_first(text, key_id))
            pace.say(f"Key {key_id!r} is the first in the file.")
            await self._until(lambda process: process.keys[:1] == (key_id,), f"encrypt with key {key_id!r}", pace)
        pace.say(f"Every serving process encrypts with key {key_id!r}. {_THEN}")

    async def choose_id(self, taken: Sequence[str] = ()) -> str:
        """One that no key ever had here, nor any of `taken`."""
        async with self._database.read() as connection:
            used = {*await repository.checks(connection), *self._keys.held, *taken}
        day = self._clock.now().strftime("k%Y%m%d")
        names = [day, *(f"{day}-{number}" for number in range(2, len(used) + 3))]
        return next(name for name in names if name not in used)

    async def _find_begun(self, ids: Sequence[str]) -> str | None:
        """The last key in the file, when it came later than the first: one that was added and not put first yet."""
        async with self._database.read() as connection:
            since = await repository.known_since(connection)
        first, last = ids[0], ids[-1]
        if first == last or first not in since:
            return None
        return last if last not in since or since[last] > since[first] else None

    async def _stop_on_problems(self) -> None:
        problems = await self._verifier.accept()
        if problems:
            raise RotationStopped(" ".join(f"{problem.says}. {problem.fix}" for problem in problems))

    async def _until(self, ready: Callable[[ServingProcess], bool], what: str, pace: Pace) -> None:
        deadline = self._clock.monotonic() + pace.seconds
        told: list[str] | None = None
        while True:
            living = await self._processes.living()
            late = [str(process.id) for process in living if not ready(process)]
            if not late:
                pace.say(f"{len(living)} of {len(living)} serving processes {what}.")
                return
            if late != told:
                pace.say(f"Waiting for {len(late)} of {len(living)} serving processes to {what}.")
                told = late
            if self._clock.monotonic() > deadline:
                raise RotationStopped(
                    f"These did not {what} in time: {', '.join(late)}. Do they read this file? Their logs say why not."
                    " Nothing is lost, and `keys rotate` goes on from here."
                )
            await asyncio.sleep(_ASK_SECONDS)
