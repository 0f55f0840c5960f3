"""Where an app may be answered (RFC 6749 §3.1.2)."""

from ivgraph_auth.provider.authorization.request import Parameters
from ivgraph_auth.provider.errors import UntrustedRequest
from ivgraph_auth.provider.models import App
from ivgraph_auth.provider.redirect_uris import AppType, UriType, is_loopback, matches


def choose_redirect(app: App, parameters: Parameters) -> str:
    """What the request names, or the only one that is registered. Raises UntrustedRequest."""
    given = parameters.get("redirect_uri")
    if given is None:
        registered = app.uris(UriType.CALLBACK)
        if len(registered) != 1:
            raise UntrustedRequest("The app that sent you here did not say where to go back to.")
        return registered[0]
    if not may_return_to(app, given):
        raise UntrustedRequest("The app that sent you here wants you back at an address that it has not registered.")
    return given


def may_return_to(app: App, uri: str) -> bool:
    registered = app.uris(UriType.CALLBACK)
    any_port = app.app_type is AppType.NATIVE or all(map(is_loopback, registered))
    return matches(uri, registered, any_loopback_port=any_port)
