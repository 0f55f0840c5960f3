import uuid
from dataclasses import dataclass, field
from datetime import datetime

from ivgraph_auth.core.secrets import Secret


@dataclass(frozen=True, slots=True)
class Credential:
    """What Notion gave: the only thing in this service that must never be stored or shown as it is."""

    access_token: Secret
    refresh_token: Secret | None


@dataclass(frozen=True, slots=True)
class GrantKey:
    """What Notion keys a token pair by."""

    client_id: str
    workspace_id: uuid.UUID
    bot_id: str

    @property
    def identity(self) -> str:
        """What a ciphertext is bound to. Lengths first, so that no two keys read alike."""
        parts = (self.client_id, self.workspace_id.hex, self.bot_id)
        return "grant:" + "".join(f"{len(part)}:{part}" for part in parts)


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
    """`sealed` is what `Safe.replace` takes for `before`."""

    id: int
    key: GrantKey
    credential: Credential
    sealed: bytes = field(repr=False)
    status: str


@dataclass(frozen=True, slots=True)
class KeyProblem:
    """For whoever runs the service. `fix` is a sentence; `says` is one without its full stop."""

    says: str
    fix: str


@dataclass(frozen=True, slots=True)
class InterruptedRefresh:
    """A refresh that nobody finished. Its refresh token may be spent, and the new pair lost."""

    grant_id: int
    at: datetime
    status: str
