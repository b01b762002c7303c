"""One worker of several that learn: a router by predicted quality, told what to do by line.

    python learners.py STATE BASE_URL

Reads commands (JSON lists) and answers each with one line of JSON: `["score", N, SCORE]`
makes N calls and scores each answer, `["hear"]` takes over what others have learned,
`["known"]` gives how many scores are known and their sum, `["predicted"]` what is expected
of the model.
"""

from __future__ import annotations

import json
import sys

from langchain_smartroute import ModelSpec, SmartRouterRunnable


def router_on(state, base_url):
    return SmartRouterRunnable.from_models(
        {"small": ModelSpec(alias="small", base_url=base_url)},
        default="small",
        policy="quality",
        state=state,
        checks=[],
        classifier=lambda text: "code",
        connect_timeout_s=30,
        first_token_timeout_s=30,
    )


def main():
    router = router_on(*sys.argv[1:])

    def score(count, value):
        for _ in range(count):
            answer = router.invoke("write a loop")
            decision = answer.response_metadata["smartroute"]["decision_id"]
            router.feedback(decision, score=value)
        return count

    def known():
        tallies = router.predictor.tallies("small", "code").values()
        return [sum(t.scores for t in tallies), sum(t.total for t in tallies)]

    does = {
        "score": score,
        "hear": router.predictor.sharing.tell,
        "known": known,
        "predicted": lambda: dict(router.explain("write a loop").predicted).get("small"),
    }
    for line in sys.stdin:
        name, *given = json.loads(line)
        print(json.dumps(does[name](*given)), flush=True)  # noqa: T201 - its answers


if __name__ == "__main__":
    main()
