"""A sandbox of a few models, and a client that talks plain HTTP to it."""

from __future__ import annotations

import json

import httpx
import pytest

from langchain_smartroute.sandbox import SandboxModel, SandboxServer

MODELS = (
    SandboxModel(name="small"),
    SandboxModel(name="seeing", inputs=frozenset({"text", "image", "audio", "pdf"})),
    SandboxModel(name="thinker", reasoning=True),
    SandboxModel(name="narrow", context_window=50),
    SandboxModel(name="terse", max_output_tokens=4),
    SandboxModel(name="plain", tools=False, structured_output=frozenset()),
)


class Client:
    """Chat-completions requests over one keep-alive connection."""

    def __init__(self, sandbox, http):
        self.sandbox = sandbox
        self.http = http

    def post(self, content="Hello", *, model="small", **fields):
        messages = content if isinstance(content, list) else [{"role": "user", "content": content}]
        body = {"model": model, "messages": messages, **fields}
        return self.http.post("/chat/completions", json=body)

    def ask(self, content="Hello", **fields):
        response = self.post(content, **fields)
        assert response.status_code == 200, response.text
        return response.json()

    def text(self, content, **fields):
        return self.ask(content, **fields)["choices"][0]["message"]["content"]

    def calls(self, content, tools, **fields):
        message = self.ask(content, tools=tools, **fields)["choices"][0]["message"]
        made = message.get("tool_calls", [])
        return [(c["function"]["name"], json.loads(c["function"]["arguments"])) for c in made]

    def error(self, content="Hello", **fields):
        response = self.post(content, **fields)
        return response.status_code, response.json()["error"]

    def events(self, content="Hello", **fields):
        response = self.post(content, stream=True, **fields)
        assert response.headers["content-type"].startswith("text/event-stream")
        lines = [line for line in response.text.split("\n\n") if line]
        return [line.removeprefix("data: ") for line in lines]

    def chunks(self, content="Hello", **fields):
        *events, done = self.events(content, **fields)
        assert done == "[DONE]"
        return [json.loads(event) for event in events]


@pytest.fixture(scope="module")
def shared_sandbox():
    with SandboxServer(models=MODELS) as server:
        yield server


@pytest.fixture
def sandbox(shared_sandbox):
    yield shared_sandbox
    shared_sandbox.reset()


@pytest.fixture(scope="module")
def http(shared_sandbox):
    with httpx.Client(base_url=shared_sandbox.base_url, timeout=5) as made:
        yield made


@pytest.fixture
def client(sandbox, http):
    return Client(sandbox, http)
