from ivgraph_auth.core.errors import Forbidden, NotFound


class AccountDisabled(Forbidden):
    code = "account_disabled"
    detail = "This account is disabled. Ask whoever runs this service."


class UnknownAccount(NotFound):
    code = "unknown_account"
    detail = "No such account."
