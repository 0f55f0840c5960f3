from ivgraph_auth.core.errors import Forbidden, InvalidRequest, NotFound


class NotYourToken(Forbidden):
    code = "not_your_token"
    detail = "The Authorization header must hold a session token of the same user, or be left out."


class FreshSignInNeeded(Forbidden):
    code = "fresh_sign_in_needed"
    detail = "Sign in again first: this needs a sign-in of the last ten minutes."


class InvalidCode(InvalidRequest):
    code = "invalid_code"
    detail = "The code is unknown, used or expired, or the code_verifier does not fit. Start the sign-in again."


class UnknownSession(NotFound):
    detail = "No such session of yours."
