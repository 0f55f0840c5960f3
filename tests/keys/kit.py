"""What the tests of the vault share."""

from ivgraph_auth.app.compose.encryption import Encryption
from ivgraph_auth.vault.credential_store import EncryptedCredentialStore
from tests.support.service import Json, Service


def credential_store_of(service: Service) -> EncryptedCredentialStore:
    credential_store: EncryptedCredentialStore = service.app.composition.services.leave.credential_store
    return credential_store


async def grants(service: Service) -> list[int]:
    return [row["id"] for row in await service.rows("SELECT id FROM grants ORDER BY id")]


async def checks(service: Service) -> list[str]:
    """The keys that are known."""
    return [row["key_id"] for row in await service.rows("SELECT key_id FROM key_checks ORDER BY key_id")]


async def kept(service: Service) -> Json:
    """Everything that was sealed, and every check."""
    found = await service.rows("SELECT * FROM grants ORDER BY id")
    return found + await service.rows("SELECT * FROM key_checks ORDER BY key_id")


async def problems(service: Service) -> list[str]:
    """What stands in the way of being ready."""
    answer = await (await service.browser()).get("/health/ready")
    found: list[str] = answer.json()["problems"]
    assert answer.status_code == (503 if found else 200)
    return found


def encryption_of(service: Service) -> Encryption:
    encryption: Encryption = service.app.composition.encryption
    return encryption
