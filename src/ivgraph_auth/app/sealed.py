"""Every table with sealed rows, for `keys status`, `keys rewrap` and the question which keys are still needed."""

from ivgraph_auth.connect.states_repository import SEALED_CONSENTS
from ivgraph_auth.gateway.repository import SEALED_ANSWERS
from ivgraph_auth.graph.webhooks.subscription_repository import SEALED_SUBSCRIPTIONS
from ivgraph_auth.provider.signing_repository import SEALED_SIGNING_KEYS
from ivgraph_auth.vault.repository import SEALED_GRANTS

SEALED_TABLES = (SEALED_GRANTS, SEALED_CONSENTS, SEALED_ANSWERS, SEALED_SIGNING_KEYS, SEALED_SUBSCRIPTIONS)
