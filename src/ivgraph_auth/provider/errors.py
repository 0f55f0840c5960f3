"""What can be wrong with an app's request.

ServiceError
|- UnknownApp              404
|- UnknownGrant            404
|- UnknownRedirectUri      404
|- RedirectUriRefused      422
|- KeysRefused             422
|- TooManyRedirectUris     409
|- AppOfService            409
|- UnknownUserCode         400
|- RegistrationClosed      404
|- RegistrationFull        503
|- UntrustedRequest        400   shown to the person: nothing says where the browser could be sent (RFC 6749 §4.1.2.1)
|- RequestExpired          400   the same
`- OAuthError                    RFC 6749 §5.2's pair, for a program
   |- InvalidRequest       400
   |- InvalidClient        401
   |  `- DocumentRefused          its metadata document cannot be had, or may not be used
   |- InvalidGrant         400
   |- InvalidRedirectUri   400   RFC 7591 §3.2.2
   |- InvalidClientMetadata 400  the same
   |- UnauthorizedClient   400
   |- UnsupportedGrantType 400
   |- InvalidScope         400
   |- InvalidTarget        400   RFC 8707 §2
   |- InvalidDpopProof     400   RFC 9449 §5
   `- AuthorizationPending, SlowDown, AccessDenied, ExpiredDeviceCode   400   RFC 8628 §3.5
AuthorizationError               told to the app by a redirect (RFC 6749 §4.1.2.1)
"""

from ivgraph_auth.core.errors import Conflict, NotFound, ServiceError, Unavailable, Unprocessable
from ivgraph_auth.core.errors import InvalidRequest as BadRequest


class UnknownApp(NotFound):
    detail = "No such app."


class UnknownGrant(NotFound):
    detail = "You have let no such app in, or have withdrawn it."


class UnknownRedirectUri(NotFound):
    detail = "No such redirect URI of this app."


class RedirectUriRefused(Unprocessable):
    code = "invalid_redirect_uri"
    detail = "This cannot be a redirect URI."


class KeysRefused(Unprocessable):
    code = "invalid_jwks"
    detail = (
        "Keys of its own are for regular_web apps: a JWK Set (RFC 7517 §5) with 1 to 20 public keys, and no private."
    )


class TooManyRedirectUris(Conflict):
    code = "too_many_redirect_uris"
    detail = "An app has at most 100 redirect URIs. Remove one first."


class AppOfService(Conflict):
    code = "app_of_service"
    detail = "This app is part of the service, which keeps it as it is."


class UnknownUserCode(BadRequest):
    code = "unknown_user_code"
    detail = "No device waits with this code. Look at the device again: a code is good for ten minutes."


class UntrustedRequest(BadRequest):
    code = "untrusted_request"
    detail = "The app that sent you here is not known. Go back to it, and remove and add the connection."


class RegistrationClosed(NotFound):
    detail = "Apps do not register themselves here. Use the URL of a metadata document as client_id, or ask an admin."


class RegistrationFull(Unavailable):
    detail = "Too many apps have registered themselves here. Try again later, or ask an admin to register yours."

    def __init__(self) -> None:
        super().__init__(retry_after=3600)


class RequestExpired(BadRequest):
    code = "request_expired"
    detail = "This question was answered already, or waited for too long. Go back to the app and start again."


class OAuthError(ServiceError):
    code = "invalid_request"
    status = 400


class InvalidRequest(OAuthError):
    detail = "A parameter is missing, given twice, or malformed."


class InvalidClient(OAuthError):
    status = 401
    code = "invalid_client"
    detail = "The client is not known, or did not prove who it is. Remove and add the connection."


class InvalidGrant(OAuthError):
    code = "invalid_grant"
    detail = "The code or refresh token is not valid, was used, or is another app's. Ask the person again."


class DocumentRefused(InvalidClient):
    """Says why, in words for whoever made the document."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"The client ID metadata document cannot be used. {reason}")
        self.reason = reason


class InvalidRedirectUri(OAuthError):
    code = "invalid_redirect_uri"
    detail = "redirect_uris has none that may be used."


class InvalidClientMetadata(OAuthError):
    code = "invalid_client_metadata"
    detail = "The client's metadata is malformed."


class UnauthorizedClient(OAuthError):
    code = "unauthorized_client"
    detail = "This client may not use this grant type."


class UnsupportedGrantType(OAuthError):
    code = "unsupported_grant_type"
    detail = "No such grant type."


class InvalidScope(OAuthError):
    code = "invalid_scope"
    detail = "None of these scopes may be asked for, or they go beyond what was granted."


class InvalidTarget(OAuthError):
    code = "invalid_target"
    detail = "No such resource here."


class InvalidDpopProof(OAuthError):
    code = "invalid_dpop_proof"
    detail = "The DPoP proof is malformed, or not of this request (RFC 9449 §4.3)."


class AuthorizationPending(OAuthError):
    code = "authorization_pending"
    detail = "The person has not decided yet. Ask again after the interval."


class SlowDown(OAuthError):
    code = "slow_down"
    detail = "Wait for five seconds more between two tries from now on."


class AccessDenied(OAuthError):
    code = "access_denied"
    detail = "The person said no."


class ExpiredDeviceCode(OAuthError):
    code = "expired_token"
    detail = "The device code has expired. Start again."


class AuthorizationError(Exception):
    """`error` and `description` go into the redirect's query."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(f"{error}: {description}")
        self.error = error
        self.description = description
