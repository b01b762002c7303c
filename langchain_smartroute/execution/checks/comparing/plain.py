"""Normalises text: plain digits, fractions and roots instead of LaTeX and other scripts."""

# ruff: noqa: RUF001 - these characters are intended

from __future__ import annotations

import re
import unicodedata

__all__ = ["MOST_CHARS", "in_one_script", "plainly_written", "single_blanks", "with_signs"]

MOST_CHARS = 2_000
"""Longest text that is normalised: normalisation is quadratic in combining characters."""

_SUPERSCRIPT = re.compile("(?<=[^\\W_])[\u207b\u207a]?[\u2070\u00b9\u00b2\u00b3\u2074-\u2079]+")
_MIXED_GLYPH = re.compile(r"(?<=\d)(?=[¼-¾⅐-⅞])")
_MARKS = {
    0x2212: "-", 0x2013: "-", 0x2044: "/", 0x2236: ":", 0x66B: ".", 0x66C: ",", 0x2019: "'",
    0xA0: " ",
    **dict.fromkeys([0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF]),
}  # fmt: skip
_MATHS = re.compile(r"(?<![\\$])(\$\$?)(?!\$)((?:[^$\\]|\\[\s\S]){1,400}?)\1(?!\$)")
"""LaTeX between single or double dollar signs."""

_NAMES = {
    "pi": "π", "infty": "∞", "theta": "θ", "alpha": "α", "beta": "β", "lambda": "λ", "times": "×",
    "cdot": "×", "div": "÷", "pm": "±", "le": "≤", "leq": "≤", "ge": "≥", "geq": "≥", "ne": "≠",
    "neq": "≠", "approx": "≈", "cup": "∪", "cap": "∩", "in": "∈", "emptyset": "∅",
    "varnothing": "∅", "degree": "°", "lt": "<", "gt": ">",
    **dict.fromkeys(["left", "right", "displaystyle", "quad", "qquad", "big", "Big"], ""),
}  # fmt: skip
_NAME = re.compile(r"\\([a-zA-Z]{1,20})(?![a-zA-Z])")
_SINGLE = r"\(\s*(-?√?(?:[\d.,]{1,40}|[^\W\d_])[°%]?)\s*\)"
_LATEX = (
    (re.compile(r"\s*(\\\\|&)\s*"), r"\1"),
    (re.compile(r"(\\begin\{\w{1,20}\})\s+|\s+(?=\\end\{)"), r"\1"),
    (re.compile(r"(?<=\d)\s*(?=\\[dtc]?frac)"), " "),
    (re.compile(r"\^\s*\{?\s*\\circ(?![a-zA-Z])\s*\}?"), "°"),
    (
        re.compile(r"\\(?:text(?:bf|it|rm|sf|tt|normal)?|math(?:rm|bf|bb|it|sf)|mbox|operatorname)\s*\{([^{}]{0,200})\}"),
        r" \1 ",
    ),
    (re.compile(r"\\[,!;: ]"), ""),
    (re.compile(r"\{,\}"), ","),
    (re.compile(r"(?<=\d)\{\.\}(?=\d)"), "."),
    (re.compile(r"\\sqrt\s*\{([^{}]{1,80})\}"), r"√(\1)"),
    (re.compile(r"\\sqrt\s*(\d)(?!\d)"), r"√\1"),
    (re.compile(r"_\s*\{\s*(\w{1,40})\s*\}"), r"_\1"),
    (re.compile(r"\\[dtc]?frac\s*\{([^{}]{1,80})\}\s*(\d)(?!\d)"), r"(\1)/\2"),
    (re.compile(r"\^\s*\{\s*(-?(?:\d{1,40}|\w))\s*\}"), r"^\1"),
    (re.compile(r"\\[dt]?frac\s*(\d)\s*(\d)"), r"\1/\2"),
    *[(re.compile(r"\\[dtc]?frac\s*\{([^{}]{1,80})\}\s*\{([^{}]{1,80})\}"), r"(\1)/(\2)")] * 2,
    (re.compile(r"\\([%$#&_{}])"), r"\1"),
)  # fmt: skip
_ALONE = re.compile(
    rf"(?<![\w)]){_SINGLE}(?=/)|(?<=[/√]){_SINGLE}(?![\w(√])"
    r"|(?<![\w)/√])\(\s*(-?[\w.√π°%]{1,40})\s*\)$"
)
"""Brackets around a single number or letter of a fraction or root, or around everything."""


def plainly_written(text: str) -> str:
    r"""Replace LaTeX and other scripts' forms by plain digits, signs and fractions.

    Args:
        text: More than 2,000 characters, also after normalisation, are returned unchanged.

    Example:
        >>> plainly_written(r"$\frac{3}{4}$ \text{ kg}"), plainly_written(r"\dfrac{\sqrt{2}}{2}")
        ('3/4 kg', '√2/2')
    """
    if len(text) > MOST_CHARS:
        return text
    given, text = text, in_one_script(text)
    if len(text) > MOST_CHARS:
        return given
    if "\\" in text or "{" in text:
        plain = text
        for pattern, instead in _LATEX:
            plain = pattern.sub(instead, plain)
        plain = _NAME.sub(_named, plain)
        text = text if plain == text else single_blanks(plain)
    for _ in range(2):
        text = _ALONE.sub(r"\1\2\3", text)
    return text.strip()


def in_one_script(text: str) -> str:
    """Text of at most 2,000 characters in plain digits and signs, without `$` around LaTeX.

    It may be longer than what was given.
    """
    # Superscripts are powers; as plain digits 10³ would become 103.
    text = _SUPERSCRIPT.sub(r"^\g<0>", text)
    text = unicodedata.normalize("NFKC", _MIXED_GLYPH.sub(" ", text)).translate(_MARKS)
    if not text.isascii() and len(text) <= MOST_CHARS:
        text = "".join(str(unicodedata.decimal(c, c)) for c in text)
    return _MATHS.sub(r"\2", text) if len(text) <= MOST_CHARS else text


def with_signs(text: str) -> str:
    r"""Text with signs for LaTeX's names of them: `≤` for `\leq`, nothing for `\left`."""
    return _NAME.sub(_named, text)


def single_blanks(text: str) -> str:
    """Text without repeated spaces."""
    return re.sub(r"[ \t]{2,}", " ", text)


def _named(name: re.Match[str]) -> str:
    return _NAMES.get(name[1], name[0])
