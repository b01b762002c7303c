"""When requests use a prepared pattern, and when the client's own path."""

import logging

import openai
import pytest
from openai import APIConnectionError, OpenAI
from openai._base_client import SyncAPIClient

from langchain_smartroute.execution.completions import make_lean
from langchain_smartroute.execution.posting import pattern_of
from langchain_smartroute.sandbox import SandboxServer

ASKED = {"model": "deepseek-chat", "messages": [{"role": "user", "content": "hi"}]}


@pytest.fixture(scope="module")
def server():
    with SandboxServer() as running:
        yield running


class Holder:
    """What of a `ChatOpenAI` is made lean."""

    def __init__(self, client):
        self.root_client = client
        self.root_async_client = openai.AsyncOpenAI(base_url="http://127.0.0.1:1", api_key="k")
        make_lean(self)


def client_of(server, **settings):
    return OpenAI(**{"base_url": server.base_url, "api_key": "k", "max_retries": 0, **settings})


@pytest.mark.parametrize(
    "settings", [{"max_retries": 2}, {"api_key": lambda: "k"}], ids=["retries", "changing key"]
)
def test_a_client_that_does_more_than_send_keeps_its_own_way(server, settings):
    with client_of(server, **settings) as client:
        assert pattern_of(client) is None
        answer = Holder(client).client.create(**ASKED)
    assert answer["choices"]


def test_instrumentation_of_the_client_still_sees_its_requests(server, monkeypatch):
    """Instrumentation wraps the client's method, before its first call or after it."""
    seen = []

    def watched(self, cast_to, options, **settings):
        seen.append(options.url)
        return SyncAPIClient.request(self, cast_to, options, **settings)

    with client_of(server) as client:
        holder = Holder(client)
        holder.client.create(**ASKED)
        assert not seen
        monkeypatch.setattr(OpenAI, "request", watched, raising=False)
        holder.client.create(**ASKED)
        Holder(client).client.create(**ASKED)
    assert seen == ["/chat/completions"] * 2


def test_a_client_that_logs_its_requests_logs_them(server, caplog):
    with client_of(server) as client, caplog.at_level(logging.DEBUG, logger="openai"):
        Holder(client).client.create(**ASKED)
    assert any("Sending HTTP Request" in record.message for record in caplog.records)


def test_an_error_carries_the_request_that_was_made():
    client = OpenAI(base_url="http://127.0.0.1:1/v1", api_key="k", max_retries=0)
    with client, pytest.raises(APIConnectionError) as caught:
        Holder(client).client.create(**ASKED)
    assert b"hi" in caught.value.request.content
    assert str(caught.value.request.url) == "http://127.0.0.1:1/v1/chat/completions"
