"""How the server is told to run. All on the command line, which wins over any file in the data directory."""

from collections.abc import Mapping
from pathlib import Path

from ivgraph_auth.embedded.binaries import Binaries
from ivgraph_auth.embedded.sockets import PORT

ALWAYS = {
    "listen_addresses": "",  # no TCP
    "unix_socket_permissions": "0700",
    "max_connections": "120",
    "shared_buffers": "64MB",
    "jit": "off",  # our queries are short; compiling costs more than it gives
    "timezone": "UTC",
    "log_timezone": "UTC",
    # The log tells of the server, never of what passes through it: an error's text can quote a value of a row.
    "log_destination": "stderr",
    "logging_collector": "off",
    "log_min_messages": "log",  # leaves out the errors of statements, which rank lower; clients get them
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_checkpoints": "off",
}
FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_wal_size": "256MB",
    # Its workers are the superuser's, and a database with one of them in it cannot be dropped by its owner.
    "autovacuum": "off",
}


def server_command(
    binaries: Binaries, data: Path, socket: Path, *, durable: bool, further: Mapping[str, str]
) -> list[str]:
    settings = ALWAYS | {"unix_socket_directories": str(socket)} | ({} if durable else FAST) | dict(further)
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    return [binaries.program("postgres"), "-D", str(data), "-p", str(PORT), *options]
