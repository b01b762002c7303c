"""The settings `breaker` and `stuck`: an object, a mapping of its settings, or nothing."""

from __future__ import annotations

from decimal import Decimal

import pytest

from langchain_smartroute.classify import StuckSigns
from langchain_smartroute.errors import ConfigurationError
from langchain_smartroute.execution import CircuitBreaker
from langchain_smartroute.execution.circuit import BreakerSettings
from langchain_smartroute.runnable.making.given import given_breaker, given_signs

both = pytest.mark.parametrize(
    ("given", "kind"),
    [(given_breaker, CircuitBreaker), (given_signs, StuckSigns)],
    ids=["breaker", "signs"],
)


@both
def test_an_object_is_used_as_it_is(given, kind):
    mine = kind()
    assert given(mine) is mine


def test_a_mapping_holds_the_settings_of_one():
    assert given_breaker({"min_calls": 2}).settings == BreakerSettings(min_calls=2)
    assert given_breaker({}).settings == BreakerSettings()
    assert given_signs({"idle_steps": 5}) == StuckSigns(idle_steps=5)


def test_seconds_that_come_from_a_file_add_up_with_a_clocks():
    settings = given_breaker({"open_s": Decimal("2.5")}).settings
    assert settings.open_s + 1.0 == 3.5


@both
@pytest.mark.parametrize("value", [None, False])
def test_none_turns_it_off(given, kind, value):
    assert given(value) is None


@both
@pytest.mark.parametrize("value", [True, 3, "yes", [1]], ids=repr)
def test_anything_else_is_refused(given, kind, value):
    with pytest.raises(ConfigurationError, match=f"{kind.__name__} object, a mapping") as caught:
        given(value)
    assert repr(value) in str(caught.value)


@both
def test_an_unknown_setting_is_refused(given, kind):
    with pytest.raises(ConfigurationError, match="tries"):
        given({"tries": 2})
