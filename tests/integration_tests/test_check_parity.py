"""One table: what every built-in check rejects ends alike in every way of calling.

The answers come over HTTP from a server that says exactly what a case tells it to, so
that what a client drops on the way (a field of a stream, say) shows up here. Whole
calls must agree under both stream policies and with buffered streams; streams that are
passed on from their first token must agree where nothing is rejected after release.
"""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import AIMessage
from langchain_core.tools import tool
from pydantic import BaseModel
from ways import abatched, ainvoked, astreamed, batched, invoked, streamed

from langchain_smartroute import CostCallbackHandler, SmartRouterRunnable
from langchain_smartroute.execution.checks import default_checks

# ---- a server that says what it is told -------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Said:
    """One answer on the wire."""

    text: str | None = None
    finish_reason: str = "stop"
    refusal: str | None = None
    calls: tuple[tuple[str, str], ...] = ()
    status: int = 200

    @property
    def usage(self):
        words = len((self.text or "").split())
        return {"prompt_tokens": 50, "completion_tokens": words, "total_tokens": 50 + words}

    def _calls(self):
        return [
            {"index": n, "id": f"call-{n}", "type": "function"}
            | {"function": {"name": name, "arguments": arguments}}
            for n, (name, arguments) in enumerate(self.calls)
        ]

    def whole(self, model):
        message = {"role": "assistant", "content": self.text, "refusal": self.refusal}
        if self.calls:
            message["tool_calls"] = self._calls()
        choice = {"index": 0, "message": message, "finish_reason": self.finish_reason}
        frame = {"id": "c-1", "object": "chat.completion", "created": 1, "model": model}
        return json.dumps(frame | {"choices": [choice], "usage": self.usage})

    def events(self, model):
        frame = {"id": "c-1", "object": "chat.completion.chunk", "created": 1, "model": model}
        deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
        deltas += [{"content": piece} for piece in _pieces(self.text or "")]
        if self.refusal is not None:
            deltas += [{"refusal": piece} for piece in _pieces(self.refusal)]
        deltas += [{"tool_calls": [call]} for call in self._calls()]
        choices = [{"index": 0, "delta": delta, "finish_reason": None} for delta in deltas]
        choices.append({"index": 0, "delta": {}, "finish_reason": self.finish_reason})
        events = [frame | {"choices": [choice]} for choice in choices]
        events.append(frame | {"choices": [], "usage": self.usage})
        return "".join(f"data: {json.dumps(event)}\n\n" for event in events) + "data: [DONE]\n\n"


def _pieces(text):
    middle = len(text) // 2
    return [piece for piece in (text[:middle], text[middle:]) if piece]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        said = self.server.script[asked["model"]]
        self.server.asked.append(asked["model"])
        if said.status != 200:
            self._send(said.status, "application/json", '{"error": {"message": "told to fail"}}')
        elif asked.get("stream"):
            self._send(200, "text/event-stream", said.events(asked["model"]))
        else:
            self._send(200, "application/json", said.whole(asked["model"]))

    def _send(self, status, kind, body):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body.encode())))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *args):
        """Say nothing."""


@pytest.fixture(scope="module")
def server():
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as running:
        running.daemon_threads = True
        running.script, running.asked = {}, []
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


# ---- the table --------------------------------------------------------------------------


@tool
def get_weather(city: str) -> str:
    """Get the weather in a city."""
    return f"Sunny in {city}"


class Person(BaseModel):
    """A person."""

    name: str
    age: int


CODE = "Write a Python function to merge sort an array"
SUM = "What is 17 * 23? Solve the equation step by step."
HELLO = "Hello there"
WHO = "Extract the person: Ada, 36"
GOOD = Said(text="Here it is, complete:\n```python\ndef merge_sort(a):\n    return sorted(a)\n```")
ADA = '{"name": "Ada", "age": 36}'
LESS = '{"name": "Ada"}'


@dataclass(frozen=True, kw_only=True)
class Case:
    """A weak answer and what is to be said of it.

    `early`: nothing has been shown when it is known. `empty`: nothing is there at all,
    which counts as a failure, so that anybody may follow.
    """

    weak: Said
    reason: str
    request: str = HELLO
    good: Said = GOOD
    tools: bool = False
    schema: dict[str, Any] = field(default_factory=dict)
    early: bool = False
    empty: bool = False


def schema_case(method, *, include_raw):
    calling = method == "function_calling"
    weak = Said(calls=(("Person", LESS),)) if calling else Said(text=LESS)
    good = Said(calls=(("Person", ADA),)) if calling else Said(text=ADA)
    schema = {"method": method, "include_raw": include_raw}
    return Case(weak=weak, good=good, request=WHO, schema=schema, reason="schema")


