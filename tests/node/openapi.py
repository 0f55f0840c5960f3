"""Prints the OpenAPI document of this checkout, which needs no database."""

import json
import sys

from ivgraph_auth.api.docs import describe
from ivgraph_auth.app.factory import create_app
from ivgraph_auth.core.config import Settings

SETTINGS = Settings(_env_file=None, database_url="postgresql://nobody@127.0.0.1/none", secret_key="not a secret" * 4)

if __name__ == "__main__":
    json.dump(describe(create_app(SETTINGS)), sys.stdout)
