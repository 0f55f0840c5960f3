"""What the sandbox has granted: codes, and the token pairs of each authorization. Tokens are kept as digests only."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from ivgraph_auth.core.clock import Clock
from ivgraph_auth.core.secrets import random_alphanumeric, random_uuid, sha256
from ivgraph_auth.sandbox.config import SandboxConfig
from ivgraph_auth.sandbox.content.sample import sample
from ivgraph_auth.sandbox.content.store import Content
from ivgraph_auth.sandbox.models import Dataset, Person, Workspace
from ivgraph_auth.sandbox.people import WORLD
from ivgraph_auth.sandbox.store import GrantRecord, Saved, StateFileError, damaged, load, save
from ivgraph_auth.sandbox.webhooks.models import Subscription

CODE_LIFETIME = timedelta(minutes=10)


def _digest(secret: str) -> str:
    return sha256(secret).hex()


@dataclass(frozen=True, slots=True)
class Code:
    person: str
    workspace: str
    pages: tuple[str, ...]
    redirect_uri: str
    issued: datetime


@dataclass(slots=True)
class Grant:
    """One authorization: a token pair that is renewed in place. `access` is None once it has expired."""

    person: Person
    workspace: Workspace
    pages: tuple[str, ...]
    access: str | None
    refresh: str | None
    issued_ms: int


@dataclass(frozen=True, slots=True)
class Pair:
    grant: Grant
    access_token: str
    refresh_token: str | None


class State:
    def __init__(self, config: SandboxConfig, clock: Clock, world: Dataset = WORLD) -> None:
        self.world = world
        self._config = config
        self._clock = clock
        self._codes: dict[str, Code] = {}
        self._grants: list[Grant] = []
        self.subscription: Subscription | None = None
        self.content = Content(*sample(), changed=self._save)
        if config.state_file is not None:
            self._load(config.state_file)

    @property
    def grants(self) -> tuple[Grant, ...]:
        return tuple(self._grants)

    def bot_id(self, person: Person, workspace: Workspace) -> str:
        """The same for ever for one person, workspace and client."""
        material = sha256(f"{self._config.client_id}\n{person.id}\n{workspace.id}")
        return str(uuid.UUID(bytes=material[:16], version=4))

    def issue_code(self, person: Person, workspace: Workspace, pages: tuple[str, ...], redirect_uri: str) -> str:
        now = self._clock.now()
        self._codes = {key: code for key, code in self._codes.items() if now - code.issued < CODE_LIFETIME}
        text = str(random_uuid())
        self._codes[_digest(text)] = Code(person.key, workspace.key, pages, redirect_uri, now)
        return text

    def redeem_code(self, text: str, redirect_uri: str, *, with_refresh: bool) -> Pair | None:
        """A code is spent by the first exchange that names it, whether or not that exchange succeeds."""
        code = self._codes.pop(_digest(text), None)
        if code is None or code.redirect_uri != redirect_uri or self._clock.now() - code.issued >= CODE_LIFETIME:
            return None
        person, workspace = self._found(code.person, code.workspace)
        for earlier in self._matching(person.key, workspace.key):
            earlier.pages = code.pages  # the choice of pages belongs to the person, not to one token
        grant = Grant(person, workspace, code.pages, None, None, 0)
        self._grants.append(grant)
        return self._renewed(grant, with_refresh=with_refresh)

    def rotate(self, refresh_token: str, *, with_refresh: bool) -> Pair | None:
        """A fresh pair. The old refresh token is spent, and the old access token ends with it. A spent refresh token
        is refused and changes nothing else: what Notion does with the rest of the grant is not documented.
        """
        digest = _digest(refresh_token)
        grant = next((each for each in self._grants if each.refresh == digest), None)
        return None if grant is None else self._renewed(grant, with_refresh=with_refresh)

    def by_access_token(self, token: str) -> Grant | None:
        digest = _digest(token)
        return next((grant for grant in self._grants if grant.access == digest), None)

    def revoke_token(self, token: str) -> None:
        """Either token of a pair ends the authorization; an unknown one is passed over (RFC 7009 §2.2)."""
        digest = _digest(token)
        self._end([grant for grant in self._grants if digest in {grant.access, grant.refresh}])

    def expire_access_tokens(self, *, person: str | None = None, workspace: str | None = None) -> int:
        """Access tokens stop working, refresh tokens go on. Answers how many stopped."""
        expired = 0
        for grant in self._matching(person, workspace):
            expired += grant.access is not None
            grant.access = None
        self._save()
        return expired

    def expire_access_token(self, token: str) -> bool:
        """One access token stops working; its refresh token goes on. Answers whether there was such a one."""
        grant = self.by_access_token(token)
        if grant is None:
            return False
        grant.access = None
        self._save()
        return True

    def share(self, grant: Grant, page: str) -> None:
        """A page made by the connection itself belongs to what that person shared."""
        for each in self._matching(grant.person.key, grant.workspace.key):
            each.pages = (*each.pages, page)

    def unshare(self, grant: Grant, page: str) -> None:
        """What stands below it is gone with it, unless it is shared by itself."""
        for each in self._matching(grant.person.key, grant.workspace.key):
            each.pages = tuple(kept for kept in each.pages if kept != page)

    def revoke_authorization(self, *, person: str | None = None, workspace: str | None = None) -> int:
        """As if the person had removed the connection in Notion's settings. Answers how many grants ended."""
        ended = list(self._matching(person, workspace))
        self._end(ended)
        return len(ended)

    def keep_subscription(self, subscription: Subscription | None) -> None:
        self.subscription = subscription
        self._save()

    def _end(self, ended: list[Grant]) -> None:
        self._grants = [grant for grant in self._grants if not any(grant is each for each in ended)]
        self._save()

    def _matching(self, person: str | None, workspace: str | None) -> Iterator[Grant]:
        for grant in self._grants:
            if person not in {None, grant.person.key, grant.person.id}:
                continue
            if workspace in {None, grant.workspace.key, grant.workspace.id}:
                yield grant

    def _renewed(self, grant: Grant, *, with_refresh: bool) -> Pair:
        access = f"ntn_{random_alphanumeric(46)}"
        refresh = f"nrt_{random_alphanumeric(46)}" if with_refresh else None
        grant.access = _digest(access)
        grant.refresh = None if refresh is None else _digest(refresh)
        grant.issued_ms = int(self._clock.now().timestamp() * 1000)
        self._save()
        return Pair(grant, access, refresh)

    def _found(self, person_key: str, workspace_key: str) -> tuple[Person, Workspace]:
        person, workspace = self.world.person(person_key), self.world.workspace(workspace_key)
        if person is None or workspace is None:
            raise StateFileError(f"nobody here is called {person_key!r}, or no workspace {workspace_key!r}")
        return person, workspace

    def _revived(self, record: GrantRecord) -> Grant:
        person, workspace = self._found(record.person, record.workspace)
        return Grant(person, workspace, record.pages, record.access, record.refresh, record.issued_ms)

    def _load(self, path: Path) -> None:
        saved = load(path, self._config.client_id)
        self._grants = [self._revived(record) for record in saved.grants]
        try:
            if saved.subscription is not None:
                self.subscription = Subscription.revived(saved.subscription)
            if saved.content is not None:
                self.content.restore(saved.content)
        except (ValueError, KeyError, TypeError) as error:
            raise damaged(path) from error

    def _save(self) -> None:
        if self._config.state_file is None:
            return
        records = [
            GrantRecord(each.person.key, each.workspace.key, each.pages, each.access, each.refresh, each.issued_ms)
            for each in self._grants
        ]
        subscription = None if self.subscription is None else self.subscription.dump()
        save(self._config.state_file, self._config.client_id, Saved(records, self.content.dump(), subscription))
