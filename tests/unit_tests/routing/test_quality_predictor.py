"""What a predictor learns from scores: little from few of them, and nothing from noise."""

from __future__ import annotations

import json
import random

import pytest

from langchain_smartroute import ConfigurationError, ModelSpec, QualityPredictor, RequestFeatures
from langchain_smartroute.routing.evidence import Tally
from langchain_smartroute.routing.outlook import PRIOR_WEIGHT, Outlook

LEVELS = ("easy", "medium", "hard")


def predicted(predictor, *, text="", task="math", difficulty="medium", specs=("a", "b")):
    models = {s.alias: s for s in map(as_spec, specs)}
    features = RequestFeatures(text=text, task=task, difficulty=difficulty)
    return Outlook(predictor, models).predict(features).by_alias


def as_spec(value):
    return value if isinstance(value, ModelSpec) else ModelSpec(alias=value)


def rows_of(prompts, scores, tasks=None):
    """Long rows out of prompts and alias → scores."""
    rows = [
        (prompt, alias, given[at], tasks[at] if tasks else "math")
        for at, prompt in enumerate(prompts)
        for alias, given in scores.items()
    ]
    return [list(column) for column in zip(*rows, strict=True)]


def fitted(prompts, scores, tasks=None, **more):
    texts, models, values, kinds = rows_of(prompts, scores, tasks)
    return QualityPredictor.fit(texts, models, values, tasks=kinds, **more)


def numbered(count):
    chance = random.Random(7)  # noqa: S311 - made-up data
    words = ("river", "stone", "lamp", "garden", "music", "paper", "window", "engine")
    return [f"{' '.join(chance.choices(words, k=9))} {at}" for at in range(count)]


def test_with_nothing_learned_the_catalogs_priors_are_all_that_is_known():
    specs = [
        ModelSpec(alias="a", quality={"math": 0.7}),
        ModelSpec(alias="b", quality={"general": 0.6}),
        ModelSpec(alias="c"),
    ]
    assert predicted(QualityPredictor(), specs=specs) == {"a": 0.7, "b": 0.6}


def test_feedback_moves_a_prior_by_how_much_it_is_worth():
    predictor = QualityPredictor()
    spec = ModelSpec(alias="a", quality={"math": 0.8})
    for _ in range(8):
        predictor.learn("a", task="math", difficulty="hard", score=0.0)
    task = 0.8 * PRIOR_WEIGHT / (PRIOR_WEIGHT + 8)
    assert predicted(predictor, specs=[spec])["a"] == pytest.approx(task)
    hard = predicted(predictor, specs=[spec], difficulty="hard")["a"]
    assert hard == pytest.approx(task * 20 / 28)
    assert predicted(predictor, specs=[spec], task="code") == {}


def test_a_model_known_by_feedback_alone_begins_in_the_middle():
    predictor = QualityPredictor()
    predictor.learn("a", task="math", difficulty="easy", score=1.0)
    assert predicted(predictor, specs=["a"])["a"] == pytest.approx(2 / 3)


def test_many_rows_are_believed():
    prompts = numbered(400)
    scores = {"a": [float(i % 10 < 9) for i in range(400)], "b": [float(i % 2) for i in range(400)]}
    found = predicted(fitted(prompts, scores))
    assert found["a"] == pytest.approx(0.9, abs=0.01)
    assert found["b"] == pytest.approx(0.5, abs=0.01)


def test_few_rows_do_not_separate_models():
    """Twenty-nine equal models and five prompts: the luckiest is not the best."""
    chance = random.Random(3)  # noqa: S311 - made-up data
    scores = {f"m{i:02}": [float(chance.random() < 0.5) for _ in range(5)] for i in range(29)}
    found = predicted(fitted(numbered(5), scores), specs=list(scores))
    raw = [sum(given) / 5 for given in scores.values()]
    assert max(raw) - min(raw) >= 0.6
    assert max(found.values()) - min(found.values()) < 0.15


def test_few_rows_are_drawn_towards_the_priors():
    priors = {"a": {"math": 0.9}, "b": {"math": 0.5}}
    found = predicted(fitted(["one", "two"], {"a": [0.0, 1.0], "b": [1.0, 0.0]}, priors=priors))
    assert found["a"] - found["b"] > 0.3


def test_tasks_are_told_apart_where_the_data_does():
    kinds = ["math", "code"] * 150
    scores = {
        "a": [1.0 if kind == "math" else 0.2 for kind in kinds],
        "b": [0.2 if kind == "math" else 1.0 for kind in kinds],
    }
    predictor = fitted(numbered(300), scores, kinds)
    at_math, at_code = (predicted(predictor, task=task) for task in ("math", "code"))
    assert at_math["a"] > 0.9
    assert at_math["b"] < 0.3
    assert at_code["b"] > 0.9
    assert at_code["a"] < 0.3


