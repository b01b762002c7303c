"""Where requests go and with which key: base URL and key always come as a pair.

A key is never sent to a base URL that came from elsewhere. The stock OpenAI
client would send `OPENAI_API_KEY` to any base URL that it is given.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pydantic import SecretStr

from langchain_smartroute.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from langchain_smartroute.catalog import Catalog, ModelSpec

__all__ = ["Endpoint", "resolve_endpoints"]

_PAIRS = (
    ("SMARTROUTE_BASE_URL", "SMARTROUTE_API_KEY"),
    ("OPENAI_BASE_URL", "OPENAI_API_KEY"),
)
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"(?:[!-~](?:[\t -~]*[!-~])?)?")
"""Patterns of a header's valid name and value."""
_OF_THE_BODY = ("content-length", "transfer-encoding")
_NO_KEY = SecretStr("no-key-needed")
_MEND = (
    "pass base_url and api_key, or set SMARTROUTE_BASE_URL and SMARTROUTE_API_KEY (or"
    " OPENAI_BASE_URL and OPENAI_API_KEY); with one provider's key alone use"
    ' catalog="openai" (OPENAI_API_KEY) or catalog="openrouter" (OPENROUTER_API_KEY)'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """An OpenAI-compatible endpoint and what is sent to it with each request; equal where all is.

    Attributes:
        base_url: Such as `https://gateway.example/v1`, without a trailing slash.
        api_key: Never shown in a repr.
        headers: Names and values of additional headers; values are not shown in the repr.
        query: Names and values of query parameters, likewise.
        from_openai: Whether it comes from OpenAI's own environment variables.
    """

    base_url: str
    api_key: SecretStr
    headers: tuple[tuple[str, SecretStr], ...] = ()
    query: tuple[tuple[str, SecretStr], ...] = ()
    from_openai: bool = field(default=False, compare=False)

    @property
    def identity(self) -> str:
        """A hash of endpoint and key that is the same in every process."""
        parts = [self.base_url, self.api_key.get_secret_value()]
        parts += [f"{n}: {v.get_secret_value()}" for n, v in (*self.headers, *self.query)]
        return hashlib.sha256("\n".join(parts).encode("utf-8", "replace")).hexdigest()

    @property
    def is_openai(self) -> bool:
        """Whether it is OpenAI itself, which also has the Responses API."""
        return urlsplit(self.base_url).hostname == "api.openai.com"


def resolve_endpoints(
    models: Iterable[ModelSpec],
    *,
    catalog: Catalog,
    base_url: str | None,
    api_key: SecretStr | None,
    api_key_env: str | None,
    environ: Mapping[str, str],
    headers: Mapping[str, SecretStr] | None = None,
    query: Mapping[str, SecretStr] | None = None,
) -> dict[str, Endpoint]:
    """Find the endpoint of every model.

    A model's own endpoint counts first, then the arguments, then the catalog's
    endpoint, then `SMARTROUTE_BASE_URL` with `SMARTROUTE_API_KEY`, then
    `OPENAI_BASE_URL` with `OPENAI_API_KEY`. A loopback URL needs no key.

    Args:
        models: The models to serve.
        catalog: May name an endpoint for all of them.
        base_url: Base URL of the gateway, from the caller.
        api_key: Its key, from the caller.
        api_key_env: Name of the environment variable with its key, from the caller.
        environ: Environment variables.
        headers: Headers for the gateway; a model with its own endpoint has its own.
        query: Query parameters for the gateway, likewise.

    Returns:
        Alias → endpoint.

    Raises:
        ConfigurationError: Naming the models without an endpoint and the variables to set.
    """
    if api_key_env is not None:
        named = _key_in(api_key_env, environ)
        api_key = named if api_key is None else api_key
    hint = f"set {api_key_env}" if api_key_env else "pass api_key with base_url"
    gateway = _gateway(catalog, base_url, api_key, hint, environ)
    if isinstance(gateway, Endpoint):
        gateway = _with(gateway, headers or {}, query or {})
    found: dict[str, Endpoint] = {}
    faults: list[str] = []
    unserved: list[str] = []
    for spec in models:
        has_own = bool(spec.base_url or spec.api_key_env)
        endpoint = _named(spec.base_url, spec.api_key_env, environ) if has_own else gateway
        if isinstance(endpoint, Endpoint):
            found[spec.alias] = _with(endpoint, spec.default_headers, spec.default_query)
            faults += _unsendable(found[spec.alias], f"model {spec.alias!r}: " if has_own else "")
        elif has_own:
            faults.append(f"model {spec.alias!r}: {endpoint}")
        else:
            unserved.append(spec.alias)
    if unserved:
        faults.append(f"no endpoint serves {', '.join(unserved)}: {gateway}")
    if faults:
        raise ConfigurationError(*dict.fromkeys(faults))
    return found


def _key_in(name: str, environ: Mapping[str, str]) -> SecretStr | None:
    """The key in an environment variable; `None`: it is not set, or empty."""
    if _VARIABLE.fullmatch(name) is None:
        raise ConfigurationError(
            "api_key_env (not shown, as it may be a key) is no variable's name; give the name of"
            " the environment variable, not the key itself"
        )
    key = environ.get(name)
    return SecretStr(key) if key else None


def _unsendable(endpoint: Endpoint, whose: str = "") -> list[str]:
    """Errors in the headers of an endpoint."""
    faults = []
    for name, value in endpoint.headers:
        if not _HEADER.fullmatch(name):
            faults.append(f"{whose}default_headers: {name!r} is no header's name; correct it")
        elif name.lower() in _OF_THE_BODY:
            faults.append(f"{whose}default_headers: {name!r} follows from each body; leave it out")
        elif not _VALUE.fullmatch(value.get_secret_value()):
            faults.append(
                f"{whose}default_headers: the value of {name!r} (not shown) cannot be sent; it may"
                " hold printable ASCII, without blanks or line breaks at its ends"
            )
    return faults


def _with(
    endpoint: Endpoint, headers: Mapping[str, SecretStr], query: Mapping[str, SecretStr]
) -> Endpoint:
    """Add headers and query parameters to an endpoint, replacing those with the same name."""
    if not (headers or query):
        return endpoint
    more = {**dict(endpoint.headers), **headers}
    return replace(
        endpoint,
        headers=tuple(sorted(more.items(), key=_name)),
        query=tuple({**dict(endpoint.query), **query}.items()),
    )


def _name(pair: tuple[str, SecretStr]) -> str:
    return pair[0].lower()


def _gateway(
    catalog: Catalog,
    base_url: str | None,
    api_key: SecretStr | None,
    key_hint: str,
    environ: Mapping[str, str],
) -> Endpoint | str:
    """The endpoint of models without their own, or what is missing."""
    if base_url is not None:
        return _checked(base_url, api_key, key_hint=key_hint)
    if api_key is not None:
        if catalog.base_url is not None:
            return _checked(catalog.base_url, api_key, key_hint="pass api_key")
        return f"api_key was given without base_url; {_MEND}"
    if catalog.base_url is not None:
        return _named(catalog.base_url, catalog.api_key_env, environ)
    half: list[str] = []
    for url_name, key_name in _PAIRS:
        url, key = environ.get(url_name), environ.get(key_name)
        if url:
            pair = _checked(url, SecretStr(key) if key else None, key_hint=f"set {key_name}")
            if isinstance(pair, Endpoint):
                return replace(pair, from_openai=url_name.startswith("OPENAI"))
            half.append(f"{url_name} is set, but {pair}")
        elif key:
            half.append(f"{key_name} is set without {url_name}")
    return "; ".join([*half, _MEND])


def _named(
    base_url: str | None, key_name: str | None, environ: Mapping[str, str]
) -> Endpoint | str:
    """An endpoint whose key is in an environment variable, or what is missing."""
    if base_url is None:
        return f"api_key_env = {key_name!r} is given without base_url; name both or neither"
    if key_name is None:
        return _checked(base_url, None, key_hint="give api_key_env with base_url")
    # A variable that overrides the provider's URL also applies to its key.
    sibling = key_name.removesuffix("_API_KEY") + "_BASE_URL"
    if key_name.endswith("_API_KEY") and environ.get(sibling):
        base_url = environ[sibling]
    key = environ.get(key_name)
    return _checked(base_url, SecretStr(key) if key else None, key_hint=f"set {key_name}")


def _checked(base_url: str, api_key: SecretStr | None, *, key_hint: str) -> Endpoint | str:
    base_url = base_url.rstrip("/")
    if "@" in base_url:
        return "base_url holds a user name or password; give the key as api_key instead"
    if "?" in base_url or "#" in base_url:
        return (
            "base_url (not shown, as it may hold a key) has a query or a fragment; give it without,"
            " and the key as api_key"
        )
    host = _host_of(base_url)
    if host is None:
        # Without any punctuation of a URL it may be a key in the wrong place.
        shown = repr(base_url) if set(base_url) & set("/.:") else "(not shown)"
        return f"base_url = {shown} is not a URL; give one such as https://gateway.example/v1"
    key = "" if api_key is None else api_key.get_secret_value()
    if key and not _VALUE.fullmatch(key):
        return (
            f"the key for {base_url} (not shown) cannot be sent: it has a line break or a blank"
            f" at an end, or a character outside ASCII; {key_hint} without it"
        )
    if key or _is_loopback(host):
        return Endpoint(base_url=base_url, api_key=SecretStr(key) if key else _NO_KEY)
    return f"there is no key for {base_url}; {key_hint}"


def _host_of(base_url: str) -> str | None:
    """The host of an HTTP URL; `None` for an invalid one."""
    try:
        parts = urlsplit(base_url)
        port = parts.port
    except ValueError:
        return None
    clean = not any(character.isspace() for character in base_url)
    usable = clean and parts.scheme in ("http", "https") and port != 0
    return parts.hostname if usable else None


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
