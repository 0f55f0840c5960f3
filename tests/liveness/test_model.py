"""The protocol under every order of steps: processes that pause, lost and late messages, a database that goes away.

No step may act on what a change, once answered, promised to be gone. See `simulation.py` for what is real in it.
"""

from dataclasses import dataclass, replace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from ivgraph_auth.liveness.cache import AccountCache
from ivgraph_auth.liveness.member import LEASE_SECONDS, Member
from ivgraph_auth.liveness.models import Invalidation
from tests.liveness.simulation import ACCOUNTS, KEPT_SECONDS, FakeDatabase, Process

GOOD = "good"
A_MOMENT = 0.125
SERVERS = st.integers(0, 1)
# The third is a command: it changes, and holds no lease.
AUTHORS = st.integers(0, 2)
SOME_ACCOUNT = st.sampled_from(ACCOUNTS)
# Both sides of what the protocol waits for.
WAITS = st.sampled_from([0.0, 1.0, 2.0, LEASE_SECONDS - A_MOMENT, LEASE_SECONDS, LEASE_SECONDS + A_MOMENT])


@dataclass
class Fill:
    """Read, and not yet stored."""

    mark: int
    account: int
    value: int


@dataclass
class Course:
    """How a change goes while a server is in some trouble. Free steps alone rarely line up all that a mistake needs."""

    author: int
    account: int
    # Another change of the author's is on its way.
    second: bool
    # Begun; committed; known to be; living processes asked for; known.
    steps: int
    # The database does not answer the author's next question.
    fails: bool
    # Between those steps and the rest: how long, how far the server in trouble comes round, whether it reads anew.
    first_wait: float
    moves: int
    reads: bool
    # After them; the server in trouble stands still.
    misses: bool
    second_wait: float
    # So long that the invalidation is no longer kept.
    forgotten: bool


COURSES = st.builds(
    Course,
    author=AUTHORS,
    account=SOME_ACCOUNT,
    second=st.sampled_from([False, False, False, True]),
    steps=st.sampled_from([2, 3, 4, 6]),
    fails=st.sampled_from([False, False, True]),
    first_wait=WAITS,
    # Not, through a renewal and not the next, entirely.
    moves=st.sampled_from([0, 3, 6, 20]),
    reads=st.booleans(),
    misses=st.sampled_from([True, True, False]),
    second_wait=WAITS,
    forgotten=st.sampled_from([False, False, True]),
)

# Half of them aimed: an answer that is late; a cache filled under a new lease while a change is on its way.
LATE = COURSES | COURSES.map(lambda course: replace(course, second=False, misses=True, first_wait=1.0, moves=3))
ANEW = COURSES | COURSES.map(
    lambda course: replace(course, second=False, fails=False, steps=4, misses=True, moves=20, reads=True)
)


