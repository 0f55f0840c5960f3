"""Resource indicators: what the token will be for."""

from dataclasses import dataclass

from ivgraph_auth.provider.authorization.request import Draft, Parameters
from ivgraph_auth.provider.errors import AuthorizationError, InvalidTarget
from ivgraph_auth.provider.models import App
from ivgraph_auth.provider.resources import Resources


@dataclass(frozen=True, slots=True)
class ResourceCheck:
    resources: Resources

    def __call__(self, parameters: Parameters, _app: App, draft: Draft) -> None:
        """RFC 8707 §2."""
        try:
            draft.resources = self.resources.read(parameters.all("resource"))
        except InvalidTarget:
            raise AuthorizationError("invalid_target", "No such resource here.") from None