FILTERED = {"finish_reason": "content_filter"}
CASES = {
    "placeholder": Case(
        request=CODE,
        weak=Said(text="```python\ndef merge_sort(a):\n    # TODO: implement\n    pass\n```"),
        reason="placeholder: TODO",
    ),
    "python that does not parse": Case(
        request=CODE,
        weak=Said(text="```python\ndef merge_sort(a:\n    return a\n```"),
        reason="python does not parse",
    ),
    "json that does not parse": Case(
        request="Write a JSON config file for a Python script",
        weak=Said(text='```json\n{"a": 1,,}\n```'),
        reason="json does not parse",
    ),
    "uncertain": Case(
        request=SUM, weak=Said(text="I'm not entirely sure, but it is 391."), reason="uncertain"
    ),
    "empty": Case(weak=Said(text=""), reason="empty", early=True, empty=True),
    "no content": Case(weak=Said(text=None), reason="empty", early=True, empty=True),
    "white space": Case(weak=Said(text=" \n "), reason="empty"),
    "cut off": Case(
        weak=Said(text="Once upon a", finish_reason="length"), reason="finish_reason length"
    ),
    "filtered with content": Case(
        weak=Said(text="Once upon a", **FILTERED), reason="finish_reason content_filter"
    ),
    "filtered without content": Case(
        weak=Said(text="", **FILTERED), reason="content_filter", early=True
    ),
    "refusal field": Case(
        weak=Said(refusal="I can't help with that."), reason="refusal", early=True
    ),
    "refusal text": Case(
        weak=Said(text="I'm sorry, but I can't help with that."), reason="refusal"
    ),
    "tool arguments that are cut off": Case(
        weak=Said(calls=(("get_weather", '{"city": "Par'),), finish_reason="tool_calls"),
        good=Said(calls=(("get_weather", '{"city": "Paris"}'),), finish_reason="tool_calls"),
        request="What's the weather in Paris?",
        tools=True,
        reason="tool arguments do not parse",
    ),
    "tool arguments that are no JSON": Case(
        weak=Said(calls=(("get_weather", "city=Paris"),), finish_reason="tool_calls"),
        good=Said(calls=(("get_weather", '{"city": "Paris"}'),), finish_reason="tool_calls"),
        request="What's the weather in Paris?",
        tools=True,
        reason="tool arguments do not parse",
    ),
    "tool arguments that do not fit": Case(
        weak=Said(calls=(("get_weather", '{"town": "Paris"}'),), finish_reason="tool_calls"),
        good=Said(calls=(("get_weather", '{"city": "Paris"}'),), finish_reason="tool_calls"),
        request="What's the weather in Paris?",
        tools=True,
        reason="tool arguments do not fit",
    ),
    "schema not met, json_schema, raw": schema_case("json_schema", include_raw=True),
    "schema not met, json_mode, raw": schema_case("json_mode", include_raw=True),
    "schema not met, function_calling, raw": schema_case("function_calling", include_raw=True),
    "schema not met, json_schema": schema_case("json_schema", include_raw=False),
    "schema not met, json_mode": schema_case("json_mode", include_raw=False),
    "schema not met, function_calling": schema_case("function_calling", include_raw=False),
}
CHECKS = {"placeholder", "code", "uncertainty", "empty", "length", "filter", "refusal"}
UNAVAILABLE = Said(status=504)


WHOLE = (invoked, ainvoked, batched, abatched)
STREAMS = (streamed, astreamed)


class Settled(BaseCallbackHandler):
    run_inline = True

    def __init__(self):
        self.attempts = ()

    def on_settled(self, decision_id, attempts):
        self.attempts = tuple(attempts)


PRICE = {
    "input_usd_per_mtok": "2",
    "output_usd_per_mtok": "8",
    "source": "a test",
    "date": "2026-11-23",
}
TASKS = ("code", "classification", "reasoning", "math", "extraction", "general")


@pytest.fixture(scope="module")
def table(server):
    return Table(server)