class Protocol(RuleBasedStateMachine):
    """Two servers and a command. Any may stand still between any two steps; a rule says who moves."""

    def __init__(self) -> None:
        super().__init__()
        self.world = FakeDatabase()
        self.wiring = self.world.wired()
        self.processes = [Process(self.world, number, serves=number < 2) for number in range(3)]
        self.started = len(self.processes)
        self.gone: list[Process] = []
        self.fills: dict[int, Fill] = {}

    def teardown(self) -> None:
        for process in [*self.processes, *self.gone]:
            process.close()
        self.wiring.close()

    # Changes under trouble.

    @rule(server=SERVERS, fills=st.booleans(), course=COURSES)
    def change_while_one_stands_still(self, server: int, course: Course, *, fills: bool) -> None:
        self.all_is_well()
        if fills:
            self.begin_fill(server, course.account)
        self.follow(course, server)
        self.end_fill(server)

    @rule(server=SERVERS, wait=st.sampled_from([1.0, LEASE_SECONDS, LEASE_SECONDS]), course=ANEW)
    def change_while_one_has_no_lease(self, server: int, wait: float, course: Course) -> None:
        self.all_is_well()
        self.processes[server].lose_connection()
        self.pass_time(1.0, server)
        # Notices, and waits before it tries again.
        self.processes[server].run()
        self.pass_time(wait, server)
        self.follow(course, server)

    @rule(server=SERVERS, steps=st.sampled_from([1, 3, 3, 5]), course=LATE)
    def change_while_one_renews(self, server: int, steps: int, course: Course) -> None:
        self.all_is_well()
        self.pass_time(1.0, server)
        for _ in range(steps):
            self.processes[server].go_on(self.processes[server].wire)
        self.follow(course, server)

    @rule(server=SERVERS, steps=st.sampled_from([0, 1, 1, 2]), course=COURSES)
    def change_while_one_stops(self, server: int, steps: int, course: Course) -> None:
        """The requests it has are still answered."""
        self.all_is_well()
        self.processes[server].stop()
        for _ in range(steps):
            self.processes[server].go_on(self.processes[server].wire)
        self.follow(course, server)

    # Free steps between them.

    @rule(seconds=WAITS, but=st.none() | AUTHORS)
    def life_goes_on(self, seconds: float, but: int | None) -> None:
        self.pass_time(seconds, but)

    @precondition(lambda self: self.world.edges())
    @rule(data=st.data(), offset=st.sampled_from([-A_MOMENT, 0.0, A_MOMENT]))
    def all_stand_still_to_an_edge(self, data: st.DataObject, offset: float) -> None:
        edge = data.draw(st.sampled_from(self.world.edges()))
        self.world.now = max(self.world.now, edge + offset)

    @rule(author=AUTHORS, account=SOME_ACCOUNT, steps=st.integers(0, 6))
    def change(self, author: int, account: int, steps: int) -> None:
        process = self.processes[author]
        process.begin_change(account)
        for _ in range(steps):
            process.go_on(process.pool)

    @precondition(lambda self: any(process.wire or process.pool for process in self.processes))
    @rule(data=st.data(), fails=st.sampled_from([False, False, True]))
    def one_request_goes_on(self, data: st.DataObject, *, fails: bool) -> None:
        waiting = [(process, line) for process in self.processes for line in (process.wire, process.pool) if line]
        process, line = data.draw(st.sampled_from(waiting))
        if not fails:
            process.go_on(line)
        elif line is process.wire:
            process.lose_connection()
        else:
            process.fail(line)

    @rule(number=AUTHORS, misses=st.booleans())
    def notifications_arrive(self, number: int, *, misses: bool) -> None:
        process = self.processes[number]
        if misses:
            process.miss()
        process.hear_all()

    @precondition(lambda self: len(self.fills) < 2)
    @rule(server=SERVERS, account=SOME_ACCOUNT)
    def begin_fill(self, server: int, account: int) -> None:
        mark = self.processes[server].liveness.mark()
        self.fills[server] = Fill(mark, account, self.world.versions[account])

    @precondition(lambda self: self.fills)
    @rule(server=SERVERS)
    def end_fill(self, server: int) -> None:
        if fill := self.fills.pop(server, None):
            self.processes[server].liveness.fill(fill.mark, fill.account, fill.account, fill.value)
            self.world.check()

    @rule(seconds=WAITS)
    def database_is_away(self, seconds: float) -> None:
        self.world.go_down()
        self.pass_time(seconds)
        self.world.up = True

    @rule()
    def all_recovers(self) -> None:
        self.pass_time(2 * LEASE_SECONDS)
        assert not any(process.changes for process in self.processes)
        self.all_is_well()

    @invariant()
    def nothing_answered_is_undone(self) -> None:
        self.world.check()

    # What rules are made of.

    def all_is_well(self) -> None:
        """Every server runs, has just renewed, and has every account in its cache."""
        self.start_again()
        for _ in range(4):
            self.pass_time(1.0)
            if all(process.liveness.trouble is None for process in self.processes[:2]):
                break
        for process in self.processes[:2]:
            assert process.liveness.trouble is None
            for account in ACCOUNTS:
                process.fill(account)
                assert process.liveness.get(account) == self.world.versions[account]

    def follow(self, course: Course, server: int) -> None:
        author, troubled = self.processes[course.author], self.processes[server]
        self.begin(course, server)
        self.pass_time(course.first_wait, server, course.author)
        if troubled is not author:
            for _ in range(course.moves):
                troubled.hear_all()
                troubled.move()
        if course.reads:
            troubled.fill(course.account)
        while author.pool:
            author.go_on(author.pool)
        if course.misses:
            troubled.miss()
        self.pass_time(course.second_wait, None if troubled is author else server)
        if course.forgotten:
            self.world.now += KEPT_SECONDS
            troubled.miss()
        troubled.catch_up()

    def begin(self, course: Course, server: int) -> None:
        author, troubled = self.processes[course.author], self.processes[server]
        if course.second:
            self.change(course.author, course.account % len(ACCOUNTS) + 1, 4)
            if troubled is not author:
                troubled.catch_up()
        self.change(course.author, course.account, course.steps)
        if course.fails and author.pool:
            author.fail(author.pool)
        if course.misses:
            troubled.miss()

    def pass_time(self, seconds: float, *but: int | None) -> None:
        awake = [process for number, process in enumerate(self.processes) if number not in but]
        self.all_catch_up(awake)
        until = self.world.now + seconds
        while self.world.now < until:
            self.world.now = min(until, self.world.now + 1.0)
            self.world.check()
            self.all_catch_up(awake)

    def all_catch_up(self, awake: list[Process]) -> None:
        moved = True
        while moved:
            moved = False
            for process in awake:
                moved |= process.catch_up()

    def start_again(self) -> None:
        for number, process in enumerate(self.processes[:2]):
            if process.stopping:
                self.world.processes.remove(process)
                self.world.go_away(process)
                self.gone.append(process)
                self.fills.pop(number, None)
                self.processes[number] = Process(self.world, self.started, serves=True)
                self.started += 1


