"""The client that the API reference is: nobody registers it, and its redirect URI follows the public URL."""

from dataclasses import dataclass

from ivgraph_auth.provider.models import App, GrantType, Registration
from ivgraph_auth.provider.redirect_uris import UriType
from ivgraph_auth.provider.scopes import OFFLINE_ACCESS, SCOPES

DOCS_CLIENT_ID = "ivgraph-docs"
DOCS_REDIRECT_PATH = "/docs/oauth2-redirect"
DOCS_NAME = "API reference"
# Its pages keep no token, so that one which outlives them would be of no use.
DOCS_SCOPES = tuple(scope for scope in SCOPES if scope != OFFLINE_ACCESS)
DOCS_GRANT_TYPES = (GrantType.AUTHORIZATION_CODE,)


@dataclass(frozen=True, slots=True)
class DocsClient:
    redirect_uri: str

    def is_kept(self, app: App) -> bool:
        """Whether it is stored as it should be: the public URL, or this version's scopes, may be others by now."""
        return (app.registration, app.scopes, app.uris(UriType.CALLBACK)) == (
            Registration.SERVICE,
            DOCS_SCOPES,
            (self.redirect_uri,),
        )
