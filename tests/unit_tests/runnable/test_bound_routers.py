"""A router with tools or other arguments bound: what it explains is what it does."""

from __future__ import annotations

import pytest
from langchain_core.load import dumpd
from langchain_core.runnables import RunnableBinding
from langchain_core.tools import tool

from langchain_smartroute import SmartRouterRunnable


@tool
def weather(city: str) -> str:
    """Get the weather in a city."""
    return f"Sunny in {city}"


@pytest.fixture
def router(scripted):
    """A router whose default takes no tools."""
    return SmartRouterRunnable.from_models(
        {
            "plain": scripted(words="plain", profile={"tool_calling": False}),
            "tools": scripted(words="tools"),
        },
        default="plain",
    )


BOUND = {
    "bind_tools": lambda router: router.bind_tools([weather]),
    "bind": lambda router: router.bind(model="tools"),
    "bind, then bind": lambda router: router.bind(stop=["x"]).bind(model="tools"),
    "bind, then bind_tools": lambda router: router.bind(stop=["x"]).bind_tools([weather]),
    "bind_tools, then with_config": lambda router: router.bind_tools([weather]).with_config(
        tags=["a"]
    ),
    "bind_tools, then with_route": lambda router: router.bind_tools([weather]).with_route(
        tier="quality"
    ),
}


@pytest.mark.parametrize("how", BOUND)
async def test_what_is_bound_is_explained_as_it_is_called(router, how):
    """`router.bind_tools(…).explain("Hi")` named a model without tools, and another one answered.

    LangChain's binding passes what it does not know to its model without what is bound. So did
    `with_route`, whose router had no tools any more.
    """
    bound = BOUND[how](router)
    assert isinstance(bound, RunnableBinding)
    assert bound.invoke("Hi").response_metadata["smartroute"]["model"] == "tools"
    assert bound.explain("Hi").model == "tools"
    assert (await bound.aexplain("Hi")).model == "tools"
    assert router.explain("Hi").model == "plain"


def test_tools_are_bound_beside_what_is_bound_already(router):
    """LangChain's binding asks its model for them, without what is bound."""
    bound = router.bind(stop=["x"]).with_config(tags=["a"]).bind_tools([weather])
    assert (bound.kwargs["stop"], len(bound.kwargs["tools"])) == (["x"], 1)
    assert bound.config["tags"] == ["a"]


def test_what_explain_is_given_goes_over_what_is_bound(router):
    assert router.bind(model="tools").explain("Hi", model="plain").model == "plain"


def test_the_config_of_a_binding_is_explained_with_it(scripted):
    router = SmartRouterRunnable.from_models(
        {"a": scripted(), "b": scripted()}, default="a", rules=[({"tags": "batch"}, "b")]
    )
    bound = router.bind(stop=["x"]).with_config(tags=["batch"])
    assert bound.explain("Hi").model == "b"
    assert bound.explain("Hi", {"tags": ["other"]}).model == "b"


def test_a_choice_for_a_bound_router_leaves_the_router_as_it_was(router):
    bound = router.bind_tools([weather])
    assert bound.with_route(tier="quality").explain("Hi").tier == "quality"
    assert bound.explain("Hi").tier == router.explain("Hi").tier == "balanced"


def test_it_is_serialized_as_langchains_own_binding(router):
    dumped = dumpd(router.bind(stop=["x"]))
    assert dumped["id"][-1] == "RunnableBinding"
    assert dumped["kwargs"]["kwargs"] == {"stop": ["x"]}