TestProtocol = Protocol.TestCase
TestProtocol.settings = settings(
    max_examples=60, stateful_step_count=12, deadline=None, derandomize=True, database=None
)


class AtLength(Protocol):
    pass


TestProtocolAtLength = pytest.mark.slow(AtLength.TestCase)
TestProtocolAtLength.settings = settings(
    max_examples=400, stateful_step_count=40, deadline=None, derandomize=True, database=None
)


def test_a_member_without_a_lease_answers_nothing() -> None:
    member = Member()
    member.fill(member.mark(), 1, "key", GOOD)
    assert member.get("key", 0.0) is None


def test_a_lease_lasts_three_seconds_from_before_it_was_asked_for() -> None:
    member = Member()
    member.renewed(10.0, 11.0, [])
    member.fill(member.mark(), 1, "key", GOOD)
    assert member.get("key", 12.9) == GOOD
    assert member.get("key", 13.0) is None


def test_what_was_cached_before_a_gap_is_gone_after_it() -> None:
    member = Member()
    member.renewed(10.0, 10.0, [])
    member.fill(member.mark(), 1, "key", GOOD)
    member.renewed(14.0, 14.0, [])
    assert member.get("key", 14.1) is None


def test_a_renewal_makes_up_for_a_lost_notification() -> None:
    member = Member()
    member.renewed(10.0, 10.0, [])
    member.fill(member.mark(), 1, "key", GOOD)
    member.renewed(11.0, 11.0, [Invalidation(1, 1)])
    assert member.get("key", 11.1) is None


def test_a_fill_that_began_before_a_drop_is_thrown_away() -> None:
    cache = AccountCache()
    mark = cache.mark()
    cache.drop(1)
    cache.fill(mark, 1, "key", GOOD)
    assert cache.get("key") is None
    cache.fill(mark, 2, "other", GOOD)
    assert cache.get("other") == GOOD


def test_the_cache_stays_within_its_bound() -> None:
    cache = AccountCache(most=3)
    for number in range(10):
        cache.fill(cache.mark(), number % 2, number, GOOD)
    assert len(cache) == 3
    cache.drop(0)
    cache.drop(1)
    assert len(cache) == 0


def test_too_many_drops_to_remember_throw_old_fills_away() -> None:
    cache = AccountCache()
    mark = cache.mark()
    for account in range(20_000):
        cache.drop(account)
    cache.fill(mark, 1, "key", GOOD)
    assert cache.get("key") is None
