"""This package's router with a fallback."""

from __future__ import annotations

from asking import URL, measure_model

from langchain_smartroute.bench.contestants import bench_router

measure_model(bench_router({"primary": "instant", "fallback": "other"}, base_url=URL))