def test_difficulties_are_told_apart_where_they_are_given():
    levels = [LEVELS[at % 3] for at in range(300)]
    scores = {"a": [1.0 - 0.4 * (at % 3) for at in range(300)], "b": [0.9] * 300}
    texts, models, values, kinds = rows_of(numbered(300), scores)
    difficulties = [level for level in levels for _ in scores]
    predictor = QualityPredictor.fit(texts, models, values, tasks=kinds, difficulties=difficulties)
    easy, hard = (predicted(predictor, difficulty=level) for level in ("easy", "hard"))
    assert easy["a"] > easy["b"]
    assert hard["a"] < 0.4
    assert hard["b"] > 0.8


def two_kinds(count, *, follows):
    """Prompts of two kinds of words; where scores follow them each model is good at one."""
    chance = random.Random(5)  # noqa: S311 - made-up data
    prompts, scores = [], {"a": [], "b": []}
    for at in range(count):
        kind = at % 2
        words = ("integral", "matrix") if kind else ("tenant", "contract")
        prompts.append(f"{chance.choice(words)} {chance.choice(words)} question {at}")
        good = kind if follows else int(chance.random() < 0.5)
        scores["a"].append(float(chance.random() < (0.9 if good else 0.3)))
        scores["b"].append(float(chance.random() < (0.3 if good else 0.9)))
    return prompts, scores


def test_words_are_used_where_they_predict_scores_that_were_left_out():
    predictor = fitted(*two_kinds(300, follows=True))
    assert predictor.card["words_for_each"].startswith("used")
    assert "n=300" in predictor.card["words_for_each"]
    sums = predicted(predictor, text="matrix integral question")
    law = predicted(predictor, text="contract tenant question")
    assert sums["a"] > sums["b"] + 0.3
    assert law["b"] > law["a"] + 0.3


def test_words_are_left_alone_where_they_say_nothing():
    predictor = fitted(*two_kinds(300, follows=False))
    one, other = (predicted(predictor, text=t) for t in ("matrix integral", "contract tenant"))
    assert all(abs(one[alias] - other[alias]) < 0.1 for alias in one)
    few = fitted(*two_kinds(20, follows=True))
    assert few.card["words_for_each"] == "not used: 20 prompts, fewer than 40"
    assert few.text_gains is None


def test_common_difficulty_affects_the_weaker_of_two_good_models_more():
    """Words said what is hard, not who is better at it: all prompts then had one gap.

    A policy of two models sent either all requests or none to the cheap one, and nothing
    could be calibrated in between.
    """
    chance = random.Random(8)  # noqa: S311 - made-up data
    prompts, scores = [], {"a": [], "b": []}
    for at in range(400):
        hard = at % 2
        words = ("theorem", "lemma", "proof") if hard else ("colour", "sum", "word")
        prompts.append(f"{' '.join(chance.choices(words, k=6))} {at}")
        for alias, usual in (("a", 0.95), ("b", 0.80)):
            scores[alias].append(float(chance.random() < usual - 0.2 * hard))
    predictor = fitted(prompts, scores)
    assert predictor.card["words_for_all"].startswith("used")
    assert predictor.card["words_for_each"].startswith("not used")
    hard = predicted(predictor, text="lemma proof theorem")
    easy = predicted(predictor, text="word colour sum")
    assert hard["a"] - hard["b"] > easy["a"] - easy["b"] + 0.02
    assert hard["a"] < easy["a"]


def test_words_count_for_the_tasks_that_they_were_learned_from():
    predictor = fitted(*two_kinds(300, follows=True))
    assert not predictor.gains(RequestFeatures(text="matrix", task="code"))
    assert predictor.gains(RequestFeatures(text="matrix", task="math"))


def test_no_text_is_kept():
    predictor = fitted(*two_kinds(100, follows=True))
    predictor.gains(RequestFeatures(text="my secret matrix", task="math"))
    assert all(isinstance(key, bytes) and b"secret" not in key for key in predictor._gains)
    assert "secret" not in repr(vars(predictor))


def test_one_task_one_model_and_missing_scores_are_enough_to_fit():
    alone = fitted(numbered(60), {"a": [float(at % 2) for at in range(60)]})
    assert predicted(alone, specs=["a"])["a"] == pytest.approx(0.5, abs=0.02)
    assert alone.card["words_for_each"] == "not used: one model"
    sparse = QualityPredictor.fit(
        ["x", "y", "z"], ["a", "b", "a"], [1.0, 0.0, True], tasks=["math", "math", "code"]
    )
    assert set(predicted(sparse)) == {"a", "b"}


