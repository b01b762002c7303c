from __future__ import annotations

import json

import httpx
import pytest
from langchain_core.exceptions import ContextOverflowError
from langchain_openai import ChatOpenAI

IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
REMOTE = {"type": "image_url", "image_url": {"url": "https://example.com/cat.png"}}
AUDIO = {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}}
PDF = {
    "type": "file",
    "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBE"},
}
STORED = {"type": "file", "file": {"file_id": "file-1"}}
ASKED = {
    "role": "assistant",
    "content": None,
    "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
}
USER = {"role": "user", "content": "Hello"}
LONG = "All work and no play makes a dull day, said the old man. " * 100
SCHEMA = {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "object"}}}


def with_blocks(*blocks):
    return [{"role": "user", "content": [{"type": "text", "text": "Look"}, *blocks]}]


def test_an_answer_echoes_the_model_and_says_that_it_is_simulated(client):
    answer = client.ask("Hello", seed=1, temperature=2.0, user="x")
    assert answer["object"] == "chat.completion"
    assert answer["model"] == "small"
    assert answer["system_fingerprint"] == "sandbox"
    assert answer["choices"][0]["finish_reason"] == "stop"
    usage = answer["usage"]
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]


def test_the_same_request_has_the_same_answer(client):
    first = client.ask("Write a haiku about rain", temperature=0.0, logprobs=True)
    again = client.ask("Write a haiku about rain", temperature=1.5, logprobs=True, seed=7)
    assert first["choices"] == again["choices"]
    assert first["usage"] == again["usage"]
    assert first["id"] != again["id"]


@pytest.mark.parametrize(
    ("fields", "status", "code", "param"),
    [
        ({"model": "nobody"}, 404, "model_not_found", None),
        ({"model": ""}, 400, None, "model"),
        ({"model": 5}, 400, None, "model"),
        ({"messages": None}, 400, "missing_required_parameter", "messages"),
        ({"messages": []}, 400, "empty_array", "messages"),
        ({"messages": "hi"}, 400, "invalid_type", "messages"),
        ({"messages": ["hi"]}, 400, "invalid_value", "messages[0].role"),
        ({"messages": [{"role": "user", "content": None}]}, 400, None, "messages.[0].content"),
        ({"messages": with_blocks({"type": "smell"})}, 400, "invalid_value", None),
        ({"messages": with_blocks({"type": "image_url"})}, 400, "missing_required_parameter", None),
        ({"messages": with_blocks(IMAGE)}, 400, "unsupported_value", None),
        ({"messages": with_blocks(AUDIO)}, 400, "unsupported_value", None),
        ({"messages": with_blocks(PDF)}, 400, "unsupported_value", None),
        ({"messages": [USER, {"role": "tool", "content": "x"}]}, 400, None, "messages.[1].role"),
        ({"messages": [USER, ASKED]}, 400, None, "messages.[1].role"),
        ({"messages": [USER, ASKED, USER]}, 400, None, "messages.[1].role"),
        (
            {"messages": [USER, {"role": "assistant", "content": "", "tool_calls": [{}]}]},
            400,
            "missing_required_parameter",
            "messages[1].tool_calls",
        ),
        ({"max_tokens": 0}, 400, "integer_below_min_value", "max_tokens"),
        ({"max_tokens": "9"}, 400, "invalid_type", "max_tokens"),
        ({"n": True}, 400, "invalid_type", "n"),
        ({"model": "terse", "max_tokens": 5}, 400, "invalid_value", "max_tokens"),
        ({"tools": [{"type": "function"}]}, 400, "missing_required_parameter", None),
        ({"tool_choice": "required"}, 400, None, "tool_choice"),
        ({"response_format": {"type": "xml"}}, 400, "invalid_value", "response_format.type"),
        ({"response_format": {"type": "json_schema"}}, 400, "missing_required_parameter", None),
        ({"model": "plain", "response_format": SCHEMA}, 400, None, "response_format"),
        (
            {"model": "plain", "response_format": {"type": "json_object"}},
            400,
            None,
            "response_format",
        ),
    ],
)
def test_a_bad_request_is_refused_as_openai_refuses_it(client, fields, status, code, param):
    body = {"model": "small", "messages": [USER], **fields}
    response = client.http.post("/chat/completions", json=body)
    error = response.json()["error"]
    assert (response.status_code, error["code"]) == (status, code)
    assert error["type"] == "invalid_request_error"
    assert error["message"]
    assert param is None or error["param"] == param


