"""A small phrase book for translations, and an answer that says so for other texts."""

from __future__ import annotations

import re

from langchain_smartroute.sandbox.evidence import quoted

__all__ = ["translate"]

_LANGUAGES = ("german", "french", "spanish", "italian", "japanese", "chinese")
_PHRASES: dict[str, tuple[str, ...]] = {
    "hello": ("Hallo", "Bonjour", "Hola", "Ciao", "こんにちは", "你好"),
    "good morning": ("Guten Morgen", "Bonjour", "Buenos días", "Buongiorno", "おはよう", "早上好"),
    "good night": ("Gute Nacht", "Bonne nuit", "Buenas noches", "Buonanotte", "おやすみ", "晚安"),
    "goodbye": ("Auf Wiedersehen", "Au revoir", "Adiós", "Arrivederci", "さようなら", "再见"),
    "how are you": (
        "Wie geht es Ihnen",
        "Comment allez-vous",
        "¿Cómo está usted",
        "Come sta",
        "お元気ですか",
        "你好吗",
    ),
    "thank you": ("Danke", "Merci", "Gracias", "Grazie", "ありがとう", "谢谢"),
    "please": ("Bitte", "S'il vous plaît", "Por favor", "Per favore", "お願いします", "请"),
    "yes": ("Ja", "Oui", "Sí", "Sì", "はい", "是"),
    "no": ("Nein", "Non", "No", "No", "いいえ", "不"),
    "i love you": ("Ich liebe dich", "Je t'aime", "Te quiero", "Ti amo", "愛しています", "我爱你"),
}
_LANGUAGE = re.compile(r"\b(?:in(?:to)?|to)\s+([A-Z]?[a-z]+)\b")
_COMMAND = re.compile(
    r"\b(?:please\s+)?(?:translate|say|how do you say)\b|\b(?:the )?following\b"
    r"|\b(?:text|sentence|phrase|english)s?\b|\bfrom [A-Z][a-z]+\b|\b(?:in)?to [A-Z]?[a-z]+\b:?",
    re.IGNORECASE,
)


def translate(text: str) -> str | None:
    """Translate the text that a request quotes or names; `None` if it names no language."""
    language = _LANGUAGE.search(text)
    if language is None:
        return None
    target = language.group(1)
    source = " ".join(quoted(text)) or _after_colon(text) or _COMMAND.sub(" ", text)
    source = " ".join(source.split()).strip(" :'\"")
    known = _from_phrases(source, target.lower())
    return known or f"[simulated {target.capitalize()} translation] {source}"


def _after_colon(text: str) -> str:
    return text.partition(":")[2].strip()


def _from_phrases(source: str, language: str) -> str | None:
    """The translation, if the phrase book has every part between punctuation marks."""
    if language not in _LANGUAGES:
        return None
    column = _LANGUAGES.index(language)
    parts = re.split(r"([,.!?]+\s*)", source)
    for index in range(0, len(parts), 2):
        phrase = parts[index].lower().strip()
        if phrase and phrase not in _PHRASES:
            return None
        parts[index] = _PHRASES[phrase][column] if phrase else ""
        if index and "," in parts[index - 1]:
            parts[index] = parts[index][:1].lower() + parts[index][1:]
    return "".join(parts) or None
