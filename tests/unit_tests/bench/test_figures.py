"""Figures keep what was measured, and pages are held to them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langchain_smartroute.bench import everything
from langchain_smartroute.bench.everything import run_everything, steps_of
from langchain_smartroute.bench.figure_pages import BEGIN, END, as_markdown, shown, shown_spread
from langchain_smartroute.bench.figures import Figure, Figures, merged, tell
from langchain_smartroute.bench.goals import GOALS, Goal, held
from langchain_smartroute.bench.quoted import quoted_figures, rewritten
from langchain_smartroute.bench.sections import SECTIONS
from langchain_smartroute.errors import ConfigurationError

MADE = {
    "date": "2026-11-27",
    "quick": False,
    "failed": [],
    "seconds": 600,
    "load_average": {"before": 0.1, "after": 1.0},
    "machine": {"processor": "a", "cores": 2, "system": "b", "python": "c"},
    "versions": {"openai": "3"},
}


def figure(*samples, table="Added to a call", row="router", column="invoke, µs"):
    return Figure(table=table, row=row, column=column, samples=samples)


def figures(*several):
    return Figures(made=MADE, notes={"Added to a call": "How."}, figures=several)


def page(*several, before="", after=""):
    return f"{before}\n{BEGIN}\n\n{as_markdown(figures(*several))}\n{END}\n{after}"


def test_a_figure_is_the_median_with_the_least_and_the_greatest():
    one = figure(3.0, 1.0, 8.0)
    assert (one.value, one.low, one.high) == (3.0, 1.0, 8.0)
    assert one.as_dict()["n"] == 3


def test_samples_of_several_processes_are_one_figure():
    assert merged([figure(1.0), figure(5.0, column="invoke, ×"), figure(2.0)]) == (
        figure(1.0, 2.0),
        figure(5.0, column="invoke, ×"),
    )


def test_what_is_written_is_read_again(tmp_path):
    path = tmp_path / "figures.json"
    some = figures(figure(1.0, 2.5), figure(0.0, column="invoke, ×"))
    path.write_text(json.dumps(some.as_dict()), encoding="utf-8")
    assert Figures.read(path) == some


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"figures": [{"table": "a"}]}'])
def test_a_file_without_figures_is_an_error_that_says_how_to_make_some(tmp_path, text):
    path = tmp_path / "figures.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match="smartroute bench all"):
        Figures.read(path)
    with pytest.raises(ConfigurationError, match="cannot be read"):
        Figures.read(tmp_path / "none.json")


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.123, "0.12"),
        (-0.5, "\u22120.50"),
        (1.0, "1"),
        (9.996, "10.0"),
        (12.34, "12.3"),
        (99.96, "100"),
        (1234.5, "1,234"),
        (400.0, "400"),
    ],
)
def test_three_digits_are_shown(number, text):
    assert shown(number) == text


def test_the_range_is_left_out_where_there_is_none():
    assert shown_spread(figure(16.0)) == "16"
    assert shown_spread(figure(1.0, 2.0, 4.0)) == "2 (1 to 4)"


@given(st.lists(st.floats(-1e6, 1e6, allow_nan=False), min_size=1, max_size=5))
def test_a_page_agrees_with_the_figures_that_it_was_written_from(samples):
    one = figure(*samples)
    (quoted,) = quoted_figures(page(one))
    assert quoted.key == one.key
    assert quoted.agrees(one)


@pytest.mark.parametrize(
    ("measured", "agrees"),
    [
        ((9.0, 10.0, 11.0), True),
        ((12.0, 20.0), True),
        ((12.6, 20.0), False),
        ((1.0, 7.4), False),
        ((7.6,), True),
    ],
)
def test_figures_agree_where_their_ranges_meet(measured, agrees):
    (quoted,) = quoted_figures(page(figure(8.0, 10.0, 12.0)))
    assert quoted.agrees(figure(*measured)) is agrees


def test_every_cell_of_every_table_is_read_but_not_the_goals():
    some = [
        figure(1000.0, 1300.0),
        figure(1.5, column="invoke, ×"),
        figure(2.0, row="with_fallbacks"),
        figure(90.0, table="A decision", row="40 messages", column="CPU, µs"),
    ]
    text = page(*some)
    assert "### Goals" in text
    assert [quoted.key for quoted in quoted_figures(text)] == [one.key for one in some]


TEXT = """It adds 1.1 ms of CPU
to `invoke`.