def test_tools_need_a_model_with_tools(client):
    tools = [{"type": "function", "function": {"name": "f"}}]
    status, error = client.error("Hello", model="plain", tools=tools)
    assert (status, error["param"]) == (400, "tools")
    choice = {"type": "function", "function": {"name": "g"}}
    status, error = client.error("Hello", tools=tools, tool_choice=choice)
    assert (status, error["param"]) == (400, "tool_choice")


@pytest.mark.parametrize("raw", [b"{", b"[1]", b"", b"\xff\xfe", b"[" * 100_000])
def test_a_body_that_is_no_json_object_is_refused(client, raw):
    response = client.http.post("/chat/completions", content=raw)
    assert response.status_code == 400
    assert response.json()["error"]["type"] == "invalid_request_error"


def test_an_unknown_path_or_method_is_a_json_404(client):
    for method, path in [("GET", "/nope"), ("POST", "/embeddings"), ("PUT", "/chat/completions")]:
        response = client.http.request(method, path)
        assert response.status_code == 404
        assert path in response.json()["error"]["message"]


def test_a_body_without_a_length_is_refused(client):
    response = client.http.post("/chat/completions", content=iter([b"{}"]))
    assert response.status_code == 411


def test_tool_results_in_order_are_accepted(client):
    done = {"role": "tool", "tool_call_id": "c1", "content": "It's sunny."}
    assert "It's sunny." in client.text([USER, ASKED, done])


def test_a_multimodal_model_describes_attachments(client):
    text = client.text(with_blocks(IMAGE, AUDIO, PDF, REMOTE, STORED), model="seeing")
    for expected in ("image/png (8 bytes)", "audio/wav (4 bytes)", "application/pdf (3 bytes)"):
        assert expected in text
    assert text.count("by reference") == 2


def test_an_image_has_a_fixed_number_of_prompt_tokens(client):
    without = client.ask(with_blocks(), model="seeing")["usage"]["prompt_tokens"]
    with_image = client.ask(with_blocks(IMAGE), model="seeing")["usage"]["prompt_tokens"]
    assert with_image - without == 85


def test_a_prompt_that_is_too_long_is_refused_in_openais_words(client, sandbox):
    status, error = client.error("word " * 100, model="narrow")
    assert (status, error["code"]) == (400, "context_length_exceeded")
    assert "exceed the configured limit of 50 tokens" in error["message"]
    _, error = client.error("Hello", model="narrow", max_tokens=60)
    assert "60 in the completion" in error["message"]
    model = ChatOpenAI(model="narrow", base_url=sandbox.base_url, api_key="x", max_retries=0)
    with pytest.raises(ContextOverflowError):
        model.invoke("word " * 100)


def test_the_answer_ends_at_max_tokens(client):
    for name in ("max_tokens", "max_completion_tokens"):
        answer = client.ask("Explain Monty Hall", **{name: 3})
        assert answer["choices"][0]["finish_reason"] == "length"
        assert answer["usage"]["completion_tokens"] == 3
    answer = client.ask("Explain Monty Hall", model="terse")
    assert answer["usage"]["completion_tokens"] == 4


def test_the_answer_ends_before_a_stop_sequence(client):
    whole = client.text("Hello")
    assert client.text("Hello", stop=["help"]) == whole[: whole.index("help")]
    assert client.text("Hello", stop="today") == whole[: whole.index("today")]
    assert client.text("Hello", stop=["xyz", ""]) == whole


