"""Detects that the user repeats a question in other words.

Two plain signs: the user complains about the answer ("that's not what I asked", "still doesn't
work"), or the new message shares nearly all its content words with the previous one and adds
hardly any. A variation (another city, number or verb) adds a new word and is not a repetition.
"""

# ruff: noqa: RUF001 - Cyrillic letters and full-width punctuation are intended

from __future__ import annotations

import re
from functools import cache

__all__ = ["asks_again"]

_MOST_CHARS = 2_000
_FEWEST_WORDS = 3
_SHARED = 0.75
_STEM = 5

_COMPLAINTS = (
    # English
    r"(?:not|n't) (?:what|how) i (?:asked|meant|wanted|said|need)|(?:you )?misunderst[oa]"
    r"|still (?:not|wrong|broken|fail\w*|the same|does ?n.?t|is ?n.?t|did ?n.?t|no)\b|still gett?"
    r"|did(?:n.?t| not) (?:answer|help|work|fix|solve|change)"
    r"|does(?:n.?t| not) (?:work|help|answer)"
    r"|(?:that|this|it)(?:'s|’s| is| was) (?:still )?(?:wrong|incorrect|not right|useless)"
    r"|same (?:error|problem|mistake|result|answer|thing) (?:again|as before)"
    r"|you (?:already )?said that"
    r"|i (?:already )?(?:told|asked) you|let me (?:rephrase|try again|put it)"
    r"|(?:once|one) more time"
    r"|i repeat\b|as i said|again[,:]|try (?:it )?again|no[,.] i (?:mean|meant|want|asked)"
    r"|what i (?:mean|meant|want|wanted|asked)(?: \w+)? (?:is|was)|wrong (?:again|answer|file|one)"
    # German, French, Spanish, Portuguese, Italian
    r"|nicht (?:das )?(?:was|gefragt|gemeint)|immer noch|funktioniert nicht|noch (?:ein)?mal[:,]"
    r"|pas ce que (?:j|je)|toujours pas|ne marche pas|je répète|no es lo que|sigue sin|no funciona"
    r"|ya te dije|não é o que|ainda não|não funciona|non è quello che|ancora non|non funziona"
    # Russian
    r"|не то,? что|всё ещё|все еще|не работает|ещё раз"
)
_CHINESE = r"我不是(?:问|说|要)|还是不|不对|没有解决|再说一遍"
_OTHER_CJK = r"そうじゃな|まだ動かない|違います|그게 아니|아직도|안 돼"
_EMPTY_TEXT = """
a about all also an and any are as at be been but by can could d did do does doing don for from
get give had has have help hey hi how i if in into is it its just kindly know like ll m make me
my need of ok okay on one or our out please pls re s see should show so some t tell than that the
their them then there these this those to tried us use using ve want was way we were what when
where which who why will with would you your
"""
_EMPTY = frozenset(_EMPTY_TEXT.split())
_WORD = re.compile(r"[^\W\d_\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]+|\d+(?:[.,]\d+)*")
_CJK = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]+")


def asks_again(now: str, before: str) -> bool:
    """Whether the message `now` repeats the answered message `before`."""
    now, before = now[:_MOST_CHARS].lower(), before[:_MOST_CHARS].lower()
    if _complaint().search(now):
        return True
    new, old = _weighty(now), _weighty(before)
    if min(len(new), len(old)) < _FEWEST_WORDS:
        return False
    if {w for w in new if w[0].isdigit()} != {w for w in old if w[0].isdigit()}:
        return False
    shared = len(new & old)
    return shared >= _FEWEST_WORDS and shared / len(new) >= _SHARED and shared / len(old) > 1 / 2


@cache
def _complaint() -> re.Pattern[str]:
    return re.compile(rf"\b(?:{_COMPLAINTS})|{_CHINESE}|{_OTHER_CJK}")


def _weighty(text: str) -> set[str]:
    """Stems of content words; pairs of characters in scripts without spaces."""
    words = {w if w[0].isdigit() else w[:_STEM] for w in _WORD.findall(text) if w not in _EMPTY}
    for run in _CJK.findall(text):
        words |= {run[i : i + 2] for i in range(len(run) - 1)}
    return words
