"""Requests to chat completions, with what is the same in each of them made once.

The client of `openai` makes address, headers and options anew for each request and
carries them through objects that are copied on their way, which takes about as long as
the connection does. Here the first request is the pattern of all: only their bodies
differ. The way to the server stays the client's own, and so do its errors.

What is not the same in each request goes the client's way: options for one call, keys
that change, a client that logs its requests or that somebody watches.

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
"""How the client shows who asks."""

_log = logging.getLogger("openai")


class RawAnswer:
    """An answer with what its server says of it, in the form that `ChatOpenAI` reads.

    Attributes:
        http_response: The response, read to its end.
    """

    def __init__(self, response: Any) -> None:
        self.http_response = response

    @property
    def headers(self) -> Any:
        """The response's headers."""
        return self.http_response.headers

    def parse(self) -> Any:
        """The answer: JSON as it is, anything else as text."""
        response = self.http_response
        kind = response.headers.get("content-type", "*").partition(";")[0]
        return response.json() if kind.endswith("json") else response.text


class Pattern:
    """What is the same in all requests of a client.

    Args:
        client: That of `openai`, which sends them.
        watched: Its method that all requests go through, as it was.
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
        """Whether requests are still what they were."""
        return type(self._client).request is self._watched and not _log.isEnabledFor(logging.DEBUG)

    def send(self, body: dict[str, Any]) -> Any:
        """Send a body; gives the response, which for a stream is yet to be read."""
        request, client = self._request(body), self._client
        with _translated(request):
            response = client._client.send(request, stream=bool(body.get("stream")))  # noqa: SLF001 - as above
        if response.is_success:
            return response
        response.read()
        raise client._make_status_error_from_response(response) from None  # noqa: SLF001 - as above

    async def asend(self, body: dict[str, Any]) -> Any:
        """The same in an event loop."""
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
        # Errors carry the request, and whoever handles them may look at it.
        request.read()
        return request


def _is_needed(header: bytes) -> bool:
    """Whether a header is more than the client's telemetry, and the same for each body."""
    return header != b"content-length" and not header.startswith(b"x-stainless-")


def pattern_of(client: Any) -> Pattern | None:
    """The pattern of a client's requests; `None` where they differ in more than their bodies."""
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
    """Raise what connections raise as the client does."""
    try:
        yield
    except _http.TimeoutException as error:
        raise APITimeoutError(request=request) from error
    except _http.RequestError as error:
        raise APIConnectionError(request=request) from error
