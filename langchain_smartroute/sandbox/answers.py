"""The text of the sandbox's simulated answers.

Each kind of request has a small function that returns `None` for requests of another kind; the
first result is the answer. They are deliberately simple and deterministic: tests need answers
that follow from the request alone.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from langchain_smartroute.sandbox import arithmetic, evidence
from langchain_smartroute.sandbox.judgements import is_spam, label
from langchain_smartroute.sandbox.snippets import snippet
from langchain_smartroute.sandbox.tokens import count_tokens
from langchain_smartroute.sandbox.translations import translate

if TYPE_CHECKING:
    from collections.abc import Callable

    from langchain_smartroute.sandbox.chat_request import ChatRequest, Message

__all__ = ["reply"]

_CODE = re.compile(
    r"\b(?:write|implement|create|give|show|make|build|need|fix|refactor)\b.*"
    r"\b(?:code|function|class|script|program|python|algorithm|method|sql|regex)\b"
    r"|\b(?:implement|python (?:code|function|script))\b|代码|函数|コード|関数",
    re.IGNORECASE | re.DOTALL,
)
_CLASSIFY = re.compile(
    r"\bsentiment\b|positive.{1,20}negative|\bclassify\b|情感|感情", re.IGNORECASE
)
_SPAM = re.compile(r"\bspam\b|垃圾邮件", re.IGNORECASE)
_TRANSLATE = re.compile(r"\btranslat\w*|\bhow do you say\b|\bsay\b.+\bin [A-Z]", re.IGNORECASE)
_SUMMARISE = re.compile(r"\bsummar(?:i[sz]e|y)\b|\btl;?dr\b|总结|摘要|要約", re.IGNORECASE)
_EXTRACT = re.compile(r"\b(?:extract|find all|list all|pull out)\b|提取|抽出", re.IGNORECASE)
_GREETING = re.compile(
    r"^\W*(?:hello|hi|hey|good (?:morning|evening)|你好|こんにちは)\b", re.IGNORECASE
)
_SMALL_TALK = re.compile(r"\bhow are you\b", re.IGNORECASE)
_VERSE = re.compile(r"\b(?:poem|haikus?|story|joke|limerick)\b", re.IGNORECASE)
_MONTY_HALL = re.compile(
    r"monty.?hall|three doors.*goat|goat.*three doors", re.IGNORECASE | re.DOTALL
)
_SENTENCE = re.compile(r"[^.!?。！？]+(?:[.!?。！？]+|$)")  # noqa: RUF001 - Chinese full stops
_SHORT_GREETING = 10
_QUOTED_LENGTH = 60

_EXTRACTORS: tuple[tuple[str, Callable[[str], list[str]]], ...] = (
    ("mail", evidence.emails),
    ("date", evidence.dates),
    ("phone", evidence.phones),
    ("url", evidence.urls),
    ("link", evidence.urls),
    ("numbers", lambda text: [str(number) for number in evidence.numbers(text)]),
    ("name", evidence.names),
)
_SCRIPTS = (
    (re.compile(r"[\u3040-\u30ff]"), "[シミュレーション] ご質問の内容"),
    (re.compile(r"[\u4e00-\u9fff]"), "[模拟回答] 您的问题"),
    (re.compile(r"[\uac00-\ud7af]"), "[모의 답변] 질문"),
    (re.compile(r"[\u0600-\u06ff]"), "[إجابة تجريبية] سؤالك"),
    (re.compile(r"[\u0400-\u04ff]"), "[Пробный ответ] Ваш вопрос"),
    (re.compile(r"[\u0900-\u097f]"), "[नमूना उत्तर] आपका प्रश्न"),
)


def reply(request: ChatRequest) -> str:
    """Answer the last message."""
    if request.messages[-1].role == "tool":
        return _from_tools(request)
    text = request.last_user_text
    attached = _attachments(request.messages[-1])
    answer = _first(text, text, _ANSWERERS) or _first(
        request.instructions, text, _FOLLOWING_INSTRUCTIONS
    )
    if attached:
        return f"I received {attached}." + (f" {_SCOPE}" if answer is None else f" {answer}")
    return answer or _echo(text)


_SCOPE = "The sandbox looks at its type and size only, not at what it shows."


def _first(
    instruction: str, text: str, answerers: tuple[Callable[[str, str], str | None], ...]
) -> str | None:
    answers = (answerer(instruction, text) for answerer in answerers)
    return next((answer for answer in answers if answer), None)


def _from_tools(request: ChatRequest) -> str:
    results = [message.text.strip() for message in request.since_user if message.role == "tool"]
    attached = [_attachments(message) for message in request.since_user]
    parts = [part for part in [*results, *(f"I received {a}." for a in attached if a)] if part]
    return "Here is what I found: " + (" ".join(parts) or "the tool returned nothing.")


def _attachments(message: Message) -> str:
    described = []
    for item in message.attachments:
        size = "by reference" if item.size is None else f"{item.size:,} bytes"
        described.append(f"a file of type {item.media_type} ({size})")
    return " and ".join(described)


def _material(text: str) -> str:
    """The text that an instruction refers to: after the first colon or line, or the quoted text."""
    quotes = evidence.quoted(text)
    head, mark, rest = text.partition("\n") if "\n" in text.strip() else text.partition(":")
    if mark and rest.strip() and len(head) < len(text) / 2 + _QUOTED_LENGTH:
        return rest.strip()
    return max(quotes, key=len) if quotes else text


def _greeting(instruction: str, text: str) -> str | None:
    if _SMALL_TALK.search(instruction) and count_tokens(text) <= _SHORT_GREETING:
        return "I am a simulated model and all is well. How can I help you?"
    if _GREETING.search(instruction) and count_tokens(text) <= _SHORT_GREETING:
        return "Hello! How can I help you today?"
    return None


def _monty_hall(instruction: str, _: str) -> str | None:
    if not _MONTY_HALL.search(instruction):
        return None
    return (
        "Switch. Your first door hides the car with probability 1/3, so the other two together "
        "have 2/3. The host, who knows where the car is, always opens a goat door among those "
        "two, so the whole 2/3 rests on the one that stays closed: switching wins 2/3 of the "
        "time, staying 1/3."
    )


def _spam(instruction: str, text: str) -> str | None:
    if not _SPAM.search(instruction):
        return None
    return "spam" if is_spam(_material(text)) else "not spam"


def _label(instruction: str, text: str) -> str | None:
    return label(instruction, _material(text)) if _CLASSIFY.search(instruction) else None


def _translation(instruction: str, text: str) -> str | None:
    if not _TRANSLATE.search(instruction):
        return None
    if instruction == text:
        return translate(text)
    language = re.search(r"\b(?:in)?to ([A-Z][a-z]+)", instruction)
    return translate(f"Translate to {language.group(1)}: {text}") if language else None


def _summary(instruction: str, text: str) -> str | None:
    if not _SUMMARISE.search(instruction):
        return None
    sentences = [part.strip() for part in _SENTENCE.findall(_material(text)) if part.strip()]
    return " ".join(sentences[: 1 if len(sentences) < 4 else 2]) or None  # noqa: PLR2004 - short


def _extraction(instruction: str, text: str) -> str | None:
    if not _EXTRACT.search(instruction):
        return None
    asked, material = instruction.lower(), _material(text)
    wanted = [(word, find) for word, find in _EXTRACTORS if word in asked]
    if not wanted:
        return None
    found = [item for _, find in wanted for item in find(material)]
    return "\n".join(dict.fromkeys(found)) or "None found."


def _code(instruction: str, text: str) -> str | None:
    if not _CODE.search(instruction):
        return None
    return f"```python\n{snippet(text)}\n```"


def _arithmetic(instruction: str, _: str) -> str | None:
    for date in evidence.dates(instruction):
        instruction = instruction.replace(date, " ")
    solved = arithmetic.solve(instruction)
    return f"{solved[0]} = {solved[1]}" if solved else None


def _verse(instruction: str, text: str) -> str | None:
    kind = _VERSE.search(instruction)
    if kind is None:
        return None
    about = evidence.topic(_VERSE.sub(" ", text), limit=2) or "the morning"
    if kind.group().lower() == "joke":
        return f"Why did {about} join the sandbox? Because every answer there is made up."
    return f"Quiet, {about}:\nan early light on the page,\nthen the world begins."


def _echo(text: str) -> str:
    flat = " ".join(text.split())
    for script, opening in _SCRIPTS:
        if script.search(flat):
            return f'{opening}: "{flat[:_QUOTED_LENGTH]}"'
    about = evidence.topic(flat)
    if not about:
        return "This is a simulated answer: the message had no text."
    return f"This is a simulated answer about {about}. A real model would say more."


_Answerers = tuple["Callable[[str, str], str | None]", ...]
_FOLLOWING_INSTRUCTIONS: _Answerers = (_spam, _label, _translation, _summary, _extraction)
_ANSWERERS: _Answerers = (
    _monty_hall,
    _spam,
    _summary,
    _translation,
    _extraction,
    _label,
    _code,
    _arithmetic,
    _greeting,
    _verse,
)
