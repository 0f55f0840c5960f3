"""From a class of errors to its steps. One that is not here has those of the nearest of its families."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ivgraph_auth.accounts import errors as accounts
from ivgraph_auth.agents import errors as agents
from ivgraph_auth.connect import errors as connect
from ivgraph_auth.core import errors as core
from ivgraph_auth.core.paging import CursorNotValid
from ivgraph_auth.database.errors import DatabaseUnavailable
from ivgraph_auth.gateway import errors as gateway
from ivgraph_auth.graph import errors as graph
from ivgraph_auth.graph.export_service import ExportCut
from ivgraph_auth.keys import errors as keys
from ivgraph_auth.provider import errors as provider
from ivgraph_auth.sessions import errors as sessions
from ivgraph_auth.signin import errors as signin
from ivgraph_auth.tokens import errors as tokens
from ivgraph_auth.web.errors import http_errors as http
from ivgraph_auth.web.errors.next_steps import agents as agent_tools
from ivgraph_auth.web.errors.next_steps import calls, credentials, requests, things, workspaces
from ivgraph_auth.web.errors.next_steps.models import NextStep
from ivgraph_auth.web.errors.next_steps.situation import Situation
from ivgraph_auth.web.open_streams import TooManyStreams

Steps = Callable[[Situation, Any], Iterable[NextStep]]
_APPS = "/api/oauth/apps/"

STEPS: Mapping[type[core.ServiceError], Steps] = {
    core.ServiceError: requests.report,
    core.InvalidRequest: requests.mend_the_request,
    core.NotAuthenticated: credentials.send_a_credential,
    core.TokenNotValid: credentials.replace_the_token,
    core.Forbidden: credentials.keep_to_what_is_allowed,
    core.InsufficientScope: credentials.widen,
    core.NotFound: requests.look_for_the_path,
    core.Conflict: things.look_at_what_is_stored,
    core.Unprocessable: requests.mend_the_values,
    core.TooManyRequests: requests.slow_down,
    core.Unavailable: requests.try_again,
    CursorNotValid: requests.leave_the_cursor_out,
    DatabaseUnavailable: requests.try_again,
    # HTTP itself
    http.WrongCredentialKind: credentials.sign_in_instead,
    http.InsufficientRole: credentials.ask_for_the_role,
    http.InvalidJson: requests.send_json,
    http.UnsupportedMediaType: requests.send_json,
    http.ContentTooLarge: requests.send_less,
    http.MethodNotAllowed: requests.take_another_method,
    http.OriginNotAllowed: requests.allow_the_origin,
    http.HttpsRequired: requests.take_https,
    http.FormNotOurs: requests.allow_cookies,
    http.ShuttingDown: requests.look_whether_it_was_done,
    TooManyStreams: requests.close_a_stream,
    # Connections
    connect.NotionNotConfigured: workspaces.set_up_notion,
    connect.InvalidState: workspaces.start_again,
    connect.InvalidLink: workspaces.ask_for_another_link,
    connect.UnknownConnection: workspaces.list_connections,
    connect.WorkspaceNotAllowed: workspaces.reach_the_workspace,
    connect.NeedsConsent: workspaces.connect_again,
    connect.NotionOutOfReach: calls.try_later,
    connect.NotionAsksToWait: calls.wait_for_notion,
    # Calls to Notion
    gateway.UnknownTool: calls.list_tools,
    gateway.UnknownTenant: workspaces.name_another,
    gateway.UnclearTenant: workspaces.name_another,
    gateway.NotOnTheList: calls.keep_to_the_list,
    gateway.InvalidParameters: calls.mend_parameters,
    gateway.MissingCapability: workspaces.give_the_capability,
    gateway.NotionSaidNo: calls.as_notion_says,
    gateway.OAuthExpired: workspaces.reauthorize,
    gateway.BodyCutShort: calls.send_it_whole,
    gateway.AuthorizationRenewed: calls.send_it_again,
    gateway.RateLimited: calls.wait_for_a_place,
    gateway.UpstreamFailed: calls.try_later,
    gateway.WriteUncertain: calls.look_first,
    gateway.UpstreamTimedOut: calls.look_first,
    gateway.KeyReused: calls.take_a_new_key,
    gateway.CallInProgress: calls.wait_for_the_first,
    gateway.OutcomeUnknown: calls.look_first,
    gateway.AnswerUnreadable: calls.look_first,
    keys.CredentialUnavailable: calls.have_the_keys_looked_at,
    # Tools of /mcp
    agents.UnknownAgentTool: calls.list_agent_tools,
    agents.InvalidArguments: calls.mend_arguments,
    agents.NoConnection: agent_tools.connect_a_workspace,
    agents.UnclearWorkspace: agent_tools.name_the_workspace,
    agents.UnknownWorkspaceName: agent_tools.name_the_workspace,
    agents.UnknownObject: agent_tools.find_the_object,
    agents.NotInGraph: agent_tools.ask_notion_itself,
    agents.QueryRefused: agent_tools.mend_the_query,
    agents.NotLoaded: agent_tools.take_another_url,
    agents.PartlyDone: agent_tools.send_the_rest,
    # The graph
    graph.UnknownNode: things.find_the_node,
    graph.UnknownWorkspace: workspaces.name_a_workspace,
    graph.UnknownSync: things.look_up("/api/notion-graph/sync/", "Take the id of a run from the list."),
    graph.SyncRunning: things.follow_the_run,
    graph.ContentChanged: requests.read_again,
    graph.SignatureNotValid: credentials.sign_webhooks,
    graph.NoVerificationToken: things.open_the_door,
    graph.VerificationTokenShown: things.open_the_door,
    ExportCut: requests.read_again,
    # Sessions, sign-in, service tokens
    sessions.NotYourToken: credentials.leave_the_header_out,
    sessions.FreshSignInNeeded: credentials.sign_in_again,
    sessions.InvalidCode: credentials.sign_in_again,
    sessions.UnknownSession: things.look_up("/api/auth/sessions/", "Take the id of a session from the list."),
    signin.CodeChallengeNeeded: credentials.bring_a_code_challenge,
    tokens.ScopeNotAllowed: requests.take_allowed_scopes,
    tokens.WorkspaceNotConnected: workspaces.name_a_workspace,
    tokens.TokenLimitReached: things.revoke_one,
    tokens.UnknownToken: things.look_up("/api/tokens/", "Take the id of a token from the list."),
    # Apps
    provider.UnknownApp: things.look_up(_APPS, "Take the id of an app from the list."),
    provider.UnknownGrant: things.look_up("/api/auth/grants/", "Take the id of a grant from the list."),
    provider.UnknownRedirectUri: things.look_up(_APPS, "Take the id of a redirect URI from the app, which this lists."),
    provider.RedirectUriRefused: requests.mend_the_values,
    provider.KeysRefused: requests.mend_the_values,
    provider.TooManyRedirectUris: things.remove_a_uri,
    provider.AppOfService: things.keep_the_app,
    provider.UnknownUserCode: things.look_at_the_device,
    provider.UntrustedRequest: things.go_back_to_the_app,
    provider.RequestExpired: things.go_back_to_the_app,
}

_OAUTH = "Told in the form of RFC 6749 §5.2, whose clients know by the code what to do."
_COMMAND_LINE = "Told by a command, in whose message it stands what to do."
# Those that are never told in a form that has steps, and why.
WITHOUT_STEPS: Mapping[type[core.ServiceError], str] = {
    core.ConfigurationError: _COMMAND_LINE,
    accounts.UnknownAccount: _COMMAND_LINE,
    accounts.AmbiguousAccount: _COMMAND_LINE,
    keys.RewrapRefused: _COMMAND_LINE,
    keys.RotationStopped: _COMMAND_LINE,
    provider.RegistrationClosed: _OAUTH,
    provider.RegistrationFull: _OAUTH,
    provider.OAuthError: _OAUTH,
    provider.InvalidRequest: _OAUTH,
    provider.InvalidClient: _OAUTH,
    provider.InvalidGrant: _OAUTH,
    provider.DocumentRefused: _OAUTH,
    provider.InvalidRedirectUri: _OAUTH,
    provider.InvalidClientMetadata: _OAUTH,
    provider.UnauthorizedClient: _OAUTH,
    provider.UnsupportedGrantType: _OAUTH,
    provider.InvalidScope: _OAUTH,
    provider.InvalidTarget: _OAUTH,
    provider.InvalidDpopProof: _OAUTH,
    provider.AuthorizationPending: _OAUTH,
    provider.SlowDown: _OAUTH,
    provider.AccessDenied: _OAUTH,
    provider.ExpiredDeviceCode: _OAUTH,
}
