"""One worker of several: a router on shared state, told what to do line by line.

    python workers.py STATE BASE_URL

Reads commands (JSON lists) and answers each with one line of JSON:
`["call", MODEL]` names who answered, `["chat", THREAD, TEXT]` too, `["health", MODEL]`
gives a breaker's state, `["calls", MODEL]` how many calls of it this worker made.
"""

from __future__ import annotations

import json
import sys

from langchain_core.callbacks import BaseCallbackHandler

from langchain_smartroute import ModelSpec, SmartRouteError, SmartRouterRunnable


class Counter(BaseCallbackHandler):
    """Counts the calls of each model."""

    def __init__(self):
        self.calls = {}

    def on_chat_model_start(self, serialized, messages, *, metadata=None, **kwargs):
        alias = (metadata or {}).get("smartroute_model")
        self.calls[alias] = self.calls.get(alias, 0) + 1


def router_on(state, base_url):
    return SmartRouterRunnable.from_models(
        {
            "shaky": ModelSpec(alias="shaky", base_url=base_url),
            "steady": ModelSpec(alias="steady", base_url=base_url),
        },
        routes={"code": "steady"},
        default="shaky",
        fallbacks={"shaky": ["steady"]},
        state=state,
        checks=[],
        sticky="pin",
        classifier=lambda text: "code" if "code" in text else "general",
        breaker={"min_calls": 2, "open_s": 2.0},
        connect_timeout_s=30,
        first_token_timeout_s=30,
    )


def main():
    router, counter = router_on(*sys.argv[1:]), Counter()

    def asked(text, **options):
        config = {"callbacks": [counter], "configurable": options}
        try:
            answer = router.invoke(text, config)
        except SmartRouteError as error:
            return type(error).__name__
        return answer.response_metadata["smartroute"]["model"]

    does = {
        "call": lambda: asked("hello"),
        "chat": lambda thread, text: asked(text, thread_id=thread),
        "health": lambda alias: router.health()[alias].state,
        "calls": lambda alias: counter.calls.get(alias, 0),
    }
    for line in sys.stdin:
        name, *given = json.loads(line)
        print(json.dumps(does[name](*given)), flush=True)  # noqa: T201 - its answers


if __name__ == "__main__":
    main()
