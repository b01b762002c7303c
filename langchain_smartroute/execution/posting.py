"""Sends chat completion requests from a prepared pattern.

The client of `openai` builds URL, headers and options for each request, and copies the objects
that hold them, which takes about as long as the connection. Here the first request is the
pattern for all, which differ only in their bodies. Requests are still sent by the client's HTTP
client, and errors are the client's own.

Requests with anything variable use the client's own path: options of one call, keys that
change, a client that logs its requests or is instrumented.

Imported when the first model is built: it imports `openai`.
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from openai import APIConnectionError, APITimeoutError
from openai._base_client import BaseClient
from openai._models import FinalRequestOptions
from openai._utils._json import openapi_dumps

from langchain_smartroute.execution.http_packages import http as _http

__all__ = ["PATH", "SECURITY", "Pattern", "RawAnswer", "pattern_of"]

PATH = "/chat/completions"

SECURITY: Any = {"bearer_auth": True}
"""Names of the client's authentication methods."""

_log = logging.getLogger("openai")


class RawAnswer:
    """An answer with its HTTP response, in the form that `ChatOpenAI` reads.

    Attributes:
        http_response: The complete response.
    """

    def __init__(self, response: Any) -> None:
        self.http_response = response

    @property
    def headers(self) -> Any:
        """The response's headers."""
        return self.http_response.headers

    def parse(self) -> Any:
        """The answer: parsed JSON, or text for any other type."""
        response = self.http_response
        kind = response.headers.get("content-type", "*").partition(";")[0]
        return response.json() if kind.endswith("json") else response.text


class Pattern:
    """The constant part of a client's requests.

    Args:
        client: The client of `openai` that sends them.
        watched: The client's original method for sending requests.
    """

    def __init__(self, client: BaseClient[Any, Any], watched: Any) -> None:
        self._client: Any = client
        self._watched = watched
        options = FinalRequestOptions.construct(
            method="post", url=PATH, json_data={}, security=SECURITY
        )
        made: Any = client._build_request(options)  # noqa: SLF001 - openai offers no other way
        self._url, self._extensions = made.url, made.extensions
        self._headers = [pair for pair in made.headers.raw if _is_needed(pair[0].lower())]

    def holds(self) -> bool:
        """Whether the pattern is still valid."""
        return type(self._client).request is self._watched and not _log.isEnabledFor(logging.DEBUG)

    def send(self, body: dict[str, Any]) -> Any:
        """Send a body; returns the response, which is unread for a stream."""
        request, client = self._request(body), self._client
        with _translated(request):
            response = client._client.send(request, stream=bool(body.get("stream")))  # noqa: SLF001 - as above
        if response.is_success:
            return response
        response.read()
        raise client._make_status_error_from_response(response) from None  # noqa: SLF001 - as above

    async def asend(self, body: dict[str, Any]) -> Any:
        """The asynchronous form of `send`."""
        request, client = self._request(body), self._client
        with _translated(request):
            response = await client._client.send(request, stream=bool(body.get("stream")))  # noqa: SLF001 - as above
        if response.is_success:
            return response
        await response.aread()
        raise client._make_status_error_from_response(response) from None  # noqa: SLF001 - as above

    def _request(self, body: dict[str, Any]) -> Any:
        content = openapi_dumps(body)
        request = _http.Request(
            "POST",
            self._url,
            headers=[*self._headers, (b"Content-Length", b"%d" % len(content))],
            stream=_http.ByteStream(content),
            extensions=self._extensions,
        )
        # Errors carry the request, which handlers may read.
        request.read()
        return request


def _is_needed(header: bytes) -> bool:
    """Whether a header is constant and not telemetry of the client."""
    return header != b"content-length" and not header.startswith(b"x-stainless-")


def pattern_of(client: Any) -> Pattern | None:
    """The pattern of a client's requests; `None` if more than their bodies vary."""
    request = type(client).request
    is_stock = inspect.isfunction(request) and request.__module__ == BaseClient.__module__
    changing = ("_api_key_provider", "_provider_runtime", "_workload_identity_auth")
    if hasattr(request, "__wrapped__") or not is_stock or client.max_retries:
        return None
    if any(getattr(client, name, None) is not None for name in changing):
        return None
    return Pattern(client, request)


@contextmanager
def _translated(request: Any) -> Iterator[None]:
    """Convert errors of the connection as the client does."""
    try:
        yield
    except _http.TimeoutException as error:
        raise APITimeoutError(request=request) from error
    except _http.RequestError as error:
        raise APIConnectionError(request=request) from error
