"""The protocol as a model: several processes, lost and late messages, pauses, a database that keeps some waiting.

No step may accept a credential whose revocation was answered.
"""

from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from ivgraph_auth.liveness.cache import AccountCache
from ivgraph_auth.liveness.member import LEASE_SECONDS, Member
from ivgraph_auth.liveness.models import Invalidation

MEMBERS = st.integers(0, 1)
GOOD = "good"


@dataclass
class Renewal:
    """Sent; then the lease is committed; then what is pending is read; then the answer arrives."""

    sent_at: float
    committed: bool = False
    pending: list[Invalidation] | None = None


@dataclass
class Fill:
    """Begun; then the database is read; then it is stored. `value` is None for a revoked account."""

    account: int
    mark: int
    was_read: bool = False
    value: str | None = None


@dataclass
class Revocation:
    """Committed. Answered when everybody it waits for has confirmed, or three seconds are over."""

    invalidation: Invalidation
    committed_at: float
    outcome_known: bool
    waits_for: set[int]
    on_its_way_to: set[int]
    confirmations: set[int] = field(default_factory=set)
    answered: bool = False


class Protocol(RuleBasedStateMachine):
    """Two processes, one account after the other; any of them may stop for any time between any two steps."""

    @initialize()
    def start(self) -> None:
        self.now = 1000.0
        self.account = 1
        self.members = [Member(), Member()]
        self.leases: dict[int, float] = {}
        self.committed: list[Invalidation] = []
        self.revocation: Revocation | None = None
        self.answered: list[int] = []
        self.renewals: dict[int, Renewal] = {}
        self.fills: dict[int, Fill] = {}

    @rule(seconds=st.sampled_from([0.2, 1.0, 2.0, 2.9, 3.0, 30.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds
        self.answer()

    @rule(member=MEMBERS)
    def go_on_with_renewal(self, member: int) -> None:
        renewal = self.renewals.get(member)
        if renewal is None:
            self.renewals[member] = Renewal(self.now)
        elif not renewal.committed:
            renewal.committed = True
            self.leases[member] = self.now + LEASE_SECONDS
        elif renewal.pending is None:
            renewal.pending = list(self.committed)
        else:
            del self.renewals[member]
            self.finish(member, renewal.sent_at, renewal.pending)

    @rule(member=MEMBERS)
    def renew_at_once(self, member: int) -> None:
        self.renewals.pop(member, None)
        self.leases[member] = self.now + LEASE_SECONDS
        self.finish(member, self.now, list(self.committed))

    @rule(member=MEMBERS)
    def go_on_with_fill(self, member: int) -> None:
        fill = self.fills.get(member)
        if fill is None:
            self.fills[member] = Fill(self.account, self.members[member].mark())
        elif not fill.was_read:
            fill.was_read = True
            fill.value = GOOD if fill.account == self.account and self.revocation is None else None
        else:
            del self.fills[member]
            self.keep(member, fill)

    @precondition(lambda self: self.revocation is None)
    @rule(member=MEMBERS)
    def fill_at_once(self, member: int) -> None:
        self.keep(member, Fill(self.account, self.members[member].mark(), was_read=True, value=GOOD))

    @precondition(lambda self: self.revocation is None)
    @rule(author=MEMBERS, outcome_known=st.booleans())
    def revoke(self, author: int, *, outcome_known: bool) -> None:
        invalidation = Invalidation(len(self.committed) + 1, self.account)
        self.committed.append(invalidation)
        alive = {member for member, expires_at in self.leases.items() if expires_at > self.now}
        self.revocation = Revocation(invalidation, self.now, outcome_known, alive - {author}, {1 - author})
        self.members[author].apply(invalidation)
        self.answer()

    @precondition(lambda self: self.revocation is not None)
    @rule(member=MEMBERS, lost=st.booleans())
    def notification_arrives(self, member: int, *, lost: bool) -> None:
        revocation = self.revocation
        if revocation and member in revocation.on_its_way_to:
            revocation.on_its_way_to.discard(member)
            if not lost:
                self.members[member].apply(revocation.invalidation)
                revocation.confirmations.add(member)

    @precondition(lambda self: self.revocation is not None)
    @rule(member=MEMBERS, lost=st.booleans())
    def confirmation_arrives(self, member: int, *, lost: bool) -> None:
        revocation = self.revocation
        if revocation and member in revocation.confirmations:
            revocation.confirmations.discard(member)
            if not lost:
                revocation.waits_for.discard(member)
        self.answer()

    @precondition(lambda self: self.revocation is not None)
    @rule()
    def next_account(self) -> None:
        self.account += 1
        self.revocation = None

    @rule(member=MEMBERS)
    def connection_is_lost(self, member: int) -> None:
        self.renewals.pop(member, None)
        self.members[member].distrust()

    def finish(self, member: int, sent_at: float, pending: list[Invalidation]) -> None:
        revocation = self.revocation
        if revocation and revocation.invalidation in pending and self.members[member].is_news(revocation.invalidation):
            revocation.confirmations.add(member)
        self.members[member].renewed(sent_at, self.now, pending)

    def keep(self, member: int, fill: Fill) -> None:
        if fill.value is not None:
            self.members[member].fill(fill.mark, fill.account, fill.account, fill.value)

    def answer(self) -> None:
        revocation = self.revocation
        if revocation is None or revocation.answered or not revocation.outcome_known:
            return
        if not revocation.waits_for or self.now >= revocation.committed_at + LEASE_SECONDS:
            revocation.answered = True
            self.answered.append(revocation.invalidation.account_id)

    @invariant()
    def nothing_answered_is_accepted(self) -> None:
        for account in getattr(self, "answered", ())[-3:]:
            assert [member.get(account, self.now) for member in self.members] == [None, None]


TestProtocol = Protocol.TestCase
TestProtocol.settings = settings(
    max_examples=150, stateful_step_count=40, deadline=None, derandomize=True, database=None
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
