"""What an environment holds that libraries read behind our back: obeyed on purpose, refused by name, or passed over."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from tests.cli.conftest import LISTENS, refusal, secrets
from tests.cli.test_doctor import NOTION, findings
from tests.support.processes import Commands, free_port, left_behind

AWAY = "postgresql://app:hush-hush@127.0.0.1:1/identity"  # nothing listens there
LIBPQ = {
    "PGHOST": "192.0.2.1", "PGHOSTADDR": "192.0.2.1", "PGPORT": "many", "PGDATABASE": "elsewhere", "PGUSER": "nobody",
    "PGPASSWORD": "hush-hush", "PGPASSFILE": "/nonexistent", "PGREQUIREAUTH": "none", "PGCHANNELBINDING": "perhaps",
    "PGSERVICE": "nowhere", "PGSERVICEFILE": "/nonexistent", "PGOPTIONS": "-c nonsense=1", "PGAPPNAME": "psql",
    "PGSSLMODE": "sometimes", "PGREQUIRESSL": "1", "PGSSLNEGOTIATION": "direct", "PGSSLCOMPRESSION": "1",
    "PGSSLCERT": "/nonexistent", "PGSSLKEY": "/nonexistent", "PGSSLROOTCERT": "/nonexistent",
    "PGSSLCRL": "/nonexistent", "PGSSLCRLDIR": "/nonexistent",
    "PGSSLSNI": "0", "PGREQUIREPEER": "root", "PGSSLMINPROTOCOLVERSION": "SSLv2",
    "PGSSLMAXPROTOCOLVERSION": "SSLv2", "PGGSSENCMODE": "require", "PGKRBSRVNAME": "none", "PGGSSLIB": "none",
    "PGCONNECT_TIMEOUT": "soon", "PGCLIENTENCODING": "LATIN1", "PGTARGETSESSIONATTRS": "none", "PGTZ": "Mars/Olympus",
    "PGLOADBALANCEHOSTS": "random", "PGDATESTYLE": "none", "PGGEQO": "perhaps", "PGDATA": "/nonexistent",
    "PGSYSCONFDIR": "/nonexistent", "PGLOCALEDIR": "/nonexistent", "PGMINPROTOCOLVERSION": "9",
    "PGSSLCERTMODE": "require", "PGMAXPROTOCOLVERSION": "9", "PGGSSDELEGATION": "1",
}  # fmt: skip
NETWORK = {
    **dict.fromkeys(("ALL_PROXY", "all_proxy", "HTTP_PROXY"), "socks5://hush-hush@proxy.invalid:1080"),
    "http_proxy": "http://[::1", "https_proxy": "://", "HTTPS_PROXY": "http://192.0.2.1:port", "NO_PROXY": "[::1],[",
    "SSL_CERT_FILE": "/nonexistent", "SSL_CERT_DIR": "/nonexistent", "NETRC": "/nonexistent",
}  # fmt: skip
PASSED_OVER = {
    "SSLKEYLOGFILE": "/nonexistent/keys", "WEB_CONCURRENCY": "many", "FORWARDED_ALLOW_IPS": "*",
    "PROMETHEUS_MULTIPROC_DIR": "/nonexistent", "FASTAPI_OTEL_AUTO_CONFIGURE": "true", "FASTAPI_ENV": "development",
    "OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://192.0.2.1", "UVICORN_PORT": "1",
    "TMPDIR": "/nonexistent", "LC_ALL": "C", "LANG": "C", "TZ": "Mars/Olympus", "PYTHONOPTIMIZE": "2",
    "PYTHON_DOTENV_DISABLED": "1", "ALEMBIC_CONFIG": "/nonexistent", "NO_COLOR": "1", "COLUMNS": "wide", "TERM": "none",
    "LOGNAME": "nobody", "USER": "nobody", "REQUEST_METHOD": "GET", "UV_PYTHON": "none",
}  # fmt: skip


@pytest.mark.slow
def test_the_demo_depends_on_none_of_it(commands: Commands, demo_dir: Path) -> None:
    """All at once, by an interpreter of its own, which reads them from its very beginning."""
    poison = {**LIBPQ, **NETWORK, **PASSED_OVER, "IVGRAPH_METRICS": "true"}
    demo = commands.start_fresh("demo", "--once", "--port", "0", **poison, IVGRAPH_DATA_DIR=str(demo_dir))
    finished = demo.wait()
    assert finished.code == 0, finished.text
    assert finished.lines[-1] == "The tour is complete."
    assert finished.err == ""
    assert left_behind(demo_dir) == []


@pytest.mark.slow
def test_the_embedded_postgresql_needs_no_variable(commands: Commands, data_dir: Path) -> None:
    port = str(free_port())
    poison = {**LIBPQ, **PASSED_OVER, "IVGRAPH_METRICS": "true", "IVGRAPH_DATA_DIR": str(data_dir)}
    serve = commands.start("serve", "--embedded", "--port", port, "--workers", "2", **secrets(), **poison)
    serve.line(LISTENS)
    assert serve.end().code == 0


@pytest.mark.slow
@pytest.mark.parametrize(("name", "value"), [*LIBPQ.items(), *NETWORK.items()])
def test_serve_obeys_each_or_names_it(commands: Commands, name: str, value: str) -> None:
    said = refusal(
        commands.run("serve", "--migrate", **secrets(), DATABASE_URL=f"{AWAY}?sslmode=require", **{name: value})
    )
    # Read by nobody, overruled by the URL, or meant for a database that is away: else its name stands there.
    assert name in said or "database is out of reach" in said
    assert "hush" not in said


NAMED = [
    "PGHOSTADDR", "PGREQUIREAUTH", "PGCHANNELBINDING", "PGSERVICE", "PGREQUIRESSL", "PGSSLCERT", "PGSSLKEY",
    "PGSSLROOTCERT", "PGSSLCRL", "PGSSLCRLDIR", "PGSSLSNI", "PGREQUIREPEER", "PGSSLMINPROTOCOLVERSION", "PGGSSENCMODE",
    "PGGSSLIB", "PGCONNECT_TIMEOUT", "PGCLIENTENCODING", "PGTARGETSESSIONATTRS", "PGLOADBALANCEHOSTS", "ALL_PROXY",
    "http_proxy", "https_proxy", "HTTPS_PROXY", "SSL_CERT_FILE",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMED)
def test_doctor_names_the_real_cause(commands: Commands, name: str) -> None:
    found = findings(
        commands, {**secrets(), **NOTION, "DATABASE_URL": f"{AWAY}?sslmode=require", name: (LIBPQ | NETWORK)[name]}
    )
    assert found.of("fail")
    assert name in found.finished.out


@pytest.mark.slow
@pytest.mark.parametrize("name", ["IVGRAPH_ALLOWED_WORKSPACE", "IVGRAPH_ALLOWED_WORKSPACES_FILES", "NOTION_CLIENTID"])
@pytest.mark.parametrize("by_file", [True, False])
def test_a_setting_that_nobody_knows_is_told_with_the_nearest_name(
    commands: Commands, demo_dir: Path, name: str, *, by_file: bool
) -> None:
    given = {} if by_file else {name: "hush-hush"}
    if by_file:
        (commands.home / ".env").write_text(f"{name}=hush-hush\n")
    nearest = "NOTION_CLIENT_ID" if name.startswith("NOTION") else "IVGRAPH_ALLOWED_WORKSPACES"
    found = findings(commands, {**secrets(), **NOTION, "DATABASE_URL": AWAY, **given})
    assert f"{name} is no setting of this service; is {nearest}" in found.finished.out
    (demo_dir / "demo" / "demo-keys.json").write_text("{")  # far enough
    said = refusal(commands.run("demo", "--port", "0", IVGRAPH_DATA_DIR=str(demo_dir), **given))
    assert f"Warning: {name} is no setting of this service; is {nearest}" in said
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = str(busy.getsockname()[1])
        finished = commands.run("serve", "--port", port, **secrets(), DATABASE_URL=AWAY, **given)
    assert '"event": "setting.unknown"' in finished.out
    assert f'"name": "{name}"' in finished.out
    assert "hush" not in finished.text + said


def test_what_the_tests_and_the_service_itself_read_is_known(commands: Commands) -> None:
    known = {"IVGRAPH_TEST_DATABASE_URL": "x", "IVGRAPH_NOTION_DATA": "x", "NOTION_CLIENT_SECRET_FILE": ""}
    assert "no setting" not in findings(commands, {**secrets(), **NOTION, "DATABASE_URL": AWAY, **known}).finished.out


@pytest.mark.parametrize("kind", ["directory", "not UTF-8"])
def test_an_env_file_that_cannot_be_read_is_told(commands: Commands, kind: str) -> None:
    place = commands.home / ".env"
    if kind == "directory":
        place.mkdir()
    else:
        place.write_bytes(b"IVGRAPH_SECRET_KEY=\xff\n")
    assert ".env in " in refusal(commands.run("serve", **secrets(), DATABASE_URL=AWAY))


@pytest.fixture
def ports_taken() -> Iterator[None]:
    """Of the demo and of the sandbox: by us, or by whoever else has them already."""
    with ExitStack() as stack:
        for port in (8000, 8001):
            with suppress(OSError):
                stack.enter_context(socket.create_server(("127.0.0.1", port)))
        yield


@pytest.mark.slow
@pytest.mark.usefixtures("ports_taken")
def test_without_a_port_the_demo_takes_the_next(commands: Commands, demo_dir: Path) -> None:
    finished = commands.run("demo", "--once", IVGRAPH_DATA_DIR=str(demo_dir))
    assert finished.code == 0, finished.text
    assert finished.lines[0] == "Port 8000 on 127.0.0.1 is in use; taking the next one."
    assert finished.lines[-1] == "The tour is complete."


@pytest.mark.usefixtures("ports_taken")
def test_without_a_port_the_sandbox_takes_the_next(commands: Commands) -> None:
    sandbox = commands.start("sandbox")
    assert int(sandbox.line(r"Sandbox Notion on http://127\.0\.0\.1:(\d+)/").group(1)) > 8001


@pytest.mark.parametrize("options", [[], ["--once"]])
def test_a_port_that_was_asked_for_is_taken_or_the_demo_ends(
    commands: Commands, data_dir: Path, options: list[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = str(busy.getsockname()[1])
        said = refusal(commands.run("demo", "--port", port, *options, IVGRAPH_DATA_DIR=str(data_dir)))
    assert said == f"ivgraph-auth: Port {port} on 127.0.0.1 cannot be used: Address already in use.\n"
    assert list(data_dir.iterdir()) == []