<!-- quoted figures
adds [1.1] ms of CPU to `invoke` = Added to a call / router / invoke, µs × 0.001
-->
"""


@pytest.mark.parametrize(("us", "agrees"), [(1_080.0, True), (1_149.0, True), (1_160.0, False)])
def test_a_number_in_the_text_agrees_to_its_rounding(us, agrees):
    (quoted,) = quoted_figures(TEXT)
    assert quoted.key == figure(us).key
    assert quoted.agrees(figure(us)) is agrees


@pytest.mark.parametrize(("us", "agrees"), [(949.0, False), (951.0, True), (1_340.0, True)])
def test_a_number_in_the_text_agrees_within_the_range_beside_it(us, agrees):
    with_range = TEXT.replace("1.1 ms", "1.1 ms (1.0–1.3)").replace(
        "[1.1] ms", "[1.1] ms ([1.0]–[1.3])"
    )
    (quoted,) = quoted_figures(with_range)
    assert quoted.text == "adds 1.1 ms (1.0–1.3) of CPU to `invoke`"
    assert quoted.agrees(figure(us)) is agrees


@pytest.mark.parametrize(
    "listed",
    [
        "adds [1.1] ms of [3] = Added to a call / router / invoke, µs",
        "adds [1.2] ms of CPU to `invoke` = Added to a call / router / invoke, µs",
        "adds 1.1 ms = Added to a call / router / invoke, µs",
        "adds [1.1] ms = router",
        "adds [1.1] ms",
    ],
)
def test_a_listed_number_must_be_in_the_text_and_name_its_figure(listed):
    wrong = TEXT.replace(TEXT.splitlines()[4], listed)
    with pytest.raises(ValueError, match="adds"):
        list(quoted_figures(wrong))


def test_a_text_is_written_again_with_other_figures_and_then_agrees_with_them():
    text = """It adds .50 ms
(.40–1.30) and,
in .50 ms, nothing.

