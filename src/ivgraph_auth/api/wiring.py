"""What routers get: the services, built once by `app/compose.py`."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from ivgraph_auth.api.limits import AttemptLimiter
from ivgraph_auth.audit.reader import AuditReader
from ivgraph_auth.connect.consent import ConsentService
from ivgraph_auth.connect.service import ConnectionService
from ivgraph_auth.connect.verify import VerifyService
from ivgraph_auth.core.clock import Clock
from ivgraph_auth.core.config import Settings
from ivgraph_auth.core.migrations import Schema
from ivgraph_auth.core.principal import Caller
from ivgraph_auth.gateway.service import Gateway
from ivgraph_auth.liveness.service import Liveness
from ivgraph_auth.sessions.handoff import HandoffService
from ivgraph_auth.sessions.service import SessionService
from ivgraph_auth.signin.leave import LeaveService
from ivgraph_auth.signin.service import SignInService
from ivgraph_auth.tokens.service import TokenService
from ivgraph_auth.vault.keys import VaultKeys


@dataclass(frozen=True, slots=True)
class Services:
    settings: Settings
    clock: Clock
    audit: AuditReader
    limiter: AttemptLimiter
    schema: Schema
    keys: VaultKeys
    liveness: Liveness
    sessions: SessionService
    handoff: HandoffService
    tokens: TokenService
    connections: ConnectionService
    consent: ConsentService
    verification: VerifyService
    signin: SignInService
    gateway: Gateway
    leave: LeaveService


async def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


async def _caller(request: Request) -> Caller:
    caller: Caller = request.scope["caller"]
    return caller


async def _limited_start(request: Request) -> None:
    limiter = request.app.state.services.limiter
    address = request.scope["caller"].address
    limiter.check("start", address)
    limiter.count("start", address)


async def _limited_attempt(request: Request) -> None:
    """Refuses once there were too many failures; `errors.count_failure` does the counting."""
    limiter = request.app.state.services.limiter
    limiter.check("failure", request.scope["caller"].address)
    request.state.attempts = limiter


Wired = Annotated[Services, Depends(_services)]
CallerOf = Annotated[Caller, Depends(_caller)]
LIMITED_START = Depends(_limited_start)
LIMITED_ATTEMPT = Depends(_limited_attempt)
