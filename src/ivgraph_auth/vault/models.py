import uuid
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from ivgraph_auth.core.secrets import Secret
from ivgraph_auth.core.urls import parse_notion_id


@dataclass(frozen=True, slots=True)
class Credential:
    """What Notion gave: the only thing in this service that must never be stored or shown as it is."""

    access_token: Secret
    refresh_token: Secret | None


@dataclass(frozen=True, slots=True)
class GrantKey:
    """What Notion keys a token pair by, and whose it is: two people may be answered the same bot.

    `owner` is empty in rows from before it was part of the key.
    """

    client_id: str
    workspace_id: uuid.UUID
    bot_id: str
    owner: str = ""

    @property
    def identity(self) -> str:
        """What a ciphertext is bound to. Lengths first, so that no two keys read alike."""
        parts = (self.client_id, self.workspace_id.hex, self.bot_id, *filter(None, [self.owner]))
        return "grant:" + "".join(f"{len(part)}:{part}" for part in parts)


def owner_of(notion_user_id: uuid.UUID | None, account_id: int) -> str:
    """The person who consented; where Notion names none, nobody but the account that asked."""
    return str(notion_user_id) if notion_user_id else f"account:{account_id}"


@dataclass(frozen=True, slots=True)
class GrantDetails:
    """What is known of a grant beside its credential."""

    workspace_name: str | None
    workspace_icon: str | None
    owner_notion_user_id: uuid.UUID | None
    owner_name: str | None


@dataclass(frozen=True, slots=True)
class SealedCredential:
    """Ready to be stored under the grant's key that it was sealed for, and nowhere else."""

    sealed: bytes = field(repr=False)
    key_id: str


@dataclass(frozen=True, slots=True)
class SealedGrant:
    id: int
    key: GrantKey
    sealed: bytes = field(repr=False)
    status: str


@dataclass(frozen=True, slots=True)
class OpenedGrant:
    """`sealed` is what `EncryptedCredentialStore.replace` takes for `before`."""

    id: int
    key: GrantKey
    credential: Credential
    sealed: bytes = field(repr=False)
    status: str


@dataclass(frozen=True, slots=True)
class InterruptedRefresh:
    """A refresh that nobody finished. Its refresh token may be spent, and the new pair lost."""

    grant_id: int
    at: datetime
    status: str


@dataclass(frozen=True, slots=True)
class GrantHolder:
    """Whose a grant is at Notion."""

    id: int
    bot_id: str
    owner_notion_user_id: uuid.UUID | None

    def belongs_to(self, ids: Collection[uuid.UUID]) -> bool:
        """To one of these people or bots."""
        return self.owner_notion_user_id in ids or parse_notion_id(self.bot_id) in ids


@dataclass(frozen=True, slots=True)
class ActiveGrant:
    """One that is thought to work."""

    id: int
    workspace_id: uuid.UUID