<!-- quoted figures
adds [.50] ms ([.40]–[1.30]) = Added to a call / router / invoke, µs × 0.001
in [.50] ms, = A / b / c
-->
"""
    other = figure(812.0, 900.0, 1_044.0)
    assert rewritten(text, figures(other)) == (
        text.replace("adds .50", "adds .90")
        .replace("(.40–1.30)", "(.81–1.04)")
        .replace("adds [.50] ms ([.40]–[1.30])", "adds [.90] ms ([.81]–[1.04])")
    )
    stated, _ = quoted_figures(rewritten(text, figures(other)))
    assert stated.agrees(other)
    minus = figure(-2_000.0)
    assert "adds \u22122.00 ms" in rewritten(text, figures(minus))


def test_a_page_is_written_again_with_other_tables_and_nothing_else():
    before, after = (
        page(figure(1.0), before="a", after="z"),
        page(figure(2.0), before="a", after="z"),
    )
    assert rewritten(before, figures(figure(2.0))) == after
    assert rewritten("no figures", figures(figure(2.0))) == "no figures"


def test_a_quick_run_says_that_its_figures_say_nothing():
    quick = Figures(made={**MADE, "quick": True}, figures=(figure(1.0),))
    assert as_markdown(quick).startswith("These figures were made in passing")
    assert as_markdown(figures(figure(1.0))).startswith("Made on 2026-11-27")


def test_a_page_says_how_fast_the_machine_was():
    """The same processor was half as fast on another day; microseconds alone say nothing."""
    paced = {**MADE, "million_additions_ms": {"before": 60.2, "after": 98.7}}
    told = as_markdown(Figures(made=paced, figures=(figure(1.0),)))
    assert "; a million additions took 60.2 and 98.7 ms at best)" in told
    assert "additions" not in as_markdown(figures(figure(1.0)))


@pytest.mark.parametrize(
    ("bounds", "met"),
    [
        ({"at_most": 2.0}, True),
        ({"at_most": 1.9}, False),
        ({"at_least": 2.0}, True),
        ({"at_least": 2.1}, False),
    ],
)
def test_a_goal_is_met_by_the_median_and_its_bound_is_allowed(bounds, met):
    one = figure(1.0, 2.0, 9.0)
    assert Goal(key=one.key, **bounds).is_met(one) is met


def test_goals_are_held_against_figures_that_there_are():
    (found,) = held(figures(figure(300.0), figure(1.0, row="nobody")))
    assert found == (next(g for g in GOALS if g.key == figure(1.0).key), figure(300.0))
    assert "≤ 250 | 300 | **not met**" in as_markdown(figures(figure(300.0)))


def test_sections_take_turns_and_each_of_their_processes_has_another_seed():
    steps = steps_of(rounds=4, seed=3)
    assert len({tuple(arguments) for _, arguments in steps}) == len(steps)
    for name, section in SECTIONS.items():
        told = [arguments[3:] for step, arguments in steps if step == name]
        assert told == [[f"{3 + number}", "4"] for number in range(4 if section.again else 1)]
    ((_, arguments),) = steps_of(quick=True)
    assert arguments[-1] == "--quick"


def test_a_program_tells_its_figures(tmp_path, monkeypatch):
    """As `smartroute bench all --with PROGRAM` calls it: with `--figures`, and `--quick`."""
    program = tmp_path / "more.py"
    program.write_text(
        "import sys\n"
        "from langchain_smartroute.bench.figures import Figure, tell\n"
        "print('something else')\n"
        "one = Figure(table='More', row=' '.join(sys.argv[1:]), column='n', samples=(1, 2))\n"
        "tell([one], notes={'More': 'By hand.', 'Other': 'Not there.'})\n",
        encoding="utf-8",
    )
    monkeypatch.setattr(everything, "SECTIONS", {})
    steps = []
    more = [("more", [str(program), "--figures", "--quick"])]
    monkeypatch.setattr(everything, "steps_of", lambda **_: more)
    found = run_everything(quick=True, programs=[program], on_step=steps.append)
    assert found.figures == (figure(1, 2, table="More", row="--figures --quick", column="n"),)
    assert found.notes == {"More": "By hand."}
    assert steps == ["more"]
    assert found.made["quick"]
    assert set(found.made["versions"]) >= {"langchain-core", "openai"}
    assert found.made["failed"] == []


def test_a_program_that_fails_is_named_and_the_others_figures_are_kept(tmp_path, monkeypatch):
    """A run of an hour was lost because one contestant's connection had timed out."""
    broken, sound = tmp_path / "broken.py", tmp_path / "sound.py"
    broken.write_text("raise SystemExit('it broke')", encoding="utf-8")
    sound.write_text(f"print({json.dumps(json.dumps(figure(1.0).as_dict()))})", encoding="utf-8")
    steps = [(path.stem, [str(path)]) for path in (broken, sound)]
    monkeypatch.setattr(everything, "steps_of", lambda **_: steps)
    found = run_everything()
    assert found.figures == (figure(1.0),)
    assert found.made["failed"] == [f"{broken}: it broke"]


def test_an_interrupt_ends_the_run_and_keeps_what_was_measured(tmp_path, monkeypatch):
    sound = tmp_path / "sound.py"
    sound.write_text(f"print({json.dumps(json.dumps(figure(1.0).as_dict()))})", encoding="utf-8")
    steps = [("first", [str(sound)]), ("second", ["-m", "interrupted"]), ("third", [str(sound)])]
    monkeypatch.setattr(everything, "steps_of", lambda **_: steps)
    told = everything._told

    def interrupted(arguments):
        if arguments == ["-m", "interrupted"]:
            raise KeyboardInterrupt
        return told(arguments)

    monkeypatch.setattr(everything, "_told", interrupted)
    found = run_everything()
    assert found.figures == (figure(1.0),)
    assert found.made["failed"] == ["the rest, which was interrupted"]


def test_figures_are_told_a_line_each(capsys):
    tell([figure(1.0), figure(2.0)], notes={"T": "how"})
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == {"table": "T", "note": "how"}
    assert [Figure.from_dict(line) for line in lines[1:]] == [figure(1.0), figure(2.0)]
