"""A reasoning model's thoughts are kept, as standard content blocks.

`answer.text` is the answer alone; `answer.content_blocks` has the thoughts, from a
whole answer and from a stream. They are not sent to another model later. Without
SMARTROUTE_BASE_URL a local sandbox simulates the answers.
"""

import os
from contextlib import nullcontext

from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.messages.ai import add_ai_message_chunks

from langchain_smartroute import Catalog, SmartRouterRunnable
from langchain_smartroute.sandbox import SandboxServer, sandbox_models

QUESTION = "Explain the Monty Hall problem with math"


def thoughts(message: AIMessage) -> str:
    """The reasoning of an answer."""
    found = [block for block in message.content_blocks if block["type"] == "reasoning"]
    return "".join(block.get("reasoning", "") for block in found)


def main() -> None:
    """Ask once whole and once as a stream, then go on with another model."""
    real = os.environ.get("SMARTROUTE_BASE_URL")
    print("Answers from your gateway." if real else "Answers are simulated by a local sandbox.")
    models = sandbox_models(Catalog.load("default"))
    with nullcontext() if real else SandboxServer(models=models) as sandbox:
        router = SmartRouterRunnable.from_catalog(base_url=sandbox.base_url if sandbox else None)
        answer = router.invoke(QUESTION)
        print("model:", answer.response_metadata["smartroute"]["model"])
        print("thought:", thoughts(answer)[:60])
        print("answer:", answer.text[:60])
        first, *rest = router.stream(QUESTION)
        streamed = add_ai_message_chunks(first, *rest)
        print("streamed thoughts:", bool(thoughts(streamed)))
        history = [HumanMessage(QUESTION), answer, HumanMessage("Translate that to German")]
        other = router.invoke(history)
        print("next model:", other.response_metadata["smartroute"]["model"])
        if sandbox:
            sent = str(sandbox.requests[-1].body)
            print("it was sent the thoughts:", thoughts(answer)[:40] in sent)


if __name__ == "__main__":
    main()
