"""Shared state in Redis.

Each command is one atomic script that uses the server's clock.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar, cast
from urllib.parse import urlsplit

from langchain_smartroute.errors import ConfigurationError, StorageError
from langchain_smartroute.state import scripts as lua
from langchain_smartroute.state.commands import (
    Command,
    Found,
    Get,
    Hold,
    Look,
    Put,
    Refusal,
    Settle,
    Standing,
    Stands,
    Swap,
)
from langchain_smartroute.types import LoopClients, renewed_in_forks, without_password

try:
    import redis
    import redis.asyncio as aredis
except ImportError as error:
    raise ConfigurationError(
        'state in Redis needs its client: pip install "langchain-smartroute[redis]"'
    ) from error

# Imported after the client, so that a missing client gives our own error message.
from langchain_smartroute.state.pipelining import AsyncPipelines, Pipelines, ScriptJob

__all__ = ["RedisState"]

T = TypeVar("T")

_ADVICE = {
    "OOM": "raise its maxmemory",
    "OutOfMemory": "raise its maxmemory",
    "READONLY": "connect to the one that is written to",
    "ReadOnly": "connect to the one that is written to",
    "NOPERM": "let this user run scripts and change what they change",
    "NoPermission": "let this user run scripts and change what they change",
    "NOAUTH": "give user and password in its URL, as in redis://user:password@host:6379/0",
    "Authentication": "give user and password in its URL, as in redis://user:password@host:6379/0",
    "WRONGTYPE": "others use its keys; give these a prefix or a number of their own",
}
"""Text in the error → advice."""

_NO_ANSWER = "see whether it runs, and whether its address is right"


@dataclass(frozen=True, slots=True)
class _Call(Generic[T]):
    """A command for Redis: script, key, arguments, and parser of the result."""

    script: str
    arguments: Sequence[str | int]
    read: Callable[[Any], T]


class RedisState:
    """Shared state of workers in Redis.

    Args:
        url: Such as `redis://host:6379/0`.
        prefix: Prefix of its keys; the braces keep them in one slot of a cluster.
        timeout_s: Seconds to wait for a connection and for an answer.

    Raises:
        ConfigurationError: If the URL is invalid or the client is missing.

    Example:
        >>> from langchain_smartroute.state.redis import RedisState
        >>> RedisState("redis://127.0.0.1:6379/0", timeout_s=0.5)
        RedisState('redis://127.0.0.1:6379/0')
    """

    def __init__(self, url: str, *, prefix: str = "{smartroute}:", timeout_s: float = 1.0) -> None:
        self._url = url
        self._prefix = prefix
        self._options: dict[str, Any] = {
            "socket_timeout": timeout_s,
            "socket_connect_timeout": timeout_s,
            "decode_responses": True,
            "retry_on_timeout": False,
            # One attempt only, so that the wait is bounded.
            "retry": None,
        }
        # Without a reference to itself, so that its connections go when it does.
        self._of_loops = LoopClients(partial(_async_pipelines, url, self._options))
        try:
            self._client = redis.Redis.from_url(url, **self._options)
            _check_number(url)
        except ValueError:
            # Its message may contain a part of the password.
            raise ConfigurationError(
                "url (not shown, as it may hold a password): not the URL of a Redis; give one such"
                " as redis://host:6379/0, with %23 for a # in the password"
            ) from None
        _check_parameters(url, self._client.connection_pool)
        self._reset()
        renewed_in_forks(self, RedisState._reset)

    def _reset(self) -> None:
        """Start without jobs, as those of a parent process do not finish in this one."""
        self._pipelines = Pipelines(self._client)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({without_password(self._url)!r})"

    def run(self, command: Command[T]) -> T:
        """Execute a command."""
        call = _call_of(command)
        try:
            return call.read(self._pipelines.run(self._job(call)))
        except redis.RedisError as error:
            raise self._error(error) from error

    async def arun(self, command: Command[T]) -> T:
        """Execute a command on a connection of the running event loop."""
        call = _call_of(command)
        try:
            pipelines = self._of_loops.of_loop(asyncio.get_running_loop())
            return call.read(await pipelines.run(self._job(call)))
        except redis.RedisError as error:
            raise self._error(error) from error

    def close(self) -> None:
        """Close the connections of `run`."""
        self._client.close()

    async def aclose(self) -> None:
        """Close the connections of `arun` in the running event loop."""
        await self._of_loops.aclose()

    def _job(self, call: _Call[Any]) -> ScriptJob:
        return ScriptJob(script=call.script, arguments=(self._prefix, *call.arguments))

    def _error(self, error: redis.RedisError) -> StorageError:
        message = f"{type(error).__name__}: {error}"
        advice = next((advice for sign, advice in _ADVICE.items() if sign in message), _NO_ANSWER)
        refused = isinstance(error, redis.ResponseError | redis.AuthenticationError)
        verb = "refuses" if refused else "does not answer"
        return StorageError(f"{self!r} {verb}: {message.rstrip('.')}; {advice}")


def _async_pipelines(url: str, options: dict[str, Any]) -> AsyncPipelines:
    return AsyncPipelines(aredis.Redis.from_url(url, **options))


def _check_number(url: str) -> None:
    """Reject a path that is not a database number, as the client would use number 0."""
    parts = urlsplit(url)
    if parts.scheme != "unix" and not (parts.path.strip("/") or "0").isdigit():
        raise ValueError("the path is no number")


def _check_parameters(url: str, pool: redis.ConnectionPool) -> None:
    """Reject parameters of a URL that the client would raise for at each connection.

    Raises:
        ConfigurationError: Without their values and names, which may be parts of a password.
    """
    try:
        pool.connection_class(**pool.connection_kwargs)
    except (TypeError, redis.RedisError):
        of_tls = "ssl_" in url and not url.startswith("rediss:")
        hint = "those of TLS (ssl_…) need rediss:// in the place of redis://" if of_tls else ""
        raise ConfigurationError(
            f"url (not shown, as it may hold a password): a parameter after its ? is none of"
            f" redis-py's, or has a wrong value; {hint or 'leave it out, or correct it'}"
        ) from None


def _call_of(command: Command[T]) -> _Call[T]:
    call: _Call[Any]
    match command:
        case Get(key=key):
            call = _Call(lua.GET, [key], _as_is)
        case Put(key=key, value=value, ttl_s=ttl_s):
            call = _Call(lua.PUT, [key, value, _ms(ttl_s)], _as_nothing)
        case Swap():
            call = _Call(lua.SWAP, _swap_arguments(command), bool)
        case Look(keys=keys):
            call = _Call(lua.LOOK, list(keys), _as_found)
        case Hold():
            call = _Call(lua.HOLD, _hold_arguments(command), _as_refusal)
        case Settle(lease=lease, charges=charges, again=again):
            settle_arguments: list[str | int] = [lease, int(again)]
            for charge in charges:
                settle_arguments += [charge.counter, charge.amount, _ms(charge.ttl_s)]
            call = _Call(lua.SETTLE, settle_arguments, _as_standings)
        case Stands(counters=counters):
            call = _Call(lua.STANDS, list(counters), _as_standings)
        case _:  # pragma: no cover - a command of ours that was forgotten here
            raise TypeError(f"{type(command).__name__} is no command of shared state")
    return cast("_Call[T]", call)


def _swap_arguments(command: Swap) -> list[str | int]:
    has_expected, has_value = command.expected is not None, command.value is not None
    expected, value = command.expected or "", command.value or ""
    return [command.key, int(has_expected), expected, int(has_value), value, _ms(command.ttl_s)]


def _hold_arguments(command: Hold) -> list[str | int]:
    arguments: list[str | int] = [command.lease, _ms(command.lease_s)]
    for claim in command.claims:
        arguments += [
            claim.counter,
            claim.amount,
            claim.ceiling,
            _ms(max(claim.ttl_s, command.lease_s)),
        ]
    return arguments


def _ms(seconds: float) -> int:
    return max(1, round(seconds * 1000))


def _as_is(answer: Any) -> Any:
    return answer


def _as_nothing(_answer: Any) -> None:
    return None


def _as_found(answer: Sequence[Any]) -> tuple[Found | None, ...]:
    pairs = zip(answer[::2], answer[1::2], strict=True)
    return tuple(
        None if left_ms < 0 else Found(value=value, left_s=left_ms / 1000)
        for value, left_ms in pairs
    )


def _as_refusal(answer: Any) -> Refusal | None:
    if answer is None:
        return None
    number, *sums = answer
    return Refusal(number=int(number), standing=_as_standings(sums)[0])


def _as_standings(sums: Sequence[Any]) -> tuple[Standing, ...]:
    pairs = zip(sums[::2], sums[1::2], strict=True)
    amounts = ((int(used or 0), int(spent or 0)) for used, spent in pairs)
    return tuple(Standing(spent=spent, held=used - spent) for used, spent in amounts)
