"""The strict providers behind HTTP on this machine."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from strict_providers import anthropic, completions
from strict_providers.completions import Dialect


class StrictServer:
    """Answers one provider's requests; keeps each, and what was wrong with it.

    Args:
        dialect: Which chat completions; `None`: Anthropic's Messages.
    """

    def __init__(self, dialect: Dialect | None = None):
        self.dialect = dialect
        self.requests = []
        self.refused = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                outer.handle(self)

            def log_message(self, *args):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self):
        root = f"http://127.0.0.1:{self._server.server_port}"
        return root if self.dialect is None else f"{root}/v1"

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def reset(self):
        self.requests.clear()
        self.refused.clear()

    def handle(self, exchange):
        length = int(exchange.headers.get("Content-Length", 0))
        payload = json.loads(exchange.rfile.read(length))
        self.requests.append(payload)
        number = len(self.requests)
        if self.dialect is None:
            found = anthropic.faults(payload)
            named = ("x-api-key", "Authorization")
            keyless = not any(exchange.headers.get(name) for name in named)
            found += ["x-api-key header is required"] if keyless else []
            said = None if found else anthropic.answer(payload, number)
        else:
            found = completions.faults(payload, self.dialect)
            said = None if found else completions.answer(payload, number, self.dialect)
        if found:
            self.refused.append(found)
            self._send(exchange, 400, anthropic.refusal(found), "application/json")
        elif payload.get("stream"):
            self._send(exchange, 200, "".join(self._events(said)), "text/event-stream")
        else:
            self._send(exchange, 200, said, "application/json")

    def _events(self, said):
        if self.dialect is None:
            for name, body in anthropic.events(said):
                yield f"event: {name}\ndata: {json.dumps({'type': name, **body})}\n\n"
            return
        for chunk in completions.events(said):
            yield f"data: {json.dumps(chunk)}\n\n"
        yield "data: [DONE]\n\n"

    def _send(self, exchange, status, body, kind):
        data = (body if isinstance(body, str) else json.dumps(body)).encode()
        exchange.send_response(status)
        exchange.send_header("Content-Type", kind)
        exchange.send_header("Content-Length", str(len(data)))
        exchange.end_headers()
        exchange.wfile.write(data)
