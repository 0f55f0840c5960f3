"""OpenID Connect Core §3.1.2.1 and §6."""

import re

from ivgraph_auth.provider.authorization.request import Draft, Parameters
from ivgraph_auth.provider.errors import AuthorizationError
from ivgraph_auth.provider.models import App

_PROMPTS = frozenset({"none", "login", "consent", "select_account"})
_SECONDS = re.compile(r"[0-9]{1,9}", re.ASCII)


def check_request_object(parameters: Parameters, _app: App, _draft: Draft) -> None:
    """§6: request objects are not taken, by value or by reference."""
    for name in ("request", "request_uri"):
        if parameters.get(name) is not None:
            raise AuthorizationError(f"{name}_not_supported", f"{name} is not supported. Send plain parameters.")


def check_prompt(parameters: Parameters, _app: App, draft: Draft) -> None:
    prompt = tuple((parameters.get("prompt") or "").split())
    if not _PROMPTS.issuperset(prompt):
        raise AuthorizationError("invalid_request", "prompt should be of none, login, consent and select_account.")
    if "none" in prompt and len(prompt) > 1:
        raise AuthorizationError("invalid_request", "prompt=none goes with no other.")
    draft.prompt = prompt


def check_max_age(parameters: Parameters, _app: App, draft: Draft) -> None:
    max_age = parameters.get("max_age")
    if max_age is None:
        return
    if not _SECONDS.fullmatch(max_age):
        raise AuthorizationError("invalid_request", "max_age should be whole seconds.")
    draft.max_age = int(max_age)
