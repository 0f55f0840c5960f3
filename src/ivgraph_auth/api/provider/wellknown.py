"""Discovery documents, at every address where a client looks for them."""

from starlette.responses import JSONResponse, Response

from ivgraph_auth.api.dependencies import InjectedServices
from ivgraph_auth.provider.resources import PATHS
from ivgraph_auth.web.policy import WELL_KNOWN
from ivgraph_auth.web.routing import Router

router = Router(policy=WELL_KNOWN, tags=["OAuth"])

_KEPT = {"Cache-Control": "public, max-age=300"}
_OF_SERVER = {
    "/.well-known/oauth-authorization-server": "describe_authorization_server",
    "/.well-known/openid-configuration": "describe_openid_provider",
}


async def describe_authorization_server(services: InjectedServices) -> Response:
    """RFC 8414 §3, and OpenID Connect Discovery §4: one document for both."""
    return JSONResponse(services.provider.metadata.authorization_server(), headers=_KEPT)


for _address, _name in _OF_SERVER.items():
    for _path in PATHS:
        # Clients that know only a resource ask for the server by its path (RFC 8414 §3.1).
        router.get(_address + _path, name=_name, include_in_schema=not _path)(describe_authorization_server)


def _add_resource(path: str) -> None:
    async def describe_resource(services: InjectedServices) -> Response:
        """RFC 9728 §3."""
        return JSONResponse(services.provider.metadata.protected_resource(path), headers=_KEPT)

    router.get(f"/.well-known/oauth-protected-resource{path}", include_in_schema=not path)(describe_resource)


for _path in PATHS:
    _add_resource(_path)