class Table:
    """Calls made over one server, each kind once."""

    def __init__(self, server):
        self._server = server
        self._routers = {}
        self._outcomes = {}

    async def outcome(self, name, ending, way, policy):
        """The result of a weak answer with a given ending."""
        key = (name, ending, way, policy)
        if key not in self._outcomes:
            case, (priors, other) = CASES[name], ENDINGS[ending]
            script = dict.fromkeys(priors, other or case.good) | {"weak": case.weak}
            self._outcomes[key] = await self.call(case, way, policy, script=script, priors=priors)
        return self._outcomes[key]

    async def call(self, case, way, policy, *, script, priors):
        """What a call ends with, as plain values without ids and times."""
        self._server.script.clear()
        self._server.script.update(script)
        self._server.asked.clear()
        runnable: Any = self._router(policy, priors)
        if case.tools:
            runnable = runnable.bind_tools([get_weather])
        elif case.schema:
            runnable = runnable.with_structured_output(Person, **case.schema)
        costs, settled = CostCallbackHandler(baseline=None), Settled()
        outcome: dict[str, Any] = {}
        try:
            answer = await way(runnable, case.request, {"callbacks": [costs, settled]})
        except Exception as error:  # noqa: BLE001 - which error it is, is the outcome
            outcome["error"] = type(error).__name__
        else:
            outcome |= _plain(answer)
        outcome["attempts"] = [(a.model, a.outcome, a.reason, a.cost_usd) for a in settled.attempts]
        outcome["records"] = [
            (r.alias, r.outcome, r.usage, r.cost_usd, r.task, r.attempt) for r in costs.records
        ]
        outcome["asked"] = list(self._server.asked)
        return outcome

    def _router(self, policy, priors):
        key = (policy, *priors.items())
        if key not in self._routers:
            catalog = {
                "models": {
                    alias: {"prices": [PRICE], "quality": dict.fromkeys(TASKS, prior)}
                    for alias, prior in priors.items()
                },
                "routes": dict.fromkeys(TASKS, next(iter(priors))),
            }
            url = f"http://127.0.0.1:{self._server.server_port}/v1"
            self._routers[key] = SmartRouterRunnable.from_catalog(
                catalog=catalog,
                base_url=url,
                api_key="none",
                stream_policy=policy,
                timeout=5,
                breaker=None,
            )
        return self._routers[key]


def _plain(answer):
    raw, outcome = answer, {}
    if isinstance(answer, dict):
        raw = answer["raw"]
        outcome = {"parsed": answer.get("parsed"), "failed": answer.get("parsing_error") is None}
    if not isinstance(raw, AIMessage):
        return {"parsed": raw}
    told = raw.response_metadata["smartroute"]
    return outcome | {
        "text": raw.text,
        "tool_calls": [(call["name"], call["args"]) for call in raw.tool_calls],
        "invalid_tool_calls": [(c["name"], c["args"]) for c in raw.invalid_tool_calls],
        "usage": raw.usage_metadata,
        "told": {k: told[k] for k in ("model", "route", "task", "difficulty", "tier", "reason")},
        "told_attempts": [
            (a["model"], a["outcome"], a["reason"], a["cost"]) for a in told["attempts"]
        ],
        "cost": told["cost"],
        "unmet_checks": told["unmet_checks"],
        "failed_checks": told["failed_checks"],
    }


def differences(outcomes):
    """Method of calling → differences to the first method."""
    first, *_ = outcomes.values()
    return {
        way: {
            key: (first.get(key), outcome.get(key))
            for key in first.keys() | outcome.keys()
            if first.get(key) != outcome.get(key)
        }
        for way, outcome in outcomes.items()
        if outcome != first
    }


ENDINGS = {
    "the stronger one answers well": ({"weak": 0.5, "strong": 0.9}, None),
    "the stronger one fails": ({"weak": 0.5, "strong": 0.9}, UNAVAILABLE),
    "nobody is stronger": ({"weak": 0.5, "other": 0.5}, None),
    "nobody else is there": ({"weak": 0.5}, None),
}

COMPARED = list(ENDINGS)[:3]

# The openai client warns of its own field `parsed`.
quiet = pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")


UNREADABLE = "schema not met, json_schema, raw"
"""The openai client raises before LangChain has a raw answer to give."""


@quiet
@pytest.mark.parametrize("ending", COMPARED)
@pytest.mark.parametrize("name", CASES)
async def test_a_weak_answer_ends_alike_in_every_way_of_calling(table, name, ending):
    singly = ending != COMPARED[0]
    ways = [(way, "buffer") for way in (*(WHOLE[:2] if singly else WHOLE), *STREAMS)]
    ways.append((invoked, "first_token"))
    outcomes = {
        f"{way.__name__}, {policy}": await table.outcome(name, ending, way, policy)
        for way, policy in ways
    }
    assert differences(outcomes) == {}


@pytest.mark.parametrize("ending", COMPARED)
@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.early])
async def test_what_is_known_before_release_ends_alike_in_first_token_streams(table, name, ending):
    outcomes = {
        way.__name__: await table.outcome(name, ending, way, "first_token")
        for way in (invoked, *STREAMS)
    }
    assert differences(outcomes) == {}


def _distinct(cases):
    """One case for each thing that is asked for."""
    seen: dict[str, str] = {}
    for name, case in cases.items():
        seen.setdefault(repr((case.request, case.good, case.schema)), name)
    return list(seen.values())


