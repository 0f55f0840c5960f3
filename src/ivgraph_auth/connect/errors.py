from ivgraph_auth.core.errors import Forbidden


class InvalidState(Forbidden):
    """One text for every reason; which one it was stands in the audit row."""

    code = "invalid_state"
    detail = "This sign-in was not started in this browser, took too long, or was used before. Start it again."
