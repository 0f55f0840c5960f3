"""Sends events to the one subscription: gathered for a moment, signed, at least once, and again when not taken."""

import asyncio
import hmac
import json
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Literal

from ivgraph_auth.core.http import HttpClient, UpstreamError
from ivgraph_auth.core.secrets import random_alphanumeric, random_uuid, sha256
from ivgraph_auth.core.tasks import start_task
from ivgraph_auth.sandbox.content.node import Json
from ivgraph_auth.sandbox.state import State
from ivgraph_auth.sandbox.webhooks.models import Disturbance, Event, Subscription

MOST_ATTEMPTS = 8
_DEADLINE = 10.0
_LONGEST_PAUSE = 60.0
_ATTEMPTS_KEPT = 10_000


@dataclass(slots=True)
class _Delivery:
    event: Event
    number: int
    attempts: int = 0
    late: bool = False  # it is passed over once


@dataclass(frozen=True, slots=True)
class Attempt:
    """`status` None: there was no answer. An outcome of `dropped` was never sent."""

    type: str
    entity: str
    event: str
    number: int  # 1 to 8; 0 where it was dropped
    status: int | None
    outcome: Literal["taken", "failed", "given_up", "dropped"]


@dataclass(slots=True)
class Outbox:
    """With `automatic`, what was gathered goes out `moment` seconds after the first change; otherwise only by `flush`.
    `make_client` lets a test put its own wire below.
    """

    state: State
    client_id: str
    automatic: bool = True
    moment: float = 1.0
    disturbance: Disturbance = field(default_factory=Disturbance)
    make_client: Callable[[], HttpClient] = HttpClient
    attempts: list[Attempt] = field(default_factory=list)
    _gathered: dict[tuple[str, str], Event] = field(default_factory=dict)
    _waiting: list[_Delivery] = field(default_factory=list)
    _count: int = 0
    _passing: asyncio.Lock = field(default_factory=asyncio.Lock)
    _timer: asyncio.Task[None] | None = None

    @property
    def waiting(self) -> int:
        return len(self._gathered) + len(self._waiting)

    @property
    def integration_id(self) -> str:
        return str(uuid.UUID(bytes=sha256(f"integration {self.client_id}")[:16], version=4))

    async def subscribe(self, url: str) -> Subscription:
        """In place of an earlier one. Its token is told to `url` alone, signed with itself; unless that is answered
        2xx the subscription is not active, and nothing more is sent.
        """
        self.unsubscribe()
        made = Subscription(str(random_uuid()), url, f"secret_{random_alphanumeric(43)}", active=False)
        client = self.make_client()
        try:
            status = await _post(client, made, {"verification_token": made.token})
        finally:
            await client.close()
        made = replace(made, active=_is_success(status))
        self.state.keep_subscription(made)
        return made

    def unsubscribe(self) -> None:
        self.close()
        self._gathered.clear()
        self._waiting.clear()
        self.state.keep_subscription(None)

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def add(self, events: Iterable[Event]) -> None:
        subscription = self.state.subscription
        if subscription is None or not subscription.active:
            return
        for event in events:
            self._gather(event)
        self._start_timer()

    def _gather(self, event: Event) -> None:
        """What is told of a thing that is new stands in the event of its creation."""
        kind, entity = event.key
        created = self._gathered.get((f"{kind.partition('.')[0]}.created", entity))
        earlier = self._gathered.get(event.key)
        if created is not None and kind.endswith("_updated"):
            created.authors |= event.authors
        elif earlier is not None:
            earlier.take_in(event)
        else:
            self._gathered[event.key] = event

    async def flush(self) -> Json:
        """One pass: everything that waits is sent once, but for what is late. {"sent", "failed", "waiting"}; to be
        called again while something waits.
        """
        async with self._passing:
            self._close_gathered()
            batch = [each for each in self._waiting if not each.late]
            self._waiting = [each for each in self._waiting if each.late]
            for each in self._waiting:
                each.late = False
            if self.disturbance.reorder:
                batch.sort(key=lambda each: self.disturbance.lot("order", each.number))
            failed = await self._send(batch)
            return {"sent": len(batch) - failed, "failed": failed, "waiting": self.waiting}

    def _close_gathered(self) -> None:
        events, self._gathered = list(self._gathered.values()), {}
        wish = self.disturbance
        for event in events:
            self._count += 1
            number = self._count
            if wish.meets(wish.drop, "drop", number):
                self._note(Attempt(*event.key, event.id, 0, None, "dropped"))
                continue
            late = wish.meets(wish.delay, "delay", number)
            self._waiting.append(_Delivery(event, number, late=late))
            if wish.meets(wish.double, "double", number):
                self._waiting.append(_Delivery(event, number, late=late))

    async def _send(self, batch: list[_Delivery]) -> int:
        """How many were not taken."""
        failed = 0
        client = self.make_client() if batch else None
        try:
            while batch and client is not None:
                delivery = batch[0]
                failed += not await self._attempt(client, delivery)
                batch = batch[1:]
        finally:
            self._waiting += batch  # what a cancellation left
            if client is not None:
                await client.close()
        return failed

    async def _attempt(self, client: HttpClient, delivery: _Delivery) -> bool:
        subscription = self.state.subscription
        if subscription is None:
            return False
        delivery.attempts += 1
        event = delivery.event
        status = await _post(client, subscription, event.told(subscription, self.integration_id, delivery.attempts))
        taken = _is_success(status)
        again = not taken and delivery.attempts < MOST_ATTEMPTS
        if again:
            self._waiting.append(delivery)
        outcome: Literal["taken", "failed", "given_up"] = "taken" if taken else "failed" if again else "given_up"
        self._note(Attempt(*event.key, event.id, delivery.attempts, status, outcome))
        return taken

    def _note(self, attempt: Attempt) -> None:
        self.attempts.append(attempt)
        del self.attempts[:-_ATTEMPTS_KEPT]

    def _start_timer(self) -> None:
        """Without a running loop, as where a script changes the store, only `flush` sends."""
        if not self.automatic or not self.waiting or (self._timer is not None and not self._timer.done()):
            return
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return
        self._timer = start_task(self._run())

    async def _run(self) -> None:
        pause = self.moment
        while self.waiting:
            await asyncio.sleep(pause)
            failed = (await self.flush())["failed"]
            pause = min(pause * 2, _LONGEST_PAUSE) if failed else self.moment


async def _post(client: HttpClient, subscription: Subscription, told: Json) -> int | None:
    body = json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
    signature = hmac.new(subscription.token.encode(), body, "sha256").hexdigest()
    headers = {"Content-Type": "application/json", "X-Notion-Signature": f"sha256={signature}"}
    try:
        answer = await client.request("POST", subscription.url, headers=headers, content=body, deadline=_DEADLINE)
    except UpstreamError:
        return None
    return answer.status


def _is_success(status: int | None) -> bool:
    return status is not None and 200 <= status <= 299  # noqa: PLR2004 -- HTTP's own range
