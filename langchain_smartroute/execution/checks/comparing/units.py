"""Units by their names: the same one in several languages, and in short.

A name that may be two units (a pound of weight or of money, a minute or a metre as `m`) is
the one that it mostly is, or itself: nothing is converted.
"""

from __future__ import annotations

from typing import Final

__all__ = ["OTHER_DIMENSION", "unit_of"]

_NAMES = {
    "usd": "$ us$ dollar 美元", "eur": "€ euro 欧元", "gbp": "£ pound 英镑",
    "cny": "¥ rmb yuan 元 块 人民币", "inr": "₹ rs rupee", "rub": "₽ ruble", "krw": "₩ won",
    "%": "percent pct", "°": "degree 度",
    "km": "kilometer kilometre 公里 千米", "m": "meter metre 米",
    "cm": "centimeter centimetre 厘米",
    "mm": "millimeter millimetre 毫米", "mi": "mile 英里", "ft": "foot feet 英尺", "yd": "yard",
    "kg": "kilogram kilo 公斤 千克", "g": "gram 克", "mg": "milligram 毫克", "lb": "lbs",
    "t": "ton tonne 吨", "l": "liter litre 升", "ml": "milliliter millilitre 毫升",
    "h": "hour hr hrs 小时 hora heure stunde", "min": "minute mins 分钟 minuto",
    "s": "second sec secs 秒", "day": "天 日 tag jour", "week": "周 星期", "month": "月 个月",
    "year": "yr yrs 年", "people": "person 人", "item": "个 件",
    "c": "celsius", "f": "fahrenheit",
}  # fmt: skip
_ALIKE = {name: unit for unit, names in _NAMES.items() for name in (unit, *names.split())}

OTHER_DIMENSION: Final = frozenset(
    [
        "per",
        "je",
        "pro",
        "par",
        "por",
        "每",
        "square",
        "squared",
        "sq",
        "cubic",
        "cubed",
        "平方",
        "立方",
    ]
) | {f"^{opened}{power}{closed}" for power in "23" for opened, closed in (("", ""), ("{", "}"))}
"""Words that make something else of a unit: a rate, an area, a volume."""


def unit_of(name: str) -> str | None:
    """The unit that a name stands for; `None`: it is none that is known.

    Args:
        name: One word in lower case, in the singular.

    Example:
        >>> unit_of("kilometre"), unit_of("公里"), unit_of("apple")
        ('km', 'km', None)
    """
    return _ALIKE.get(name)
