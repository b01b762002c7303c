"""The words of exceptions: the provider's message, the cause, the server; never a key."""

from __future__ import annotations

from typing import Any

from langchain_smartroute.types import causes_of

__all__ = ["advice_of", "host_of", "provider_message", "proxy_advice", "tls_advice", "words_of"]

_GENERIC = ("Connection error.",)
"""Message of `openai`'s client for any failed connection."""

_KEY_HEADERS = ("authorization", "api-key", "x-api-key", "x-goog-api-key")
_WRONG_NAME = (62, 64)
_WRONG_TIME = (9, 10)
"""OpenSSL's codes of a certificate for another host or address, and of one out of its time."""
_NO_TLS = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST")
"""OpenSSL's reasons where a server answers without TLS."""

_PROXY_REFUSES = 407
"""The status of a proxy that wants authentication."""

_LEAST_KEY_CHARS = 8
"""Shorter values are hardly keys, and may be words of the message."""


def words_of(error: BaseException) -> str:
    """An exception's message; for a generic connection error, that of its cause."""
    message = str(error) or type(error).__name__
    advice = advice_of(error)
    if message not in _GENERIC:
        message = _without_key(message, error)
        return f"{message}; {advice}" if advice else message
    for cause in causes_of(error):
        # The message contains the invalid header, which may be a key.
        if str(cause) not in ("", message) and type(cause).__name__ != "LocalProtocolError":
            where = host_of(error)
            place = f" ({where})" if where else ""
            whole = f"{message.removesuffix('.')}: {cause}{place}"
            return f"{whole}; {advice}" if advice else whole
    return message


def advice_of(error: BaseException) -> str:
    """What to do about a connection that no retry makes; empty: there is no such error."""
    return tls_advice(error) or proxy_advice(error)


def proxy_advice(error: BaseException) -> str:
    """What to do about a proxy that wants authentication; empty: there is no such error."""
    status: Any = getattr(error, "status_code", None)
    if status != _PROXY_REFUSES and not any(map(_is_refusal_of_proxy, causes_of(error))):
        return ""
    scheme = "HTTP" if host_of(error).startswith("http:") else "HTTPS"
    return (
        f"the proxy wants authentication: set {scheme}_PROXY=http://name:password@host:port, or"
        " name the server in NO_PROXY if it is reached without a proxy"
    )


def _is_refusal_of_proxy(error: BaseException) -> bool:
    # A tunnel's refusal has no status of its own.
    return type(error).__name__ == "ProxyError" and str(error).startswith(f"{_PROXY_REFUSES}")


def tls_advice(error: BaseException) -> str:
    """What to do about a TLS connection that no retry makes; empty: there is no such error."""
    for cause in causes_of(error):
        code = getattr(cause, "verify_code", None)
        if code in _WRONG_NAME:
            return "the certificate is for another name: write that one in base_url"
        if code in _WRONG_TIME:
            return "the certificate is not valid now: renew it, or correct this machine's clock"
        if code is not None:
            return (
                "the certificate's authority is not trusted: if it is your own or your company's,"
                " set SSL_CERT_FILE to a PEM file with its certificate"
            )
        if getattr(cause, "reason", None) in _NO_TLS:
            return "the server does not speak TLS at this port: write http:// in base_url"
    return ""


def provider_message(error: BaseException) -> str:
    """The provider's message, also in forms that clients do not read: in a list, or as text."""
    body = getattr(error, "body", None)
    if isinstance(body, list) and body:
        body = body[0]
    if isinstance(body, dict):
        inner = body.get("error", body)
        body = inner.get("message") if isinstance(inner, dict) else inner
    # A web page has no more information than its status.
    readable = isinstance(body, str) and not body.startswith("<")
    return _without_key(str(body), error) if readable else ""


def host_of(error: BaseException) -> str:
    """Scheme, host and port that a client called; never a path or a name with a password."""
    url: Any = getattr(_request_of(error), "url", None)
    host = getattr(url, "host", "")
    if not host:
        return ""
    port = f":{url.port}" if url.port else ""
    return f"{url.scheme}://{f'[{host}]' if ':' in host else host}{port}"


def _request_of(error: BaseException) -> Any:
    """The request that an exception is about; `None`: none is known."""
    try:
        return getattr(error, "request", None)
    except RuntimeError:
        # An exception of httpx has the attribute, which raises where no request was set.
        return None


def _without_key(message: str, error: BaseException) -> str:
    """A message in which the request's key is not repeated, as some servers do."""
    headers: Any = getattr(_request_of(error), "headers", None) or {}
    for name in _KEY_HEADERS:
        key = str(headers.get(name) or "").rpartition(" ")[2]
        if len(key) >= _LEAST_KEY_CHARS:
            message = message.replace(key, "[key]")
    return message
