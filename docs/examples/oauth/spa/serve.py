"""Serves the page and its configuration on this machine.

Start:  ISSUER=http://127.0.0.1:8000 CLIENT_ID=ivc_… python3 serve.py
Then open http://127.0.0.1:5500/. In earnest any web server does; the header below goes with the page there, too.
"""

import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

ISSUER, CLIENT_ID = os.environ["ISSUER"].rstrip("/"), os.environ["CLIENT_ID"]
PORT = int(os.environ.get("PORT", "5500"))
HERE = Path(__file__).parent
FILES = {
    "/": ("text/html; charset=utf-8", (HERE / "index.html").read_bytes()),
    "/app.js": ("text/javascript", (HERE / "app.js").read_bytes()),
    "/config.json": ("application/json", json.dumps({"issuer": ISSUER, "client_id": CLIENT_ID}).encode()),
    "/favicon.ico": ("image/x-icon", b""),
}
# No script but its own, since any could read the tokens, and nowhere to send them but to the API.
API = "{0.scheme}://{0.netloc}".format(urlsplit(ISSUER))
POLICY = f"default-src 'self'; connect-src 'self' {API}; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"


class Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        kind, body = FILES.get(path, ("text/plain", b"Not found."))
        self.send_response(200 if path in FILES else 404)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Its requests carry codes in their query."""


if __name__ == "__main__":
    with ThreadingHTTPServer(("127.0.0.1", PORT), Page) as server:
        print(f"http://127.0.0.1:{server.server_port}/", flush=True)
        server.serve_forever()
