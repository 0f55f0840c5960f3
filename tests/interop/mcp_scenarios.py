"""What of MCP's conformance suite (`@modelcontextprotocol/conformance`) `/mcp` passes, and why each other is left."""

from collections.abc import Mapping

_ITS_TOOLS = "calls a tool that only the suite's own server has"
_PROMPTS = "there are no prompts here"
_COMPLETION = "completes arguments of prompts, of which there are none"
_ITS_RESOURCES = "reads a resource that only the suite's own server has"
_SESSIONS = "needs a session; here any process answers any request"
_ASKS = "the server asks the client something; here it never does, so that any process can answer any request"
_PARAMS = "no header repeats an argument here (`x-mcp-header`)"

REVISIONS = ("2025-06-18", "2025-11-25", "2026-07-28")

PASSED: Mapping[str, frozenset[str]] = {
    "2025-06-18": frozenset(
        {"ping", "resources-list", "server-initialize", "server-session-lifecycle", "tools-list"},
    ),
    "2025-11-25": frozenset(
        {
            "dns-rebinding-protection",
            "ping",
            "resources-list",
            "server-initialize",
            "server-session-lifecycle",
            "tools-list",
        }
    ),
    "2026-07-28": frozenset(
        {
            "dns-rebinding-protection",
            "http-header-validation",
            "input-required-result-unsupported-methods",
            "input-required-result-validate-input",
            "resources-list",
            "sep-2164-resource-not-found",
            "server-sse-multiple-streams",
            "tools-list",
        }
    ),
}

# By scenario, or by `scenario:check` where the rest of the scenario must be passed.
_LEFT_FOR: Mapping[str, tuple[str, ...]] = {
    _ITS_TOOLS: (
        "json-schema-2020-12",
        "server-stateless:sep-2575-http-server-no-independent-requests-on-stream",
        "server-stateless:sep-2575-missing-capability-http-400",
        "server-stateless:sep-2575-server-no-log-without-loglevel",
        "server-stateless:sep-2575-server-rejects-undeclared-capability",
        "tools-call-audio",
        "tools-call-embedded-resource",
        "tools-call-error",
        "tools-call-image",
        "tools-call-mixed-content",
        "tools-call-simple-text",
        "tools-call-with-logging",
        "tools-call-with-progress",
    ),
    _PROMPTS: (
        "caching:sep-2549-prompts-list-caching-hints",
        "prompts-get-embedded-resource",
        "prompts-get-simple",
        "prompts-get-with-args",
        "prompts-get-with-image",
        "prompts-list",
    ),
    _COMPLETION: ("completion-complete",),
    _ITS_RESOURCES: ("resources-read-binary", "resources-read-text", "resources-templates-read"),
    _SESSIONS: (
        "logging-set-level",
        "resources-subscribe",
        "resources-unsubscribe",
        "server-sse-multiple-streams",
        "server-sse-polling",
    ),
    _ASKS: (
        "elicitation-sep1034-defaults",
        "elicitation-sep1330-enums",
        "input-required-result-basic-elicitation",
        "input-required-result-basic-list-roots",
        "input-required-result-basic-sampling",
        "input-required-result-capability-check",
        "input-required-result-ignore-extra-params",
        "input-required-result-missing-input-response",
        "input-required-result-multi-round",
        "input-required-result-multiple-input-requests",
        "input-required-result-non-tool-request",
        "input-required-result-request-state",
        "input-required-result-result-type",
        "input-required-result-tampered-state",
        "tools-call-elicitation",
        "tools-call-sampling",
    ),
    _PARAMS: ("http-custom-header-server-validation",),
}
LEFT: Mapping[str, str] = {name: reason for reason, names in _LEFT_FOR.items() for name in names}


def as_table() -> str:
    """As docs/agents.md has it."""
    rows = [f"| {reason} | {', '.join(f'`{name}`' for name in names)} |" for reason, names in _LEFT_FOR.items()]
    return "\n".join(["| why it is left | scenario, or scenario and check |", "|---|---|", *rows])
