"""Origins whose pages apps have registered: they may call from a browser (Fetch standard, CORS)."""

from dataclasses import dataclass, field

from ivgraph_auth.base import Base
from ivgraph_auth.core.tasks import SingleFlight
from ivgraph_auth.provider import app_repository

# An origin that was removed is told so by this time. It opens nothing by itself: each call needs a credential.
_KEPT_SECONDS = 5.0


@dataclass(slots=True)
class AppOrigins:
    base: Base
    _known: frozenset[str] = frozenset()
    _looked_at: float = float("-inf")
    _loading: SingleFlight[str, None] = field(default_factory=SingleFlight)

    async def has(self, origin: str) -> bool:
        """Raises DatabaseUnavailable."""
        if self.base.clock.monotonic() - self._looked_at >= _KEPT_SECONDS:
            await self._loading.run("origins", self._load)
        return origin in self._known

    async def _load(self) -> None:
        looked_at = self.base.clock.monotonic()
        async with self.base.database.direct() as connection:
            self._known = frozenset(await app_repository.list_origins(connection))
        self._looked_at = looked_at
