"""A stock `ChatOpenAI`, in whichever environment this runs."""

from __future__ import annotations

from asking import URL, measure_model
from langchain_openai import ChatOpenAI

measure_model(
    ChatOpenAI(model="instant", base_url=URL, api_key="none", max_retries=0, stream_usage=True)
)
