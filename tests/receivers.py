"""What tracers send, received over HTTP on this machine."""

from __future__ import annotations

import gzip
import json
import threading
from contextlib import contextmanager
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Receiver:
    """Keeps the path and the body of every request."""

    def __init__(self):
        self.received = []

    @contextmanager
    def running(self):
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _taken(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                outer.received.append((self.path, dict(self.headers), body))
                self.send_response(200)
                answer = b"{}"
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            do_POST = do_PATCH = do_GET = _taken  # noqa: N815 - the names of http.server

            def log_message(self, *args):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        self.url = f"http://127.0.0.1:{server.server_port}"
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()
            thread.join()

    def langsmith_runs(self):
        """Run id → all that LangSmith's client has said of the run, later words last."""
        runs = {}
        for path, headers, body in self.received:
            for said in _said(path, headers, body):
                run = runs.setdefault(said["id"], {})
                run |= {key: value for key, value in said.items() if value is not None}
        return runs


def _said(path, headers, body):
    kind = next((v for k, v in headers.items() if k.lower() == "content-type"), "")
    if "multipart" in kind:
        yield from _parts(kind, body)
    elif path.endswith("/batch"):
        batch = json.loads(body)
        yield from [*batch.get("post", []), *batch.get("patch", [])]
    elif "/runs" in path and body:
        said = json.loads(body)
        yield {"id": path.rsplit("/", 1)[-1], **said}


def _parts(kind, body):
    whole = message_from_bytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + body)
    for part in whole.get_payload():
        name = part.get_param("name", header="Content-Disposition")
        payload = part.get_payload(decode=True)
        if part.get("Content-Encoding") == "gzip":
            payload = gzip.decompress(payload)
        _, run_id, *field = name.split(".")
        value = json.loads(payload)
        yield {"id": run_id, field[0]: value} if field else {**value, "id": run_id}
