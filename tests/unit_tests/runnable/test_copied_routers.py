"""Copies of a router share its connections and breakers; a pickle of one is refused with advice.

Deep copies failed in the middle of a lock (`cannot pickle '_thread.lock' object`), for example
where a framework copies its nodes or a graph's config.
"""

from __future__ import annotations

import copy
import pickle

import pytest
from langchain_core.language_models import FakeListChatModel

from langchain_smartroute import SmartRouterRunnable

SCHEMA = {"title": "Found", "description": "x", "type": "object", "properties": {}}


@pytest.fixture
def router():
    models = {"one": FakeListChatModel(responses=["fine"])}
    return SmartRouterRunnable.from_models(models, default="one", tier="budget")


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda router: router.model_copy(deep=True)]
)
def test_a_copy_is_a_router_with_the_same_health(router, copied):
    other = copied(router)
    assert other is not router
    assert other.invoke("Hello").text == "fine"
    assert other.tier == "budget"
    assert other.health()["one"].calls == router.health()["one"].calls == 1


def test_what_holds_a_router_can_be_copied(router):
    runnables = [router.bind(stop=["."]), router | str, router.with_retry()]
    for runnable in copy.deepcopy(runnables):
        assert "fine" in str(runnable.invoke("Hello"))
    assert copy.deepcopy(router.with_structured_output(SCHEMA)) is not None


def test_changes_of_a_deep_copy_are_its_own(router):
    """As of any other copy with other settings."""
    assert router.model_copy(update={"tier": "quality"}, deep=True).tier == "quality"
    assert router.tier == "budget"


@pytest.mark.parametrize("bound", [False, True])
def test_a_pickle_says_what_to_send_instead(router, bound):
    """Ray, Dask, Spark and process pools that spawn pickle what they send."""
    runnable = router.bind(stop=["."]) if bound else router
    with pytest.raises(pickle.PicklingError, match=r"to_config\(\).*from_config"):
        pickle.dumps(runnable)