def test_n_choices_are_given_and_counted(client):
    one, three = client.ask("Hello"), client.ask("Hello", n=3)
    assert [choice["index"] for choice in three["choices"]] == [0, 1, 2]
    tokens = [answer["usage"]["completion_tokens"] for answer in (one, three)]
    assert tokens[1] == 3 * tokens[0]


def test_logprobs_cover_the_answer_token_by_token(client):
    choice = client.ask("Hello", logprobs=True, top_logprobs=3)["choices"][0]
    tokens = choice["logprobs"]["content"]
    assert "".join(token["token"] for token in tokens) == choice["message"]["content"]
    for token in tokens:
        assert token["logprob"] <= 0
        ranked = [other["logprob"] for other in token["top_logprobs"]]
        assert ranked == sorted(ranked, reverse=True)
        assert len(ranked) == 3
    assert client.ask("Hello")["choices"][0]["logprobs"] is None


def test_a_reasoning_model_shows_and_counts_its_reasoning(client):
    answer = client.ask("What is 2 + 3?", model="thinker")
    assert answer["choices"][0]["message"]["reasoning_content"]
    usage = answer["usage"]
    reasoning = usage["completion_tokens_details"]["reasoning_tokens"]
    assert 0 < reasoning < usage["completion_tokens"]
    short = client.ask("What is 2 + 3?", model="thinker", max_tokens=2)["choices"][0]
    assert (short["message"]["content"], short["finish_reason"]) == ("", "length")


def test_a_long_prefix_is_cached_for_its_model_only(client):
    def cached(messages, model="small"):
        usage = client.ask(messages, model=model)["usage"]
        return usage["prompt_tokens_details"]["cached_tokens"], usage["prompt_tokens"]

    system = {"role": "system", "content": LONG}
    assert cached([system, USER])[0] == 0
    again, prompt = cached([system, {"role": "user", "content": "Another question"}])
    assert 1024 <= again < prompt
    assert again % 128 == 0
    assert cached([system, USER], model="thinker")[0] == 0
    assert cached([USER]) == (0, cached([USER])[1])
    client.sandbox.reset()
    assert cached([system, USER])[0] == 0


def test_the_cache_forgets_the_oldest_prefixes():
    from langchain_smartroute.sandbox.chat_request import Message
    from langchain_smartroute.sandbox.tokens import PromptCache

    cache = PromptCache()
    first = [Message(role="user", text="0" + "x" * 5000)]
    assert cache.read("m", first) == 0
    assert cache.read("m", first) >= 1024
    for number in range(1, 4097):
        cache.read("m", [Message(role="user", text=f"{number}" + "x" * 5000)])
    assert cache.read("m", first) == 0


def test_any_name_is_a_model_when_none_are_given():
    from langchain_smartroute.sandbox import SandboxServer

    with SandboxServer() as server:
        body = {"model": "made-up", "messages": [USER]}
        answer = httpx.post(server.base_url + "/chat/completions", json=body).json()
        assert answer["model"] == "made-up"
        assert httpx.get(server.base_url + "/models").json()["data"] == []


@pytest.mark.parametrize(
    "text", ["你好" * 20, "مرحبا بالعالم", "\ud800 lone", "🙂" * 9, "\n\t ", "0"]
)
def test_any_text_is_counted_and_answered(client, text):
    body = {"model": "small", "messages": [{"role": "user", "content": text}]}
    answer = client.http.post("/chat/completions", content=json.dumps(body)).json()
    assert answer["choices"][0]["message"]["content"]
    assert answer["usage"]["prompt_tokens"] > 0


def test_a_chinese_character_counts_as_a_token():
    from langchain_smartroute.sandbox.tokens import count_tokens

    assert count_tokens("天气预报") == 4
    assert count_tokens("abcd" * 10) == 10
    assert count_tokens("天气 abc") == 3
    assert count_tokens("") == 0
