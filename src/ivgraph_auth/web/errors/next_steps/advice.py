"""What every refusal says to do next, whatever form it is told in."""

from collections.abc import Sequence

from ivgraph_auth.core.errors import ServiceError
from ivgraph_auth.web.context import RequestContext
from ivgraph_auth.web.errors.next_steps.models import NextStep
from ivgraph_auth.web.errors.next_steps.situation import AskedCall, Situation
from ivgraph_auth.web.errors.next_steps.table import STEPS, Steps


def next_steps(context: RequestContext, error: ServiceError, asked: AskedCall | None = None) -> list[NextStep]:
    """The agent's own first, then those of its person. `asked` is what was refused, where that is not this request."""
    situation = Situation(context, asked or AskedCall.of(context))
    return sorted(_steps_of(type(error))(situation, error), key=lambda step: step.who)


def in_words(steps: Sequence[NextStep], public_url: str) -> str:
    """For a form that has a sentence and no place for more. Where the last step has a link, that is the end."""
    return " ".join(_words_of(step, public_url) for step in steps)


def _words_of(step: NextStep, public_url: str) -> str:
    if step.call is not None:
        return f"{step.do} ({step.call.method} {public_url}{step.call.path})"
    return f"{step.do.removesuffix('.')}: {step.url}" if step.url else step.do


def _steps_of(kind: type[ServiceError]) -> Steps:
    return next(STEPS[each] for each in kind.__mro__ if each in STEPS)
