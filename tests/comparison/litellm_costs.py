"""What LiteLLM charges for calls: reads them as JSON, writes costs as JSON.

Run by `compare_prices.py` in an environment of LiteLLM's own; it is no dependency.
"""

from __future__ import annotations

import json
import os
import sys

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"

from litellm import ModelResponse, Usage, completion_cost
from litellm.types.utils import CompletionTokensDetailsWrapper, PromptTokensDetailsWrapper


def cost(call):
    """The cost of one call in words, or the name of the error."""
    cached, written = call.get("cached", 0), call.get("written", 0)
    usage = Usage(
        prompt_tokens=call["input"],
        completion_tokens=call["output"],
        total_tokens=call["input"] + call["output"],
        prompt_tokens_details=PromptTokensDetailsWrapper(
            cached_tokens=cached, cache_creation_tokens=written
        ),
        completion_tokens_details=CompletionTokensDetailsWrapper(
            reasoning_tokens=call.get("reasoning", 0)
        ),
        cache_creation_input_tokens=written,
        cache_read_input_tokens=cached,
    )
    tier = {"service_tier": call["tier"]} if call.get("tier") else {}
    try:
        found = completion_cost(
            completion_response=ModelResponse(model=call["litellm"], usage=usage),
            model=call["litellm"],
            custom_llm_provider=call.get("litellm_provider"),
            **tier,
        )
    except Exception as error:  # noqa: BLE001 - what it says is the finding
        return type(error).__name__
    return repr(found)


if __name__ == "__main__":
    json.dump([cost(call) for call in json.load(sys.stdin)], sys.stdout)
