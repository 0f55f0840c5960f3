"""What there is about the keys that encrypt."""

from dataclasses import dataclass

from ivgraph_auth.app.sealed import SEALED_TABLES
from ivgraph_auth.app.values import text
from ivgraph_auth.core.clock import Clock
from ivgraph_auth.core.config import Settings
from ivgraph_auth.core.http import HttpClient
from ivgraph_auth.core.secrets import Secret
from ivgraph_auth.database.engine import Database
from ivgraph_auth.keys.keyring import parse_keyring
from ivgraph_auth.keys.rewrap import Rewrap
from ivgraph_auth.keys.rotation import Rotation
from ivgraph_auth.keys.service import KeyService
from ivgraph_auth.keys.transit import Transit
from ivgraph_auth.keys.verification import KeyVerifier
from ivgraph_auth.keys.watch import KeyWatch
from ivgraph_auth.processes.registry import ProcessRegistry


@dataclass(frozen=True, slots=True)
class Encryption:
    keys: KeyService
    verifier: KeyVerifier
    watch: KeyWatch
    rotation: Rotation
    rewrap: Rewrap


def compose_encryption(
    settings: Settings, clock: Clock, database: Database, http: HttpClient, processes: ProcessRegistry
) -> Encryption:
    keyring = parse_keyring(text(settings.encryption_keys)) if settings.encryption_keys else None
    keys = KeyService(clock=clock, keyring=keyring, transit=_transit(settings, http))
    verifier = KeyVerifier(database=database, keys=keys, tables=SEALED_TABLES)
    return Encryption(
        keys=keys,
        verifier=verifier,
        watch=KeyWatch(keys=keys, verifier=verifier, processes=processes, path=settings.encryption_keys_file),
        rotation=Rotation(database=database, clock=clock, keys=keys, verifier=verifier, processes=processes),
        rewrap=Rewrap(database=database, keys=keys, verifier=verifier, processes=processes, tables=SEALED_TABLES),
    )


def _transit(settings: Settings, http: HttpClient) -> Transit | None:
    if settings.vault_addr is None or settings.vault_transit_key is None:
        return None
    token = Secret(text(settings.vault_token))
    return Transit(http=http, address=settings.vault_addr, token=token, name=settings.vault_transit_key)
