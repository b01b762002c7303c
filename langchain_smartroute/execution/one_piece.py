"""Makes plain JSON of what came in its place: a stream, or JSON that is called something else.

The client of `openai` makes a text of an answer that is not called JSON. Its own calls, such as
those for structured output, and models of the user's own read answers by it.

Imported when the first model is built: it imports `openai`.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

from langchain_smartroute.execution.assembled import assembled
from langchain_smartroute.execution.unsaid import page_error

__all__ = ["is_named_otherwise", "name_as_json"]

_STREAMED: Final = re.compile(rb'"stream"\s*:\s*true')
"""In the body of a request: a stream was asked for. Within a text its quotes would be escaped."""


def is_named_otherwise(response: Any) -> bool:
    """Whether a plain answer was asked for, and something comes that is not called JSON.

    Args:
        response: An httpx response with a status of success, whose body is unread.
    """
    request = response.request
    if "json" in response.headers.get("content-type", "*"):
        return False
    # A request that follows a redirect does not keep its body.
    content: bytes | None = getattr(request, "_content", None)
    if content is None or not request.url.path.endswith("/chat/completions"):
        return False
    return _STREAMED.search(content) is None


def name_as_json(response: Any) -> None:
    """Make a plain answer of a stream, and call JSON so; what is neither stays as it is.

    Args:
        response: An httpx response whose body is read.

    Raises:
        ValueError: If it is a web page.
    """
    text = response.text
    try:
        json.loads(text)
    except ValueError:
        whole = assembled(text)
        if whole is None:
            if text.lstrip().startswith("<"):
                raise page_error() from None
            return
        text = json.dumps(whole)
    # JSON is read as UTF-8, whatever this came in.
    response._content = text.encode("utf-8", "replace")  # noqa: SLF001 - httpx offers no other way
    response.headers["content-type"] = "application/json"
