"""LiteLLM's Router with a fallback, without retries."""

from __future__ import annotations

import os

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # else it is fetched from the network

import litellm
from asking import PROMPT, URL, measure

litellm.telemetry = False
router = litellm.Router(
    model_list=[
        {
            "model_name": name,
            "litellm_params": {"model": "openai/instant", "api_base": URL, "api_key": "none"},
        }
        for name in ("primary", "fallback")
    ],
    fallbacks=[{"primary": ["fallback"]}],
    num_retries=0,
)
ASKED = {"model": "primary", "messages": [{"role": "user", "content": PROMPT}]}


async def whole():
    return (await router.acompletion(**ASKED)).choices[0].message.content


async def pieces():
    stream = await router.acompletion(**ASKED, stream=True, stream_options={"include_usage": True})
    texts = [chunk.choices[0].delta.content or "" async for chunk in stream if chunk.choices]
    return "".join(texts)


measure(whole, pieces)
