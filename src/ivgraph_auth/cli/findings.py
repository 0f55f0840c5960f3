"""What `doctor` finds."""

from dataclasses import dataclass
from typing import Literal

from ivgraph_auth.core.config import Settings
from ivgraph_auth.database.engine import Database


@dataclass(frozen=True, slots=True)
class Finding:
    """`fix` is a sentence, empty when all is well."""

    level: Literal["ok", "warn", "fail"]
    says: str
    fix: str = ""


@dataclass(frozen=True, slots=True)
class Installation:
    settings: Settings
    database: Database
