"""A call that fails falls back; an answer that is too weak escalates.

The weak model here is a stand-in that leaves a TODO in its code; the strong one is
behind SMARTROUTE_BASE_URL, or simulated by a local sandbox without it.
"""

import os
from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.runnables import RunnableLambda
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from langchain_smartroute import SmartRouterRunnable, default_checks
from langchain_smartroute.sandbox import SandboxServer

MOST_LINES = 40
UNFINISHED = "```python\ndef merge_sort(values):\n    # TODO: sort\n    return values\n```"


def unfinished(_: Any) -> AIMessage:
    """A model that gives up early."""
    return AIMessage(UNFINISHED)


def unreachable(_: Any) -> AIMessage:
    """A model that is down."""
    raise ConnectionError("the provider is down")


def not_too_long(_: Sequence[BaseMessage], answer: AIMessage) -> str | None:
    """A check of our own: a reason rejects the answer, None accepts it."""
    return "too long" if answer.text.count("\n") > MOST_LINES else None


def ask(router: SmartRouterRunnable, question: str) -> None:
    """Ask once and show every attempt."""
    info = router.invoke(question).response_metadata["smartroute"]
    for attempt in info["attempts"]:
        print(f"  {attempt['model']}: {attempt['outcome']} {attempt['reason']}".rstrip())
    print(f"  answered by {info['model']}, unmet checks: {info['unmet_checks']}")


def main() -> None:
    """Route the same request to a weak, to a dead and to a lonely weak model first."""
    real = os.environ.get("SMARTROUTE_BASE_URL")
    print("Answers from your gateway." if real else "Answers are simulated by a local sandbox.")
    with nullcontext() if real else SandboxServer() as sandbox:
        base_url = sandbox.base_url if sandbox else os.environ["SMARTROUTE_BASE_URL"]
        key = SecretStr(os.environ.get("SMARTROUTE_API_KEY", "none"))
        strong = ChatOpenAI(model="gpt-4o", base_url=base_url, api_key=key, max_retries=0)
        weak, dead = RunnableLambda(unfinished), RunnableLambda(unreachable)
        settings: dict[str, Any] = {
            "checks": [*default_checks(), not_too_long],
            "stream_policy": "buffer",  # streams, too, are checked before they are shown
        }
        question = "Write a Python function to merge sort an array"
        print("weak answer, then a strong model:")
        pair = {"weak": weak, "strong": strong}
        escalating = SmartRouterRunnable.from_models(
            pair, fallbacks={"weak": ["strong"]}, **settings
        )
        ask(escalating, question)
        print("the same as a stream:")
        shown = "".join(chunk.text for chunk in escalating.stream(question))
        print(f"  shown to the user: {len(shown)} characters, TODO in it: {'TODO' in shown}")
        print("no answer, then a strong model:")
        ask(SmartRouterRunnable.from_models({"dead": dead, "strong": strong}, **settings), question)
        print("weak answer, and nobody better:")
        ask(SmartRouterRunnable.from_models({"weak": weak}, **settings), question)


if __name__ == "__main__":
    main()
