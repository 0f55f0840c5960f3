"""Errors of HTTP itself, whatever the route is for."""

from ivgraph_auth.core.errors import Forbidden, InvalidRequest, ServiceError, Unavailable


class WrongCredentialKind(Forbidden):
    code = "wrong_credential_kind"
    detail = "This needs a session token: sign in with Notion."


class InsufficientRole(Forbidden):
    code = "insufficient_role"
    detail = "This needs the role admin, which `ivgraph-auth users promote` gives."


class OriginNotAllowed(Forbidden):
    code = "origin_not_allowed"
    detail = "Pages of this origin may not call. ALLOWED_ORIGINS, or an app's registered origins, would name it."


class InvalidJson(InvalidRequest):
    code = "invalid_json"
    detail = "The body is not well-formed JSON."


class UnsupportedMediaType(ServiceError):
    status = 415
    code = "unsupported_media_type"
    detail = "Send the body as JSON, with Content-Type: application/json."


class ContentTooLarge(ServiceError):
    status = 413
    code = "content_too_large"
    detail = "The body is larger than this route takes."


class MethodNotAllowed(ServiceError):
    status = 405
    code = "method_not_allowed"
    detail = "This path does not answer to that method; Allow lists those it does."


class HttpsRequired(Forbidden):
    code = "https_required"
    detail = "Use https."


class FormNotOurs(Forbidden):
    code = "form_not_ours"
    detail = "This form was not made for this browser, or its cookies are switched off. Open the link again."


class ShuttingDown(Unavailable):
    code = "shutting_down"
    detail = "The service is stopping and did not finish this. What it was to change may have been changed."
