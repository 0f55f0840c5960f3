"""The four things that nearly every service stands on."""

from dataclasses import dataclass

from ivgraph_auth.audit.service import AuditTrail
from ivgraph_auth.core.clock import Clock
from ivgraph_auth.database.engine import Database
from ivgraph_auth.liveness.service import Liveness


@dataclass(frozen=True, slots=True)
class Base:
    database: Database
    clock: Clock
    audit: AuditTrail
    liveness: Liveness
