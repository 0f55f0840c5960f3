from ivgraph_auth.core.errors import Unavailable


class CredentialUnavailable(Unavailable):
    code = "credential_unavailable"
    detail = "The stored Notion credential cannot be opened. Whoever runs this service must look at its keys."
