"""Detects follow-ups: messages that can only be understood with an earlier one.

"And in Rust?", "shorter please", "为什么?": short messages that refer to the previous request. The
rules look at form, in twelve languages: the length, the first words, and references ("it",
"that", "这个"). A follow-up that is missed is classified alone; a false positive only adds an
earlier turn.
"""

# ruff: noqa: RUF001 - Cyrillic letters and full-width punctuation are intended

from __future__ import annotations

import re
from functools import cache

__all__ = ["is_follow_up"]

_MOST_CHARS = 120
_MOST_WORDS = 12
_POINTER_WORDS = 8
_BARE_WORDS = 2
_BARE_CJK_CHARS = 4
_MOST_CJK_CHARS = 20

_COMPLETE = (
    r"(?:(?:ok|okay|great|perfect|cool)\W+)?"
    r"(?:hi|hello|hey|thanks|thank you|thx|bye|good (?:morning|evening|night)|hola|gracias|adiós"
    r"|bonjour|salut|merci|hallo|danke|tschüss|olá|oi|obrigad[oa]|ciao|grazie|привет|спасибо|пока"
    r"|مرحبا|شكرا|नमस्ते|धन्यवाद|你好|您好|谢谢|再见|こんにちは|ありがとう|안녕(?:하세요)?|감사합니다)"
    r"(?:[ ,.!]+\w+){0,2}[^\w?]*"
)
_OPENERS = (
    # English
    r"and|but|or|so|also|now|then|instead|again|(?:the )?same|another|more|less"
    r"|shorter|longer|simpler|continue|go on|keep going|go ahead|what about|how about|why|how so"
    r"|what if|ok|okay|yes|yep|no|sure|please|in (?!a |the |this |my )\w+\?|with \w+\?|without"
    r"|make (?:it|them|that|this)|not "
    # German, French, Spanish, Portuguese, Italian
    r"|und|aber|oder|jetzt|nochmal|noch ein\w*|weiter|kürzer|länger|warum|wieso|auf \w+\?|mach es"
    r"|et|mais|ou|maintenant|encore|plus court|plus long|continue[rz]?|pourquoi|en \w+ ?\?"
    r"|y|pero|o|ahora|otra vez|más|sigue|continúa|por qué|hazlo|e|mas|agora|de novo|mais|continua"
    r"|por quê|em \w+\?|ma|ora|ancora|di nuovo|più|perché|in \w+\?"
    # Russian, Arabic, Hindi
    r"|и|а|но|теперь|ещё|еще|снова|короче|подробнее|продолжай|дальше|почему|на \w+\?"
    r"|و|لكن|الآن|مرة أخرى|أكثر|أقصر|أكمل|لماذا|और|लेकिन|अब|फिर|छोटा|क्यों"
    # Requests to repeat, shorten, simplify or select
    r"|only|just the|turn (?:it|that|this)|¿y|más \w+$|explain (?:it|that)|erklär\w* (?:es|das)"
    r"|explique[rz]? plus|sans \w+ ?\?|объясни проще"
    r"|(?:in|en|em) (?:one|two|einem|zwei|une?|deux|una?|dos|uma?|dois|due) \w+\W*$"
)
_CJK_OPENERS = (
    r"那|还有|再|继续|然后|为什么|换成|改成|短一点|长一点|更|也|但|用\w{1,8}呢|翻译成\w{1,6}"
    r"|もっと|では|じゃあ|それ|続け|なぜ|どうして|次は|もう一度|短く|他に"
    r"|그럼|그러면|그리고|다시|계속|왜|더|이번엔|하지만|\w{1,6}(?:では|だと|なら|로는|면)[?？]"
    r"|结局|一句话|一文で|한 문장"
)
_POINTERS = (
    r"it|its|that|them|those|this one|that one|one|ones|es|das|sie|davon|ça|cela|ceci|l[ae] même"
    r"|eso|esto|lo mismo|isso|isto|o mesmo|ciò|quello|questo|его|её|это|этого|них|ذلك|هذا|इसे|उसे|यह"
)
_CJK_POINTERS = r"这个|那个|它|上面|刚才|呢[?？]?$|これ|それ|上の|이것|그것|그거|위의"
_CJK = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]")


@cache
def _rules() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """Patterns of complete requests, of first words of follow-ups, and of references."""
    return (
        re.compile(_COMPLETE),
        re.compile(rf"(?:(?:{_OPENERS})(?!\w)|(?:{_CJK_OPENERS}))"),
        re.compile(rf"\b(?:{_POINTERS})\b|(?:{_CJK_POINTERS})"),
    )


def is_follow_up(text: str) -> bool:
    """Whether `text` refers to an earlier message of the user."""
    question = text[: _MOST_CHARS + 1].strip().lower()
    if not question or len(text) > _MOST_CHARS or "\n" in question:
        return False
    complete, opener, pointer = _rules()
    if complete.fullmatch(question):
        return False
    words = len(question.split())
    cjk_chars = len(_CJK.findall(question))
    if words > _MOST_WORDS or cjk_chars > _MOST_CJK_CHARS:
        return False
    bare = cjk_chars <= _BARE_CJK_CHARS if cjk_chars else words <= _BARE_WORDS
    pointing = words <= _POINTER_WORDS and pointer.search(question) is not None
    return bare or pointing or opener.match(question) is not None
