"""What several requests show together: breakers over time, batches, event loops."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from langchain_core.messages.ai import add_ai_message_chunks

from langchain_smartroute import CostCallbackHandler
from langchain_smartroute.sandbox import Fault

REQUEST = "Explain Monty Hall"
UNAVAILABLE = Fault(kind="status", status=503)


def account(answer):
    return answer.response_metadata["smartroute"]


async def streamed(router, config=None):
    return add_ai_message_chunks(*[c async for c in router.astream(REQUEST, config)])


WAYS = {
    "invoke": lambda router: router.invoke(REQUEST),
    "ainvoke": lambda router: asyncio.run(router.ainvoke(REQUEST)),
    "stream": lambda router: add_ai_message_chunks(*router.stream(REQUEST)),
    "astream": lambda router: asyncio.run(streamed(router)),
}


def test_15_an_outage_and_the_way_back(playground):
    """Fault 15, twelve times as fast: every request is answered, and the primary found again."""
    whole = playground.healthy(REQUEST).text
    outage_s, gap_s, open_s, opens_at = 5.0, 0.35, 1.5, 3

    def live_through(way, source):
        name = f"15/{way}/{source}"
        playground.server.set_fault(
            f"{name}/primary", Fault(kind="status", status=503, for_s=outage_s)
        )
        router = playground.router(
            name, source=source, breaker={"min_calls": opens_at, "open_s": open_s}
        )
        answers, excluded = [], []
        for number in range(20):
            due = time.monotonic() + gap_s
            answer = WAYS[way](router)
            answers.append((account(answer)["model"], answer.text))
            if number == opens_at - 1:
                excluded.append(router.explain(REQUEST).excluded.get("primary"))
            time.sleep(max(0.0, due - time.monotonic()))
        return answers, excluded, playground.seen(f"{name}/primary"), router.health()

    ways = [(way, source) for way in WAYS for source in ("built", "brought")]
    with ThreadPoolExecutor(max_workers=4) as pool:
        lives = list(pool.map(lambda one: live_through(*one), ways))
    for answers, excluded, seen, health in lives:
        assert [text for _, text in answers] == [whole] * 20
        models = [model for model, _ in answers]
        back = models.index("primary")
        assert back >= opens_at
        assert models == ["fallback"] * back + ["primary"] * (20 - back)
        began = seen[0].at_s
        failed = [r.at_s - began for r in seen if r.status == 503]
        # Those that opened it, then one probe for each time that it was open.
        assert len(failed) <= opens_at + outage_s / open_s
        assert "breaker" in excluded[0]
        first_well = next(r.at_s - began for r in seen if r.status == 200)
        assert outage_s <= first_well <= outage_s + open_s + gap_s + 5.0
        assert health["primary"].state == "closed"


@pytest.mark.parametrize("source", ["built", "brought"])
@pytest.mark.parametrize("way", ["ainvoke", "astream"])
async def test_one_probe_whatever_the_concurrency(playground, way, source):
    name = f"probe/{way}/{source}"
    primary = f"{name}/primary"
    playground.server.set_fault(primary, UNAVAILABLE)
    router = playground.router(name, source=source, breaker={"min_calls": 2, "open_s": 1.5})

    async def ask():
        return await (router.ainvoke(REQUEST) if way == "ainvoke" else streamed(router))

    for _ in range(2):
        await ask()
    assert router.health()["primary"].state == "open"
    playground.server.set_fault(primary, Fault(kind="slow_first_token", seconds=0.8))
    await asyncio.sleep(1.6)
    answers = await asyncio.gather(*(ask() for _ in range(16)))
    assert len(playground.seen(primary)) == 2 + 1
    models = sorted(account(answer)["model"] for answer in answers)
    assert models == ["fallback"] * 15 + ["primary"]
    assert router.health()["primary"].state == "closed"


def test_with_every_breaker_open_the_first_to_be_due_is_tried(playground):
    name = "all open"
    for alias in ("primary", "fallback"):
        playground.server.set_fault(f"{name}/{alias}", UNAVAILABLE)
    router = playground.router(name, breaker={"min_calls": 1, "open_s": 30})
    with pytest.raises(Exception, match="candidates failed"):
        router.invoke(REQUEST)
    assert {health.state for health in router.health().values()} == {"open"}
    playground.server.set_fault(f"{name}/primary", None)
    playground.server.set_fault(f"{name}/fallback", None)
    answer = router.invoke(REQUEST)
    assert answer.text == playground.healthy(REQUEST).text


@pytest.mark.parametrize("source", ["built", "brought"])
@pytest.mark.parametrize("way", ["batch", "abatch"])
@pytest.mark.parametrize("keeps", [True, False])
async def test_one_failure_of_a_batch_harms_no_neighbour(playground, runs, way, source, keeps):
    name = f"{way}/{source}/{keeps}"
    refused = Fault(kind="status", status=400, after=2, times=1, message="No.")
    playground.server.set_fault(f"{name}/primary", refused)
    router = playground.router(name, source=source)
    config = {"callbacks": [runs], "max_concurrency": 1}

    async def batch():
        if way == "batch":
            return router.batch([REQUEST] * 5, config, return_exceptions=keeps)
        return await router.abatch([REQUEST] * 5, config, return_exceptions=keeps)

    if keeps:
        third = (answers := await batch()).pop(2)
        whole = playground.healthy(REQUEST).text
        assert [answer.text for answer in answers] == [whole] * 4
        assert type(third).__name__ == "OpenAIInvalidRequestError"
    else:
        with pytest.raises(Exception, match=r"No\.") as caught:
            await batch()
        assert type(caught.value).__name__ == "OpenAIInvalidRequestError"
    assert runs.begun
    assert not runs.open


@pytest.mark.parametrize("way", ["batch", "abatch"])
async def test_one_failure_of_a_structured_batch_harms_no_neighbour(playground, runs, way):
    name = f"structured {way}"
    refused = Fault(kind="status", status=400, after=1, times=1, message="No.")
    playground.server.set_fault(f"{name}/primary", refused)
    structured = playground.router(name).with_structured_output(
        {"title": "Label", "type": "object", "properties": {"label": {"type": "string"}}}
    )
    inputs, config = [REQUEST] * 3, {"callbacks": [runs], "max_concurrency": 1}

    async def batch():
        if way == "batch":
            return structured.batch(inputs, config)
        return await structured.abatch(inputs, config)

    with pytest.raises(Exception, match=r"No\.") as caught:
        await batch()
    assert type(caught.value).__name__ == "OpenAIInvalidRequestError"
    assert len(playground.seen(f"{name}/primary")) == 3
    assert not runs.open


@pytest.mark.parametrize("source", ["built", "brought"])
def test_one_asyncio_run_after_another(playground, runs, source):
    """Each finds connections of its own, also after one that was given up in the middle."""
    name = f"loops/{source}"
    router = playground.router(name, source=source)
    costs = CostCallbackHandler()

    async def both():
        return await asyncio.gather(router.ainvoke(REQUEST), streamed(router))

    async def given_up():
        # Not closed by its reader: the event loop does, at its end.
        async for _ in router.astream(REQUEST, {"callbacks": [costs, runs]}):
            raise TimeoutError

    for _ in range(2):
        for answer in asyncio.run(both()):
            assert [a["outcome"] for a in account(answer)["attempts"]] == ["accepted"]
        with pytest.raises(TimeoutError):
            asyncio.run(given_up())
    assert [record.outcome for record in costs.records] == ["cancelled"] * 2
    assert not runs.open
    playground.server.set_fault(f"{name}/primary", Fault(kind="reset", times=1))
    answers = asyncio.run(both())
    assert {account(answer)["model"] for answer in answers} == {"primary"}
