"""The strict providers behind HTTP on this machine."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from strict_providers import anthropic, completions, ollama
from strict_providers.completions import Dialect


class StrictServer:
    """Answers one provider's requests; keeps each, and what was wrong with it.

    While it is `down`, it answers 503.

    Args:
        dialect: Which chat completions; `None`: Anthropic's Messages.
    """

    def __init__(self, dialect: Dialect | None = None):
        self.dialect = dialect
        self.down = False
        self.paths = []
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
        self.paths.clear()
        self.down = False

    def handle(self, exchange):
        length = int(exchange.headers.get("Content-Length", 0))
        payload = json.loads(exchange.rfile.read(length))
        self.requests.append(payload)
        self.paths.append(exchange.path)
        if self.down:
            self._send(exchange, 503, {"error": {"message": "down"}}, "application/json")
            return
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


class OllamaServer(StrictServer):
    """Answers as Ollama does, at its own address."""

    @property
    def url(self):
        return super().url.removesuffix("/v1")

    def handle(self, exchange):
        length = int(exchange.headers.get("Content-Length", 0))
        payload = json.loads(exchange.rfile.read(length))
        self.requests.append(payload)
        self.paths.append(exchange.path)
        found = ollama.faults(payload)
        if exchange.path != ollama.PATH or self.down:
            self._send(exchange, 503 if self.down else 404, {"error": "down"}, "application/json")
        elif found:
            self.refused.append(found)
            self._send(exchange, 400, ollama.refusal(found), "application/json")
        else:
            said = ollama.answer(payload, len(self.requests))
            # Where nothing is said, Ollama streams.
            pieces = ollama.events(said) if payload.get("stream", True) else [said]
            lines = "".join(f"{json.dumps(piece)}\n" for piece in pieces)
            self._send(exchange, 200, lines, "application/x-ndjson")


class AzureServer(StrictServer):
    """OpenAI's models as Azure serves them: a deployment in the path, a key of its own name."""

    @property
    def url(self):
        return super().url.removesuffix("/v1")

    def handle(self, exchange):
        path = urlsplit(exchange.path)
        named = path.path.startswith("/openai/deployments/")
        dated = "api-version" in parse_qs(path.query)
        if named and dated and exchange.headers.get("api-key"):
            super().handle(exchange)
        else:
            self.refused.append(exchange.path)
            body = {"error": {"code": "404", "message": "Resource not found"}}
            self._send(exchange, 404, body, "application/json")
