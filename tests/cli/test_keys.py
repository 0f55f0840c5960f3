"""`ivgraph-auth keys status | rotate | rewrap`, beside serving processes on one key file."""

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from ivgraph_auth.keys.keyring import generate_key, parse_keyring
from tests.support.cluster import ME, Cluster, Server, bearer, cluster
from tests.support.keyhouse import EVERYTHING, House

__all__ = ["cluster"]

pytestmark = pytest.mark.slow  # two serving processes and a database of its own for each

OLD = generate_key("old")


@pytest.fixture
async def house(cluster: Cluster, tmp_path: Path) -> AsyncIterator[House]:
    await cluster.rows(EVERYTHING)
    file = tmp_path / "keys"
    file.write_text(f"{OLD}\n")
    file.chmod(0o640)
    yield House(cluster, file)
    await cluster.end_all()


class Life:
    """People who come and go while something else happens; nothing of theirs may fail."""

    def __init__(self) -> None:
        self.rounds = 0
        self._over = False

    async def go_on(self, server: Server, person: str) -> None:
        while not self._over:
            who = await server.sign_in(person)
            token = await server.minted(who)
            assert await server.status(token["token"]) == 200
            assert (await server.revoke(who, token)).status_code == 204
            self.rounds += 1

    async def around(self, servers: list[Server], work: Callable[[], Awaitable[object]]) -> None:
        people = ("ada", "bruno", "chiara")
        going = [asyncio.create_task(self.go_on(*pair)) for pair in zip(servers, people, strict=False)]
        await work()
        self._over = True
        await asyncio.gather(*going)
        assert self.rounds >= len(servers)


async def test_rotate_and_rewrap_while_people_come_and_go(house: House) -> None:
    servers = [await house.serve(), await house.serve()]
    ada = await servers[0].sign_in("ada")

    async def turn() -> None:
        await house.run("rotate")
        await house.run("rewrap")

    await Life().around(servers, turn)
    (new, old) = house.ids
    assert old == "old"
    assert house.file.stat().st_mode & 0o777 == 0o640
    assert await house.held() == [[new, "old"]] * 2
    assert list(await house.used()) == [new]
    # And the old key goes, without a restart.
    house.put(house.file.read_text().partition(",")[0])
    await house.until_held(new)
    for server in servers:
        assert await server.status(ada.access) == 200
        await server.sign_in("bruno")
    assert len(await house.opened()) == sum((await house.used()).values())


async def test_status_tells_what_to_do_next_at_each_step(house: House) -> None:
    server = await house.serve()
    await server.sign_in("ada")
    said = await house.status()
    assert "Current: old" in said
    assert "old\tloaded here, known\t1 connection" in said
    assert said.count("Process ") == 1
    assert "keys rotate" in said
    assert "Key " in (await house.run("rotate")).out
    new = house.ids[0]
    assert "Next: Run `ivgraph-auth keys rewrap`" in await house.status()
    assert f"Every row is sealed with key '{new}'." in (await house.run("rewrap")).out
    said = await house.status()
    assert "Next: Nothing stored here needs old." in said
    assert f"{new}\tloaded here, known\t1 connection" in said
    house.put(OLD)
    said = await house.status()
    assert f"Next: Encryption key '{new}' is not set, and 1 connection cannot be opened" in said


async def test_a_process_that_stops_in_order_is_not_waited_for(house: House) -> None:
    await house.serve()
    assert await house.held() == [["old"]]
    await house.cluster.end_all()
    assert await house.held() == []
    assert "0 of 0 serving processes" in (await house.run("rotate")).out


async def test_rotate_puts_nothing_first_that_a_process_lacks(house: House) -> None:
    await house.serve()
    other = house.file.with_name("elsewhere")
    other.write_text(OLD)
    behind = await house.serve(IVGRAPH_ENCRYPTION_KEYS_FILE=str(other))
    finished = await house.run("rotate", "--wait", "1", code=1)
    assert "did not load key" in finished.err
    added = house.ids
    assert added[0] == "old"
    assert "not loaded by" not in await house.status()
    house.cluster._servers.remove(behind)
    await asyncio.to_thread(behind.running.end, signal.SIGTERM)
    finished = await house.run("rotate")
    assert "was added before" in finished.out
    assert house.ids == added[::-1]


