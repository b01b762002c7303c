"""langchain-model-router with its heuristics, over two stock `ChatOpenAI`."""

from __future__ import annotations

from asking import URL, measure_model
from langchain_model_router import ChatRouter, HeuristicStrategy
from langchain_openai import ChatOpenAI

routes = {
    name: ChatOpenAI(
        model="instant", base_url=URL, api_key="none", max_retries=0, stream_usage=True
    )
    for name in ("simple", "complex")
}
measure_model(
    ChatRouter(
        routes=routes,
        default_route="simple",
        strategy=HeuristicStrategy("simple", "complex"),
    )
)
