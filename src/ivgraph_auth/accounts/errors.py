from ivgraph_auth.core.errors import Conflict, NotFound


class UnknownAccount(NotFound):
    code = "unknown_account"
    detail = "No such account."


class AmbiguousAccount(Conflict):
    code = "ambiguous_account"
    detail = "Several accounts have this e-mail address. Name one by its id: `ivgraph-auth users list`."