async def test_rotate_that_was_killed_goes_on(house: House) -> None:
    other = house.file.with_name("elsewhere")
    other.write_text(OLD)
    behind = await house.serve(IVGRAPH_ENCRYPTION_KEYS_FILE=str(other))
    rotating = house.start("rotate")
    await asyncio.to_thread(rotating.line, "Waiting for 1 of 1")
    assert "another `keys rotate` is at work" in (await house.run("rotate", code=1)).err.lower()
    assert await asyncio.to_thread(rotating.end, signal.SIGKILL)
    added = house.ids
    other.unlink()
    other.symlink_to(house.file)
    assert "was added before" in (await house.run("rotate")).out
    assert house.ids == added[::-1]
    await behind.sign_in("ada")
    assert await house.used() == {added[1]: 1}


async def test_rewrap_that_was_killed_is_run_again(house: House) -> None:
    await house.fill(1200)
    before = await house.opened()
    await house.run("rotate")
    rewrapping = house.start("rewrap")
    await asyncio.to_thread(rewrapping.line, "grants: 400 of 1200")
    await asyncio.to_thread(rewrapping.end, signal.SIGKILL)
    used = await house.used()
    assert set(used) == {house.ids[0], "old"}
    assert await house.opened() == before
    finished = await house.run("rewrap")
    assert f"grants: {used['old']} sealed anew, 0 left" in finished.out
    assert await house.used() == {house.ids[0]: 1200}
    assert await house.opened() == before


async def test_a_row_that_does_not_open_ends_with_1(house: House) -> None:
    await house.fill(3)
    await house.run("rotate")
    broken = (await house.cluster.rows("SELECT max(id) AS id FROM grants"))[0]["id"]
    await house.cluster.rows("UPDATE grants SET bot_id = 'x' WHERE id = $1", broken)
    finished = await house.run("rewrap", code=1)
    assert f"grants {broken} does not open" in finished.out
    assert await house.used() == {house.ids[0]: 2, "old": 1}


async def test_a_key_in_use_cannot_be_dropped(house: House) -> None:
    server = await house.serve()
    ada = await server.sign_in("ada")
    house.put(generate_key("new"))
    await asyncio.to_thread(server.running.line, "keys.file_refused")
    assert await house.held() == [["old"]]
    assert await server.status(ada.access) == 200
    assert (await server.client.get("/health/ready")).status_code == 200
    await server.sign_in("ada")
    house.put(OLD)
    assert (await server.client.delete(ME, headers=bearer((await server.sign_in("ada")).access))).status_code == 204


async def test_with_keys_in_the_environment_it_tells_the_two_restarts(house: House) -> None:
    settings = {"IVGRAPH_ENCRYPTION_KEYS_FILE": "", "IVGRAPH_ENCRYPTION_KEYS": OLD}
    finished = await house.run("rotate", code=2, **settings)
    assert "restart all processes twice" in finished.out
    entry = next(line.strip() for line in finished.lines if line.startswith("   "))
    assert len(parse_keyring(f"{OLD},{entry}").keys) == 2
    assert OLD.partition(":")[2] not in finished.text


async def test_a_file_that_cannot_be_replaced_stays_as_it_is(house: House) -> None:
    """Where the draft would go lies something else."""
    house.file.with_name(".keys.new").mkdir()
    finished = await house.run("rotate", code=1)
    assert "IVGRAPH_ENCRYPTION_KEYS_FILE cannot be replaced" in finished.err
    assert house.ids == ["old"]


async def test_a_file_that_is_not_there_is_told(house: House) -> None:
    finished = await house.run("status", code=1, IVGRAPH_ENCRYPTION_KEYS_FILE=str(house.file.with_name("none")))
    assert "IVGRAPH_ENCRYPTION_KEYS_FILE cannot be read" in finished.err
