"""From the parameters of a request to one that is known, checked and frozen (RFC 6749 §4.1.1)."""

from ivgraph_auth.provider.authorization.checks import openid, rfc6749, rfc7636, rfc9449
from ivgraph_auth.provider.authorization.checks.id_token_hint import IdTokenHintCheck
from ivgraph_auth.provider.authorization.checks.rfc8707 import ResourceCheck
from ivgraph_auth.provider.authorization.redirects import choose_redirect
from ivgraph_auth.provider.authorization.request import AuthorizationRequest, Check, Draft, Parameters
from ivgraph_auth.provider.clients import Clients
from ivgraph_auth.provider.errors import DocumentRefused, UntrustedRequest
from ivgraph_auth.provider.id_token_hints import IdTokenHints
from ivgraph_auth.provider.models import App
from ivgraph_auth.provider.resources import Resources


class RequestReader:
    def __init__(self, clients: Clients, hints: IdTokenHints, resources: Resources) -> None:
        self._clients = clients
        self._hints = IdTokenHintCheck(hints)
        # In the order in which a request is refused for what is wrong with it.
        self._checks: tuple[Check, ...] = (
            rfc6749.check_repeated,
            openid.check_request_object,
            rfc6749.check_lengths,
            rfc6749.check_response_type,
            rfc6749.check_response_mode,
            rfc7636.check_code_challenge,
            ResourceCheck(resources),
            rfc6749.check_scope,
            openid.check_prompt,
            openid.check_max_age,
            rfc9449.check_dpop_jkt,
        )

    async def find_app(self, parameters: Parameters, address: str | None) -> tuple[App, str]:
        """The app, and where it may be answered. Raises UntrustedRequest (RFC 6749 §4.1.2.1)."""
        client_ids, redirect_uris = parameters.all("client_id"), parameters.all("redirect_uri")
        if len(client_ids) != 1 or len(redirect_uris) > 1:
            raise UntrustedRequest("The app that sent you here did not say which app it is, or where to go back to.")
        try:
            app = await self._clients.find(client_ids[0], address)
        except DocumentRefused as refusal:
            raise UntrustedRequest(f"The app that sent you here is not known. {refusal.detail}") from refusal
        if app is None:
            raise UntrustedRequest
        return app, choose_redirect(app, parameters)

    async def read(self, parameters: Parameters, app: App, redirect_uri: str) -> AuthorizationRequest:
        """Raises AuthorizationError."""
        draft = Draft()
        for check in self._checks:
            check(parameters, app, draft)
        return AuthorizationRequest(
            app_id=app.id,
            redirect_uri=redirect_uri,
            redirect_uri_sent=parameters.get("redirect_uri") is not None,
            code_challenge=draft.code_challenge,
            scopes=draft.scopes,
            resources=draft.resources,
            state=parameters.get("state"),
            nonce=parameters.get("nonce"),
            prompt=draft.prompt,
            max_age=draft.max_age,
            dpop_jkt=draft.dpop_jkt,
            hinted_account_id=await self._hints.find_account(parameters, app),
        )
