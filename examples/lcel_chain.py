"""The router in an LCEL chain: prompt | router | parser, one at a time and in a batch.

Without SMARTROUTE_BASE_URL a local sandbox simulates the answers.
"""

import asyncio
import os
from contextlib import nullcontext

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate

from langchain_smartroute import SmartRouterRunnable, track_costs
from langchain_smartroute.sandbox import SandboxServer

TICKETS = (
    "Classify this ticket as billing, shipping or technical: my card was charged twice",
    "Summarize: The parcel left on Monday. It was seen in Ghent. Then nothing for nine days.",
    "Translate into Spanish: thank you, goodbye",
)


async def answer_all(base_url: str | None) -> None:
    """Run the same chain once and as an async batch, and count what both cost."""
    router = SmartRouterRunnable.from_catalog(base_url=base_url)
    prompt = ChatPromptTemplate([("system", "You help a support team."), ("human", "{ticket}")])
    chain = prompt | router | StrOutputParser()

    with track_costs(baseline="gpt-4o") as costs:
        print(f"invoke: {await chain.ainvoke({'ticket': TICKETS[0]})}")
        answers = await chain.abatch([{"ticket": ticket} for ticket in TICKETS * 5])
    print(f"abatch of {len(answers)}:")
    for answer in answers[: len(TICKETS)]:
        print(f"  {answer}")

    stats = costs.stats()
    print(f"{stats.total_requests} requests, ${stats.actual_cost_usd:f}")
    for alias, count in stats.model_distribution.items():
        print(f"  {alias}: {count}")


def main() -> None:
    """Start a sandbox where no gateway is configured."""
    real = os.environ.get("SMARTROUTE_BASE_URL")
    print("Answers from your gateway." if real else "Answers are simulated by a local sandbox.")
    with nullcontext() if real else SandboxServer() as sandbox:
        asyncio.run(answer_all(sandbox.base_url if sandbox else None))


if __name__ == "__main__":
    main()
