"""What a router does when providers fail: retries, falls back, gives up on the dead.

The gateway is a local sandbox that is told to misbehave: what it shows cannot be had
from a healthy one.
"""

import logging

from langchain_smartroute import SmartRouterRunnable, StreamInterruptedError
from langchain_smartroute.sandbox import Fault, SandboxServer

QUESTION = "Hello, how are you?"
ROUTE = "deepseek-chat"


def tried(router: SmartRouterRunnable) -> str:
    """Ask once; say who was tried and what became of it."""
    attempts = router.invoke(QUESTION).response_metadata["smartroute"]["attempts"]
    return " → ".join(f"{a['model']} {a['outcome']} {a['reason']}".rstrip() for a in attempts)


def main() -> None:
    """Make the route's model fail in one way after another."""
    logging.getLogger("langchain_smartroute").setLevel(logging.ERROR)
    with SandboxServer() as gateway:
        base_url = gateway.base_url

        print("one server error:")
        gateway.set_fault(ROUTE, Fault(kind="status", status=500, times=1))
        print(f"  {tried(SmartRouterRunnable.from_catalog(base_url=base_url))}")

        print("no answer at all, and 0.2 s of patience:")
        gateway.set_fault(ROUTE, Fault(kind="hang"))
        print(f"  {tried(SmartRouterRunnable.from_catalog(base_url=base_url, timeout_s=0.2))}")

        print("down for good, so that its breaker opens:")
        gateway.set_fault(ROUTE, Fault(kind="status", status=503))
        router = SmartRouterRunnable.from_catalog(base_url=base_url, breaker={"min_calls": 2})
        for _ in range(3):
            print(f"  {tried(router)}")
        print(f"  {router.health()[ROUTE].state}: {router.explain(QUESTION).excluded[ROUTE]}")

        print("a stream that is cut:")
        gateway.set_fault(ROUTE, Fault(kind="cut", after_tokens=3))
        for policy in ("first_token", "buffer"):
            router = SmartRouterRunnable.from_catalog(base_url=base_url, stream_policy=policy)
            shown = ""
            try:
                for chunk in router.stream(QUESTION):
                    shown += chunk.text
                print(f"  {policy}: complete, {len(shown)} characters")
            except StreamInterruptedError as error:
                kept = error.partial is not None and error.partial.text == shown
                print(f"  {policy}: interrupted; the error has what was shown: {kept}")


if __name__ == "__main__":
    main()
