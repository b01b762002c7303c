"""Small Python programs as answers to requests for code."""

from __future__ import annotations

import keyword
import re

from langchain_smartroute.sandbox.evidence import topic

__all__ = ["snippet"]

_KNOWN: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), code)
    for pattern, code in (
        (
            r"merge.?sort|归并排序",
            """def merge_sort(values: list[int]) -> list[int]:
    if len(values) < 2:
        return values
    middle = len(values) // 2
    left, right = merge_sort(values[:middle]), merge_sort(values[middle:])
    merged = []
    while left and right:
        merged.append(left.pop(0) if left[0] <= right[0] else right.pop(0))
    return merged + left + right""",
        ),
        (
            r"quick.?sort|\bsort|排序|ソート",
            """def quick_sort(values: list[int]) -> list[int]:
    if len(values) < 2:
        return values
    pivot, *rest = values
    smaller = [value for value in rest if value < pivot]
    larger = [value for value in rest if value >= pivot]
    return [*quick_sort(smaller), pivot, *quick_sort(larger)]""",
        ),
        (
            r"binary.?search",
            """def binary_search(values: list[int], wanted: int) -> int:
    low, high = 0, len(values)
    while low < high:
        middle = (low + high) // 2
        if values[middle] < wanted:
            low = middle + 1
        else:
            high = middle
    return low if low < len(values) and values[low] == wanted else -1""",
        ),
        (
            r"fibonacci",
            """def fibonacci(n: int) -> int:
    current, following = 0, 1
    for _ in range(n):
        current, following = following, current + following
    return current""",
        ),
        (
            r"factorial",
            """def factorial(n: int) -> int:
    product = 1
    for factor in range(2, n + 1):
        product *= factor
    return product""",
        ),
        (
            r"prime",
            """def is_prime(n: int) -> bool:
    return n > 1 and all(n % divisor for divisor in range(2, int(n**0.5) + 1))""",
        ),
        (
            r"palindrome",
            """def is_palindrome(text: str) -> bool:
    letters = [letter.lower() for letter in text if letter.isalnum()]
    return letters == letters[::-1]""",
        ),
        (
            r"reverse",
            """def reverse(text: str) -> str:
    return text[::-1]""",
        ),
        (
            r"fizz.?buzz",
            """def fizzbuzz(n: int) -> str:
    words = ("Fizz" if n % 3 == 0 else "") + ("Buzz" if n % 5 == 0 else "")
    return words or str(n)""",
        ),
    )
)
_ABOUT_CODE = frozenset({"python", "function", "code", "script", "program", "class", "method"})


def snippet(text: str) -> str:
    """A valid Python program whose names are taken from the request."""
    for pattern, code in _KNOWN:
        if pattern.search(text):
            return code
    asked = [word for word in topic(text, limit=8).lower().split() if word not in _ABOUT_CODE]
    name = re.sub(r"\W+", "_", "_".join(asked[:4])).strip("_")
    if not name.isidentifier() or keyword.iskeyword(name):
        name = "answer"
    subject = " ".join(asked[:4]) or "the request"
    return (
        f"def {name}(*inputs: object) -> dict[str, object]:\n"
        f"    subject = {subject!r}\n"
        '    return {"subject": subject, "inputs": list(inputs)}'
    )