def test_an_unmeasured_model_is_not_overestimated():
    """Priors of 0.9 where everybody who was measured falls far short of theirs."""
    specs = [ModelSpec(alias=a, quality={"math": 0.9}) for a in ("a", "b", "new")]
    scores = {"a": [0.0, 1.0] * 100, "b": [0.0, 0.0, 0.0, 1.0] * 50}
    found = predicted(fitted(numbered(200), scores), specs=specs)
    assert found["b"] < found["new"] < found["a"]


def test_the_same_rows_give_the_same_predictor(tmp_path):
    one, other = (fitted(*two_kinds(120, follows=True)) for _ in range(2))
    one.save(tmp_path / "one.json")
    other.save(tmp_path / "other.json")
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "other.json").read_bytes()


def test_what_is_saved_is_read_back_as_it_was(tmp_path):
    predictor = fitted(*two_kinds(120, follows=True))
    predictor.learn("b", task="math", difficulty="hard", score=0.25, count=3)
    predictor.save(tmp_path / "quality.json")
    again = QualityPredictor.load(tmp_path / "quality.json")
    for text in ("matrix", "tenant contract", ""):
        for level in LEVELS:
            known = {"text": text, "difficulty": level}
            assert predicted(again, **known) == predicted(predictor, **known)
    assert again.card == predictor.card
    assert again.path == predictor.path == tmp_path / "quality.json"
    again.save(tmp_path / "again.json")
    assert (tmp_path / "again.json").read_bytes() == (tmp_path / "quality.json").read_bytes()


def spoiled(content, how):
    whole = json.loads(content)
    if how == "changed":
        whole["body"]["tasks"]["a"]["math"][0] = 1.0
    if how == "newer":
        whole["format"] = 2
    if how == "foreign":
        whole["kind"] = "something"
    if how == "hollow":
        whole["body"] = {}
        whole["sha256"] = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    return json.dumps(whole)


@pytest.mark.parametrize(
    ("how", "fault"),
    [
        ("cut", "is no saved quality predictor"),
        ("list", "is no saved quality predictor"),
        ("foreign", "is no saved quality predictor"),
        ("newer", "has format 2, this version reads 1; upgrade"),
        ("changed", "is damaged"),
        ("hollow", "cannot be read"),
    ],
)
def test_a_file_that_cannot_be_trusted_is_refused(tmp_path, how, fault):
    path = tmp_path / "quality.json"
    fitted(numbered(3), {"a": [0.0, 1.0, 1.0]}).save(path)
    content = path.read_text(encoding="utf-8")
    if how == "cut":
        content = content[: len(content) // 2]
    elif how == "list":
        content = "[1, 2]"
    else:
        content = spoiled(content, how)
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=fault) as caught:
        QualityPredictor.load(path)
    assert str(path) in str(caught.value)


def test_a_path_that_is_none_is_an_error_that_says_so(tmp_path):
    with pytest.raises(ConfigurationError, match="cannot be read"):
        QualityPredictor.load(tmp_path / "nothing.json")
    with pytest.raises(ConfigurationError, match="cannot be written"):
        QualityPredictor().save(tmp_path / "no folder" / "quality.json")


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        (([], [], [], []), "nothing to fit on"),
        ((["x"], ["a", "b"], [1.0], ["math"]), "have 1, 2, 1, 1"),
        ((["x"], ["a"], [1.5], ["math"]), "1.5 is no score"),
        ((["x"], ["a"], [float("nan")], ["math"]), "nan is no score"),
    ],
)
def test_rows_that_do_not_match_are_refused(rows, fault):
    prompts, models, scores, tasks = rows
    with pytest.raises(ConfigurationError, match=fault):
        QualityPredictor.fit(prompts, models, scores, tasks=tasks)


def test_what_others_have_learned_is_added_to_what_was_learned_here():
    mine, others = QualityPredictor(), QualityPredictor()
    blank = mine.digest()
    assert blank == others.digest()
    mine.learn("small", task="code", difficulty="easy", score=1.0)
    assert mine.digest() != blank
    before = mine.revision
    heard = {("small", "code"): {"easy": Tally(2, 0.5)}, ("large", "math"): {"hard": Tally(1, 1.0)}}
    mine.hear(heard)
    assert mine.tallies("small", "code") == {"easy": Tally(3, 1.5)}
    assert mine.tallies("large", "math") == {"hard": Tally(1, 1.0)}
    assert mine.revision == before + 1
    mine.hear(heard)
    assert mine.revision == before + 1