@quiet
@pytest.mark.parametrize("failing", [False, True], ids=["at once", "after a failure"])
@pytest.mark.parametrize("name", _distinct(CASES))
async def test_where_nothing_is_rejected_every_way_and_policy_ends_alike(table, name, failing):
    case = CASES[name]
    script = {"weak": UNAVAILABLE if failing else case.good, "strong": case.good}
    outcomes = {
        f"{way.__name__}, {policy}": await table.call(
            case, way, policy, script=script, priors={"weak": 0.5, "strong": 0.9}
        )
        for policy, ways in (("buffer", (invoked, *STREAMS)), ("first_token", (ainvoked, *STREAMS)))
        for way in ways
    }
    assert differences(outcomes) == {}
    attempts = [(model, outcome) for model, outcome, *_ in outcomes["invoked, buffer"]["attempts"]]
    expected = [("weak", "failed"), ("strong", "accepted")] if failing else [("weak", "accepted")]
    assert attempts == expected


# ---- and what it ends with --------------------------------------------------------------

LOSES = [name for name, case in CASES.items() if case.schema.get("include_raw") is False]
"""Where no object could be made nothing is left to return, so the call ends in an error."""


@quiet
@pytest.mark.parametrize("name", [name for name in CASES if name != UNREADABLE])
async def test_a_weak_answer_gives_way_to_a_stronger_candidate(table, name):
    outcome = await table.outcome(name, "the stronger one answers well", invoked, "buffer")
    (weak, said, reason, _), *rest = outcome["attempts"]
    assert weak == "weak"
    assert said in ({"rejected", "failed"} if CASES[name].empty or name in LOSES else {"rejected"})
    assert CASES[name].reason in reason
    assert [(model, said) for model, said, *_ in rest] == [("strong", "accepted")]
    assert outcome.get("unmet_checks", []) == outcome.get("failed_checks", []) == []
    assert [outcome for _, outcome, *_ in outcome["records"]] == [said, "accepted"]


@quiet
@pytest.mark.parametrize("ending", [e for e in ENDINGS if e != "the stronger one answers well"])
@pytest.mark.parametrize("name", [n for n in CASES if n not in (*LOSES, UNREADABLE)])
async def test_a_weak_answer_without_a_better_one_is_returned_and_marked(table, name, ending):
    case = CASES[name]
    if case.empty and ending == "nobody is stronger":
        pytest.skip("an empty answer is a failed attempt: anybody may follow")
    outcome = await table.outcome(name, ending, invoked, "buffer")
    fails = ending == "the stronger one fails"
    asked = [("weak", "accepted"), *([("strong", "failed")] if fails else [])]
    assert outcome["asked"] == [model for model, _ in asked]
    assert outcome["text"].strip() == (case.weak.text or "").strip()
    assert outcome["told"]["model"] == "weak"
    assert case.reason in str(outcome["unmet_checks"])
    said = [(model, said) for model, said, *_ in outcome["told_attempts"]]
    # An empty answer stays a failed attempt, whoever it is returned to.
    assert said == asked or (case.empty and said == [("weak", "failed"), *asked[1:]])
    assert [outcome for _, outcome, *_ in outcome["records"]] == [outcome for _, outcome in said]


@quiet
@pytest.mark.parametrize("name", LOSES)
async def test_an_answer_that_misses_its_schema_may_go_to_any_candidate(table, name):
    """There is no object to return, so it is a failure: even a weaker model may have one."""
    case = CASES[name]
    script = {"first": case.weak, "lower": case.good}
    priors = {"first": 0.5, "lower": 0.3}
    outcome = await table.call(case, invoked, "buffer", script=script, priors=priors)
    assert outcome["asked"] == ["first", "lower"]


@quiet
@pytest.mark.parametrize("way", [invoked, streamed], ids=lambda way: way.__name__)
@pytest.mark.parametrize("name", CASES)
async def test_the_account_and_the_records_name_the_same_cost_of_each_attempt(table, name, way):
    """Parsed output has no usage of its own: what it cost is unknown to the account."""
    outcome = await table.outcome(name, "the stronger one answers well", way, "buffer")
    told = [cost for *_, cost in outcome["attempts"]]
    recorded = [cost for *_, cost, _, _ in outcome["records"]]
    assert [cost for cost in told if cost is not None] == [
        cost for cost, known in zip(recorded, told, strict=True) if known is not None
    ]


def test_the_table_has_every_built_in_check_that_needs_no_setting():
    names = {check.name for check in default_checks()}
    assert names == CHECKS | {"tool-arguments"}
