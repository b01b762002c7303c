"""`SandboxServer`, the public class of the sandbox."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Self

from langchain_smartroute.sandbox.faults import FaultPlan
from langchain_smartroute.sandbox.loopback import LoopbackServer, is_loopback
from langchain_smartroute.sandbox.state import SandboxState

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from types import TracebackType

    from langchain_smartroute.sandbox.faults import Fault
    from langchain_smartroute.sandbox.models import SandboxModel
    from langchain_smartroute.sandbox.records import RequestRecord

__all__ = ["SandboxServer"]


class SandboxServer:
    """A local server that speaks the OpenAI chat-completions protocol.

    It is free, needs no key, and answers the same request with the same text. Its answers are
    simulated, which their `system_fingerprint` says. It accepts connections from this machine
    only.

    Args:
        models: The models on offer; `None` accepts any name, with the
            capabilities that `SandboxModel` has by default.
        host: A loopback address.
        port: The port, 0 for a free one.
        api_key: The key that requests must carry; `None` accepts any or none.
        faults: Model name → its fault. Can be changed by `set_fault`.

    Raises:
        ValueError: If the host is not a loopback address, or a name occurs twice.

    Example:
        >>> from urllib.request import urlopen
        >>> with SandboxServer() as sandbox:
        ...     with urlopen(sandbox.base_url.removesuffix("/v1") + "/health") as answer:
        ...         answer.read()
        b'{"status": "ok"}'
    """

    def __init__(
        self,
        *,
        models: Iterable[SandboxModel] | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        api_key: str | None = None,
        faults: Mapping[str, Fault] | None = None,
    ) -> None:
        if not is_loopback(host):
            raise ValueError(
                f"The sandbox serves loopback addresses only, not {host!r}: "
                "use '127.0.0.1', 'localhost' or '::1'."
            )
        self._host = host
        self._port = port
        self._state = SandboxState(
            models=None if models is None else _by_name(models),
            api_key=api_key,
            faults=FaultPlan(faults or {}),
        )
        self._lock = threading.Lock()
        self._server: LoopbackServer | None = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> Self:
        """Bind the port and serve in the background.

        Raises:
            RuntimeError: If it is running already.
            OSError: If the port is taken.
        """
        with self._lock:
            if self._server is not None:
                raise RuntimeError(f"The sandbox is already running at {self.base_url}.")
            self._state.stopping.clear()
            self._server = LoopbackServer(self._host, self._port, self._state)
        return self

    def stop(self) -> None:
        """End every connection, hanging ones too, and close the port. Idempotent.

        Raises:
            ExceptionGroup: If the sandbox itself raised errors, which would be a bug of this
                package.
        """
        with self._lock:
            server, self._server = self._server, None
        if server is None:
            return
        server.end()
        if server.failures:
            raise BaseExceptionGroup("The sandbox failed while it answered", server.failures)

    @property
    def base_url(self) -> str:
        """The address for `ChatOpenAI(base_url=…)`.

        Raises:
            RuntimeError: If the server is not running.
        """
        server = self._server
        if server is None:
            raise RuntimeError("The sandbox is not running: call start() or use it in a `with`.")
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{server.server_address[1]}/v1"

    @property
    def requests(self) -> tuple[RequestRecord, ...]:
        """The requests so far, oldest first; the latest 10,000 are kept, also after `stop()`."""
        return self._state.log.snapshot()

    def set_fault(self, model: str, fault: Fault | None) -> None:
        """Set a model's fault from now on.

        Args:
            model: The name that requests call it by.
            fault: The fault; `None`: the model works again.
        """
        self._state.faults.set(model, fault)

    def reset(self) -> None:
        """Forget all requests and cached prompts, and restore the faults of the constructor."""
        self._state.log.clear()
        self._state.cache.clear()
        self._state.faults.reset()


def _by_name(models: Iterable[SandboxModel]) -> dict[str, SandboxModel]:
    named: dict[str, SandboxModel] = {}
    for model in models:
        if model.name in named:
            raise ValueError(f"Model {model.name!r} is given twice.")
        named[model.name] = model
    return named
