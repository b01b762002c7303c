"""Every kind of shared state, one after the other."""

from __future__ import annotations

import pytest

from langchain_smartroute.state import MemoryState
from langchain_smartroute.state.redis import RedisState
from langchain_smartroute.state.sql import SqlState


@pytest.fixture
def new_state(request):
    """Makes a state of a kind, as each process of a deployment does."""
    made = []

    def make(kind, **settings):
        if kind == "memory":
            return MemoryState(**settings)
        if kind == "redis":
            state = RedisState(request.getfixturevalue("redis_url"), **settings)
        else:
            name = "sqlite_url" if kind == "sqlite" else "postgres_url"
            state = SqlState(request.getfixturevalue(name), **{"timeout_s": 30, **settings})
        made.append(state)
        return state

    yield make
    for state in made:
        state.close()


@pytest.fixture(params=["memory", "redis", "sqlite", "postgresql"])
def state(request, new_state):
    """A state of each kind."""
    return new_state(request.param)
