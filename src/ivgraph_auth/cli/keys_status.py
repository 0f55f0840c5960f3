"""`ivgraph-auth keys status`."""

from collections.abc import Sequence

from ivgraph_auth.app.compose.composition import Composition
from ivgraph_auth.app.compose.encryption import Encryption
from ivgraph_auth.keys.errors import KeysAwayError
from ivgraph_auth.keys.models import KeyUse
from ivgraph_auth.processes.models import ServingProcess


async def show_status(composition: Composition) -> None:
    """Which keys there are, what is encrypted with each, who has them loaded, and what to do next."""
    encryption = composition.encryption
    uses, living = await encryption.verifier.uses(), await composition.processes.living()
    try:
        current = (await encryption.keys.current()).key_id
        states = await encryption.verifier.states()
    except KeysAwayError as away:
        print(f"{away.says}. {away.fix}")
        for key_id in dict.fromkeys(use.key_id for use in uses):
            print(key_id, _here(key_id, encryption), _rows(key_id, uses), sep="\t")
        _print_living(living)
        return
    print(f"Current: {current}")
    known = {*states.right, *states.wrong, *states.dropped}
    for key_id in dict.fromkeys([*encryption.keys.held, current, *known, *(use.key_id for use in uses)]):
        words = [_here(key_id, encryption), "known" if key_id in known else "not used yet"]
        words += ["WRONG"] if key_id in states.wrong else []
        print(key_id, ", ".join(words), _rows(key_id, uses), sep="\t")
    _print_living(living)
    for line in await _advise(encryption, current, uses, living):
        print(f"Next: {line}")


async def _advise(
    encryption: Encryption, current: str, uses: Sequence[KeyUse], living: Sequence[ServingProcess]
) -> list[str]:
    problems = await encryption.verifier.problems()
    if problems:
        return [f"{problem.says}. {problem.fix}" for problem in problems]
    family = encryption.keys.family_of(current)
    if lacking := [str(process.id) for process in living if family not in process.keys]:
        return [f"Key {family!r} is not loaded by {', '.join(lacking)}: wait a moment, or restart them."]
    if others := [str(process.id) for process in living if process.keys[0] != family]:
        return [f"Another key than {family!r} encrypts in {', '.join(others)}: wait a moment, or restart them."]
    used = {use.key_id for use in uses}
    if used - {current}:
        return ["Run `ivgraph-auth keys rewrap`: not everything is encrypted with the current key."]
    spare = [key_id for key_id in encryption.keys.held if key_id not in (current, family)]
    if spare:
        return [f"Nothing stored here needs {', '.join(spare)}. It may be taken out; backups of before need it still."]
    return ["Nothing. `ivgraph-auth keys rotate` brings a fresh key."]


def _print_living(living: Sequence[ServingProcess]) -> None:
    for process in living:
        print(f"Process {process.id}", ", ".join(process.keys), f"seen {process.seconds_ago} s ago", sep="\t")
    if not living:
        print("No serving process is alive.")


def _here(key_id: str, encryption: Encryption) -> str:
    return "loaded here" if encryption.keys.holds(key_id) else "not loaded here"


def _rows(key_id: str, uses: Sequence[KeyUse]) -> str:
    return ", ".join(use.rows for use in uses if use.key_id == key_id) or "no rows"
