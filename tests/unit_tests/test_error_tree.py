"""The exception hierarchy, and the attributes of each exception."""

from __future__ import annotations

from decimal import Decimal

import pytest
from langchain_core.exceptions import (
    ContextOverflowError,
    ModelError,
    ModelInvalidRequestError,
    ModelRateLimitError,
    ModelTimeoutError,
)

from langchain_smartroute import Attempt, errors

PARENTS = {
    "ConfigurationError": (errors.SmartRouteError, ValueError),
    "InvalidRequestError": (errors.SmartRouteError, ModelInvalidRequestError, ValueError),
    "NoFeasibleModelError": (errors.SmartRouteError, ModelError),
    "ContextWindowError": (errors.NoFeasibleModelError, ContextOverflowError),
    "SpendLimitExceededError": (errors.SmartRouteError, ModelError),
    "ChainExhaustedError": (errors.SmartRouteError, ModelError),
    "ChainOverflowError": (errors.ChainExhaustedError, ContextOverflowError),
    "ChainRateLimitError": (errors.ChainExhaustedError, ModelRateLimitError),
    "StreamInterruptedError": (errors.SmartRouteError, ModelError),
    "AttemptTimeoutError": (errors.SmartRouteError, ModelTimeoutError, TimeoutError),
    "AnswerTooLongError": (errors.SmartRouteError, ModelError),
    "ForeignRedirectError": (errors.SmartRouteError, ModelError),
    "StorageError": (errors.SmartRouteError,),
    "PriceNotFoundError": (errors.SmartRouteError, LookupError),
}


@pytest.mark.parametrize("name", PARENTS)
def test_an_error_has_exactly_these_parents(name):
    assert getattr(errors, name).__bases__ == PARENTS[name]


def test_every_error_of_the_module_is_in_the_tree():
    assert set(errors.__all__) == {*PARENTS, "SmartRouteError"}
    assert errors.__all__ == sorted(errors.__all__)
    assert errors.SmartRouteError.__bases__ == (Exception,)


@pytest.mark.parametrize("name", ["NoFeasibleModelError", "ChainExhaustedError"])
def test_only_the_special_kinds_are_cores_errors(name):
    general = getattr(errors, name)
    assert not issubclass(general, ContextOverflowError | ModelRateLimitError)


def test_one_fault_is_the_message():
    error = errors.ConfigurationError("tier = 'x': unknown")
    assert str(error) == "tier = 'x': unknown"
    assert error.faults == ("tier = 'x': unknown",)


def test_several_faults_are_counted_and_listed():
    error = errors.ConfigurationError("one", "two")
    assert str(error).splitlines() == ["2 faults:", "  - one", "  - two"]
    assert error.faults == ("one", "two")


def test_an_infeasible_request_lists_the_candidates():
    given = {"a": "cannot read image", "b": "cannot call tools"}
    error = errors.NoFeasibleModelError("no model:", excluded=given)
    assert str(error).splitlines() == [
        "no model:",
        "  - a: cannot read image",
        "  - b: cannot call tools",
    ]
    given.clear()
    assert set(error.excluded) == {"a", "b"}


def test_a_spend_limit_carries_the_ceiling():
    error = errors.SpendLimitExceededError(
        "too dear:", limit_usd=Decimal("0.01"), excluded={"a": "estimate of $1"}
    )
    assert error.limit_usd == Decimal("0.01")
    assert "  - a: estimate of $1" in str(error)


def test_an_exhausted_chain_lists_its_attempts():
    attempts = [
        Attempt(model="a", outcome="failed", reason="TimeoutError"),
        Attempt(model="b", outcome="failed", reason="ValueError"),
    ]
    error = errors.ChainExhaustedError("all failed", attempts=attempts)
    assert error.attempts == tuple(attempts)
    assert str(error).splitlines() == ["all failed", "  - a: TimeoutError", "  - b: ValueError"]
