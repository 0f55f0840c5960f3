"""libpq's connection parameters and environment variables, all of its documented list, and what becomes of each here.

The driver knows fewer of them. What it cannot do is refused by name where it would change the connection, and passed
over where it asks for what happens anyway.
"""

# Honoured: by the driver, or in `url.py`. Each with the variable that stands in for it, if libpq has one.
HONOURED: dict[str, str | None] = {
    "host": "PGHOST",
    "port": "PGPORT",
    "dbname": "PGDATABASE",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "passfile": "PGPASSFILE",
    "connect_timeout": "PGCONNECT_TIMEOUT",
    "options": "PGOPTIONS",
    "application_name": "PGAPPNAME",
    "fallback_application_name": None,
    "sslmode": "PGSSLMODE",
    "sslnegotiation": "PGSSLNEGOTIATION",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "sslpassword": None,
    "sslrootcert": "PGSSLROOTCERT",
    "sslcrl": "PGSSLCRL",
    "ssl_min_protocol_version": "PGSSLMINPROTOCOLVERSION",
    "ssl_max_protocol_version": "PGSSLMAXPROTOCOLVERSION",
    "target_session_attrs": "PGTARGETSESSIONATTRS",
    "krbsrvname": "PGKRBSRVNAME",
    "gsslib": "PGGSSLIB",
}

# Passed over with these values, which ask for what happens anyway; refused with any other. Of `channel_binding` the
# driver decides by itself: hosters append `require` to every URL they hand out.
FIXED: dict[str, tuple[str | None, tuple[str, ...]]] = {
    "channel_binding": ("PGCHANNELBINDING", ("disable", "prefer", "require")),
    "client_encoding": ("PGCLIENTENCODING", ("utf8", "utf-8", "unicode", "auto")),
    "gssencmode": ("PGGSSENCMODE", ("disable", "prefer")),
    "gssdelegation": ("PGGSSDELEGATION", ("0",)),
    "requiressl": ("PGREQUIRESSL", ("0",)),
    "sslcompression": ("PGSSLCOMPRESSION", ("0",)),
    "sslsni": ("PGSSLSNI", ("1",)),
    "sslcertmode": ("PGSSLCERTMODE", ("allow",)),
    "load_balance_hosts": ("PGLOADBALANCEHOSTS", ("disable",)),
    "min_protocol_version": ("PGMINPROTOCOLVERSION", ("3.0",)),
    "max_protocol_version": ("PGMAXPROTOCOLVERSION", ("3.0", "latest")),
    "replication": (None, ("false", "off", "no", "0")),
    # Of other tools: tables are in `public`, whatever their URLs say.
    "schema": (None, ("public",)),
}

# Refused, with any value. The second column of libpq's own, the rest are of other tools' URLs.
REFUSED: dict[str, str | None] = {
    "hostaddr": "PGHOSTADDR",
    "service": "PGSERVICE",
    "servicefile": None,
    "require_auth": "PGREQUIREAUTH",
    "requirepeer": "PGREQUIREPEER",
    "sslcrldir": "PGSSLCRLDIR",
    "sslkeylogfile": None,
    "scram_client_key": None,
    "scram_server_key": None,
    "oauth_issuer": None,
    "oauth_client_id": None,
    "oauth_client_secret": None,
    "oauth_scope": None,
    "keepalives": None,
    "keepalives_idle": None,
    "keepalives_interval": None,
    "keepalives_count": None,
    "tcp_user_timeout": None,
    "connection_limit": None,
    "pool_timeout": None,
    "socket_timeout": None,
    "pool_size": None,
    "max_overflow": None,
    "sslaccept": None,
    "sslidentity": None,
}

# Ours, SQLAlchemy's and Prisma's, for poolers.
POOLERS = ("statement_cache_size", "prepared_statement_cache_size", "pgbouncer")

# Read by libpq alone: where its files lie, and how values are written that the driver asks for in binary.
WITHOUT_EFFECT = ("PGSERVICEFILE", "PGSYSCONFDIR", "PGLOCALEDIR", "PGDATESTYLE", "PGTZ", "PGGEQO", "PGDATA")

VARIABLE_OF = {**HONOURED, **REFUSED, **{name: variable for name, (variable, _) in FIXED.items()}}
PARAMETERS = (*VARIABLE_OF, "database", *POOLERS)
VARIABLES = (*filter(None, VARIABLE_OF.values()), *WITHOUT_EFFECT)
