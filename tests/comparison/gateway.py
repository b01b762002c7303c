"""The router before a real gateway: the LiteLLM proxy as the one endpoint of all models.

    SMARTROUTE_LITELLM=/path/to/environment/bin/python python tests/comparison/gateway.py

The environment needs `pip install "litellm[proxy]"` (740 MB; it is no dependency). The
proxy forwards two models to the sandbox and makes up the answers and errors of the
others. Printed is what this router makes of each, and the proxy's cost beside ours.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

from langchain_openai import ChatOpenAI

from langchain_smartroute import SmartRouterRunnable
from langchain_smartroute.sandbox import SandboxServer

KEY = "sk-of-the-proxy"
CONFIG = """
model_list:
  - model_name: gpt-4o-mini
    litellm_params: {model: openai/gpt-4o-mini, api_base: URL, api_key: k}
  - model_name: unpriced
    litellm_params: {model: openai/nobody-knows-it, api_base: URL, api_key: k}
  - model_name: gpt-4o
    litellm_params: {model: openai/gpt-4o, api_key: k, mock_response: a made-up answer}
  - model_name: limited
    litellm_params: {model: openai/gpt-4o, api_key: k, mock_response: litellm.RateLimitError}
  - model_name: too-long
    litellm_params:
      {model: openai/gpt-4o, api_key: k, mock_response: litellm.ContextWindowExceededError}
  - model_name: broken
    litellm_params: {model: openai/gpt-4o, api_key: k, mock_response: litellm.InternalServerError}
  - model_name: slow
    litellm_params: {model: openai/gpt-4o, api_key: k, mock_timeout: true, timeout: 1}
router_settings: {num_retries: 0}
general_settings: {master_key: KEY}
"""
HEALTHY = ("gpt-4o-mini", "unpriced", "gpt-4o")
FAULTY = ("limited", "too-long", "broken", "slow")
START_S = 180


@contextmanager
def gateway(python, upstream):
    """Run the proxy; gives its address."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "config.yaml"
        config.write_text(CONFIG.replace("URL", upstream).replace("KEY", KEY), encoding="utf-8")
        command = Path(python).with_name("litellm")
        with (Path(folder) / "log").open("w") as log:
            process = subprocess.Popen(  # noqa: S603 - the environment that was named
                [command, "--config", config, "--host", "127.0.0.1", "--port", str(port)],
                env={**os.environ, "LITELLM_LOCAL_MODEL_COST_MAP": "True"},
                stdout=log,
                stderr=log,
            )
        try:
            url = f"http://127.0.0.1:{port}"
            wait_for(f"{url}/health/liveliness", process)
            yield f"{url}/v1"
        finally:
            process.terminate()
            process.wait(30)


def wait_for(url, process):
    for _ in range(START_S * 2):
        if process.poll() is not None:
            raise SystemExit(f"the proxy ended with {process.returncode}")
        try:
            urllib.request.urlopen(url, timeout=2).close()  # noqa: S310 - of this machine
        except OSError:
            time.sleep(0.5)
        else:
            return
    raise SystemExit("the proxy did not start")


def router_of(url, key=KEY, fallbacks=None):
    models = {
        name: {"model": name, "provider": "openai", "context_window": 8_000}
        for name in (*HEALTHY, *FAULTY)
    }
    models["gpt-4o"]["context_window"] = 128_000
    catalog = {"name": "gateway", "models": models, "default": "gpt-4o-mini"}
    return SmartRouterRunnable.from_catalog(
        catalog=catalog, base_url=url, api_key=key, checks=[], fallbacks=fallbacks or {}
    )


def costs(url):
    """What the proxy says that a call costs, beside what this router says."""
    print("| model | way | proxy | router |\n|---|---|---:|---:|")
    router = router_of(url)
    for name in HEALTHY:
        plain = ChatOpenAI(
            model=name, base_url=url, api_key=KEY, include_response_headers=True, max_retries=0
        )
        headers = plain.invoke("hi").response_metadata["headers"]
        told = headers.get("x-litellm-response-cost")
        proxys = "no header" if told is None else f"{Decimal(told):f}"
        for way in ("invoke", "stream"):
            ours = asked(router, name, way)
            print(f"| {name} | {way} | {proxys if way == 'invoke' else '–'} | {ours} |")


def asked(router, name, way):
    bound = router.with_route(model=name)
    if way == "invoke":
        found = bound.invoke("hi")
    else:
        first, *rest = bound.stream("hi")
        for piece in rest:
            first += piece
        found = first
    usage = found.usage_metadata or {}
    told = found.response_metadata["smartroute"].get("cost")
    return f"{told or 'unknown'} ({usage.get('input_tokens')} + {usage.get('output_tokens')})"


def errors(url):
    """What each error of the proxy is to the client, and what this router does about it."""
    print("\n| fault | status | class | Retry-After | without another | with gpt-4o behind |")
    print("|---|---:|---|---|---|---|")
    for name in (*FAULTY, "a wrong key"):
        key, model = ("sk-wrong", "gpt-4o-mini") if name == "a wrong key" else (KEY, name)
        plain = ChatOpenAI(model=model, base_url=url, api_key=key, max_retries=0, timeout=30)
        status, kind, wait = told(plain)
        alone = ended(router_of(url, key).with_route(model=model))
        chained = ended(router_of(url, key, {model: "gpt-4o"}).with_route(model=model))
        print(f"| {name} | {status} | {kind} | {wait} | {alone} | {chained} |")


def told(model):
    try:
        model.invoke("hi")
    except Exception as error:  # noqa: BLE001 - which one is what is asked
        response = getattr(error, "response", None)
        headers = getattr(response, "headers", {})
        status = getattr(error, "status_code", "–")
        return status, type(error).__name__, headers.get("retry-after", "none")
    return 200, "none", "none"


def ended(router):
    try:
        answer = router.invoke("hi")
    except Exception as error:  # noqa: BLE001 - as above
        attempts = getattr(error, "attempts", ())
        return f"{type(error).__name__}, {max(len(attempts), 1)} attempt(s)"
    attempts = answer.response_metadata["smartroute"]["attempts"]
    return " → ".join(f"{one['model']} {one['outcome']}" for one in attempts)


def main():
    python = os.environ.get("SMARTROUTE_LITELLM")
    if not python:
        raise SystemExit("SMARTROUTE_LITELLM must name the Python of an environment with litellm")
    with SandboxServer() as upstream:
        upstream_models = upstream.base_url
        with gateway(python, upstream_models) as url:
            costs(url)
            errors(url)
    sys.stdout.flush()


if __name__ == "__main__":
    main()
