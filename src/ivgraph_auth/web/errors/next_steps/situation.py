"""What is known where a call was refused, and the steps that several refusals share."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from ivgraph_auth.core.config import Settings
from ivgraph_auth.core.principal import CredentialKind, Principal, Scope, Workspace
from ivgraph_auth.web.context import RequestContext
from ivgraph_auth.web.errors.next_steps.models import Call, NextStep
from ivgraph_auth.web.policy import ErrorForm

VALIDATE = "/api/auth/validate/"
TOOLS = "/api/v1/tools"
INVOKE = "/api/v1/tools/invoke"
TENANT_HEADER = "X-Ivgraph-Tenant"
OPENAPI = "/openapi.json"
SIGN_IN = "/api/integrations/auth/notion/"
_MOST_NAME_CHARACTERS = 80


@dataclass(frozen=True, slots=True)
class AskedCall:
    """What was refused. `repeatable`: its path holds nothing that the caller put there, and may be told. `methods` are
    those that the path answers to; `tenant_id` is of the connection that acts, where that is known.
    """

    door: ErrorForm
    method: str
    path: str
    repeatable: bool
    methods: frozenset[str] = frozenset()
    tenant_id: str | None = None

    @classmethod
    def of(cls, context: RequestContext) -> Self:
        return cls(
            context.policy.errors,
            context.method,
            context.path,
            context.path.rstrip("/") == context.template.rstrip("/"),
            context.methods,
            context.progress.tenant_id if context.progress else None,
        )


@dataclass(frozen=True, slots=True)
class Situation:
    """Steps are in the words of `asked.door`."""

    context: RequestContext
    asked: AskedCall

    @property
    def door(self) -> ErrorForm:
        return self.asked.door

    @property
    def principal(self) -> Principal | None:
        return self.context.principal

    @property
    def settings(self) -> Settings:
        return self.context.services.settings

    @property
    def kind(self) -> CredentialKind | None:
        return self.principal.kind if self.principal else None

    def has(self, scope: Scope) -> bool:
        return self.principal is not None and scope in self.principal.scopes

    def dashboard(self, page: str) -> str:
        """The address of a page of the service's own dashboard, whatever other one people come back to."""
        return f"{self.settings.public_url}/dashboard/#/{page}"

    @property
    def sign_in(self) -> str:
        return self.settings.public_url + SIGN_IN

    def call(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, body: Mapping[str, Any] | None = None
    ) -> Call | None:
        """None where an app's token is for other resources (RFC 8707)."""
        audience = self.principal.audience if self.principal else ()
        if audience and not self.context.services.provider.resources.admits(audience, path):
            return None
        return Call(method, path, headers or {}, body or {})

    def again(self, *, headers: Mapping[str, str] | None = None, body: Mapping[str, Any] | None = None) -> Call | None:
        """The same call with these, where its path may be named."""
        if not self.asked.repeatable or self.door not in (ErrorForm.TOOL, ErrorForm.PROBLEM):
            return None
        return Call(self.asked.method, self.asked.path, headers or {}, body or {})

    def look_up_credential(self) -> NextStep:
        return agent("Look up what this credential may do, and where.", self.call("GET", VALIDATE))

    def look_up_tools(self, words: str) -> NextStep:
        return agent(words, self.call("GET", TOOLS))

    def look_up_form(self, words: str) -> NextStep:
        """OpenAPI is for everybody."""
        return agent(words, Call("GET", OPENAPI))


def agent(do: str, call: Call | None = None) -> NextStep:
    return NextStep("agent", do, call)


def person(do: str, url: str | None = None) -> NextStep:
    return NextStep("person", do, url=url)


def wait(seconds: int | None, *, otherwise: str = "a moment") -> str:
    if seconds is None:
        return f"Wait {otherwise}"
    return f"Wait {seconds} second{'' if seconds == 1 else 's'}"


def plain_name(name: str | None) -> str:
    """Of a workspace, as somebody wrote it at Notion: on one line, and not long."""
    words = " ".join("".join(each if each.isprintable() else " " for each in name or "").split())
    return words[:_MOST_NAME_CHARACTERS] or "the workspace without a name"


def describe_workspaces(workspaces: tuple[Workspace, ...], most: int) -> str:
    shown = ", ".join(f"{item.id} ({plain_name(item.name)})" for item in workspaces[:most])
    left = len(workspaces) - most
    return f"{shown} and {left} more" if left > 0 else shown
