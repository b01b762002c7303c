"""Wordings of refusals, by language.

A refusal is at the start of an answer, in the first person ("I can't help with that"), mostly
after an apology. The verb matters: "I can't find a bug", "I can't wait" or "I cannot recommend
it enough" are not refusals.
"""

# ruff: noqa: RUF001 - the letters and the punctuation of the languages read here

from __future__ import annotations

from langchain_smartroute.execution.checks.wording import Wording

__all__ = ["HELPS", "OPENINGS", "SPEAKS_OF_REFUSING"]

_EN_LEAD = (
    r"(?:(?:i'm|i am|we're) (?:very |so |really |truly |deeply )?(?:sorry|afraid)"
    r"|i apologi[sz]e|my apologies|apologies|sorry|unfortunately|regrettably"
    r"|thank you for (?:asking|reaching out|your \w+)|i understand[^.\n]{0,80}"
    r"|i appreciate[^.\n]{0,60}|as an? (?:\w+ )?(?:ai|language model"
    r"|assistant)[^,.\n]{0,40}"
    r"|however|but|that|no|hello|hi|hmm|for (?:safety|legal|privacy|ethical) reasons)"
)
_EN_ACTS = (
    r"(?:help|assist|provide|comply|fulfil|create|generate|write|produce|share"
    r"|give (?:you|advice|instructions|out|that|this|medical|legal|financial)"
    r"|offer|answer that|answer this|engage|discuss|support|participate|continue with"
    r"|do that|do this|process (?:this|that|your) request|complete (?:this|that"
    r"|your) request"
    r"|accommodate|facilitate|be (?:able to )?(?:part|of help|of assistance)|reproduce (?:the"
    r"|these|this) (?:full |entire |complete )?(?:lyrics|text|book|article|song|poem)"
    r"|disclose|reveal|walk you|go along|recommend (?:ways|methods|how)|encourage|endorse"
    r"|teach|tell you how|advise|explain how to|roleplay|role-play|impersonate|(?:help"
    r"|assist|provid|creat|writ|generat|produc|shar|discuss|engag|answer)ing\b"
    r"|speculate about private|identify (?:the|this|real) (?:person|people|individual))"
)

OPENINGS: tuple[Wording, ...] = (
    Wording(
        triggers="can't|cannot|can not|won't|will not|unable|not able|not comfortable|decline"
        "|must refuse|refuse to|not allowed|not permitted|not appropriate|against my"
        "|not going to|not something i|isn't something|rather not",
        expression=rf"(?:{_EN_LEAD}[,.!:;—–-]*\s*){{0,4}}(?:i (?:really |simply |just |also "
        rf"|therefore |am afraid i )?(?:can't|cannot|can not|won't|will not|couldn't"
        rf"|could not|must decline to|have to decline to|decline to|refuse to|must refuse to)"
        rf"|(?:i'm|i am) (?:sorry, but i'm )?(?:unable|not able|not comfortable"
        rf"|not allowed|not permitted|not going|not willing|unwilling|prohibited from"
        rf"|not in a position)(?: to| with)?) (?:directly |ethically |legally "
        rf"|in good conscience |knowingly |really )?(?:{_EN_ACTS})"
        rf"|(?:{_EN_LEAD}[,.!:;—–-]*\s*){{0,4}}(?:i (?:must|have to|need to|will have to"
        rf"|'ll have to|will) (?:respectfully |politely )?(?:decline|refuse|pass on)"
        rf"|i (?:respectfully )?decline\b|i(?:'d| would) rather not\b|[^.!?\n]{{1,60}} (?:isn't"
        rf"|is not) something (?:that )?i(?:'m| am| can| will|'ll)\b|(?:this|that|it)(?:'s"
        rf"| is) not something (?:that )?i(?:'m| am| can| will|'ll)"
        rf"|i'm going to (?:have to )?(?:decline|pass)|i can(?:'"
        rf"|no)t (?:in good conscience )?do (?:that|this)\b|(?:this|that"
        rf"|your) request (?:goes against|violates|is against)|no, i (?:won't|can't"
        rf"|will not)\b|it (?:goes|is|'s) against my)",
    ),
    Wording(
        triggers="kann|darf|möchte|werde|lehne|nicht möglich|außerstande",
        expression=r"(?:(?:es )?tut mir (?:sehr |wirklich )?leid|leider|entschuldigung|bedaure"
        r"|als (?:ki"
        r"|sprachmodell|assistent)[^,.\n]{0,40}|aber|nein"
        r"|ich verstehe[^.\n]{0,80})?(?:[,.!:;—–-]|\s)*(?:(?:aber|doch|leider)\s+)?"
        r"(?:(?:(?:ich (?:kann|darf|werde|möchte|könnte)|(?:kann|darf|werde"
        r"|möchte) ich)(?: \S+){0,10}? nicht(?: \S+){0,8}? (?:helfen|weiterhelfen"
        r"|unterstützen|erfüllen|beantworten|nachkommen|bereitstellen|schreiben|erstellen"
        r"|geben|anbieten|liefern|mitwirken|behilflich|unterstütz\w*|entsprechen|verraten))"
        r"|(?:(?:ich (?:kann|darf|werde|möchte)|(?:kann|darf|werde"
        r"|möchte) ich)(?: \S+){0,4}? keine?n?(?: \S+){1,8}? (?:geben|schreiben|erstellen"
        r"|bereitstellen|anbieten|liefern|leisten|machen))"
        r"|(?:das|diese anfrage|diese bitte) (?:muss|möchte) ich (?:leider )?ablehnen|(?:das"
        r"|dabei|damit|dazu) (?:kann|darf|werde) ich (?:\S+ ){0,2}?nicht\b|ich (?:muss"
        r"|möchte) (?:\S+ ){0,4}?ablehnen|ich lehne (?:das|es|diese))",
    ),
    Wording(
        triggers="je ne|je refuse|je dois|impossible de|pas en mesure",
        expression=r"(?:(?:je suis (?:vraiment |sincèrement )?désolée?|désolée?|je regrette"
        r"|malheureusement|navrée?|toutes mes excuses|je m'excuse|non"
        r"|en tant qu[e'][^,.\n]{0,50}|je comprends[^.\n]{0,80})(?:[,.!:;—–-]"
        r"|\s)*(?:mais\s+)?){0,3}"
        r"(?:je ne (?:peux|puis|pourrai|vais|suis|souhaite"
        r"|saurais)(?: malheureusement)?(?: pas)?(?: malheureusement)? (?:\S+"
        r" ){0,3}?(?:(?:vous |t'|vous y )?aider|fournir|répondre|accéder|satisfaire|rédiger"
        r"|écrire|créer|générer|donner|proposer|participer|faire (?:cela|ça)|partager"
        r"|assister|autorisée? à|en mesure|expliquer comment|soutenir)"
        r"|je (?:dois|préfère) (?:\S+ )?(?:refuser|décliner)|je refuse d(?:e |')"
        r"|il m'est impossible de|je ne (?:le )?(?:peux|ferai) pas(?=[.,!]))",
    ),
    Wording(
        triggers="no puedo|no podré|no podría|no me es posible|debo rechazar|no voy a|no estoy"
        "|me niego|no me está",
        expression=r"(?:(?:lo siento(?: mucho)?|lo lamento|lamentablemente|disculpa|disculpe"
        r"|perdona"
        r"|perdón|desafortunadamente|por desgracia|no|como (?:ia|modelo|asistente"
        r"|una ia)[^,.\n]{0,50}|entiendo[^.\n]{0,80})(?:[,.!:;—–-]|\s)*(?:pero\s+)?){0,3}"
        r"(?:no (?:puedo|podré|podría|voy a|debo)(?: \S+){0,2}? ?(?:ayudar\w*|proporcionar\w*"
        r"|cumplir|responder a|asistir\w*|escribir\w*|crear|generar|dar\w*|ofrecer\w*"
        r"|participar|hacer(?:lo| eso)|compartir|facilitar\w*|redactar|explicar\w* cómo"
        r"|colaborar|apoyar)"
        r"|no me (?:es posible|está permitido)|debo (?:rechazar|negarme|declinar)|me niego a"
        r"|no estoy (?:autorizad[oa]|en condiciones|dispuest[oa]|capacitad[oa]))",
    ),
    Wording(
        triggers="não posso|não poderei|não me é|não vou|não estou|preciso recusar|devo recusar"
        "|recuso"
        "|não consigo",
        expression=r"(?:(?:sinto muito|lamento|desculpe|desculpa|peço desculpas?|infelizmente"
        r"|perdão|não"
        r"|como (?:ia|modelo|assistente|uma ia)[^,.\n]{0,50}"
        r"|entendo[^.\n]{0,80})(?:[,.!:;—–-]|\s)*(?:mas\s+)?){0,3}"
        r"(?:não (?:posso|poderei|vou|devo|consigo)(?: \S+){0,2}? ?(?:ajud\w*|fornecer"
        r"|atender|responder a|escrever|criar|gerar|dar|oferecer|participar|fazer isso"
        r"|compartilhar|auxiliar|redigir|explicar como|colaborar|apoiar)"
        r"|não me é possível|(?:preciso|devo|tenho de|tenho que) recusar|recuso-me"
        r"|não estou (?:autorizad[oa]|disposto|disposta|em condições))",
    ),
    Wording(
        triggers="не могу|не буду|не смогу|вынужден|не имею права|отказыва|не вправе",
        expression=r"(?:(?:извините|простите|к сожалению|мне (?:очень )?жаль|прошу прощения"
        r"|сожалею|нет"
        r"|как (?:ии|языковая модель|ассистент)[^,.\n]{0,50}"
        r"|я понимаю[^.\n]{0,80})(?:[,.!:;—–-]|\s)*(?:но\s+)?){0,3}"
        r"(?:(?:я )?(?:не (?:могу|смогу|буду|вправе|имею права))(?: \S+){0,3}? ?(?:помо\w*"
        r"|предостав\w*|выполн\w*|ответить на (?:это|такой|этот)|написа\w*|созда\w*|писать"
        r"|дать|давать|предлож\w*|участв\w*|сделать (?:это|этого)|это сделать|подел\w*"
        r"|объясн\w*|содейств\w*|обсужда\w*)"
        r"|(?:я )?вынужден[а]? отказа\w*|(?:я )?отказываюсь)",
    ),
    Wording(
        triggers="无法|不能|無法|抱歉|不会|拒绝|拒絕|不便|不方便",
        expression=r"(?:(?:非常|很|十分|真的)?(?:抱歉|对不起|對不起|遗憾|不好意思)|作为(?:一个"
        r"|一名)?(?:人工智能|ai|语言模型)[^，。\n]{0,20}|作為[^，。\n]{0,20}"
        r"|我(?:能)?理解[^。\n]{0,40}|您好|你好|但是?|不)?[，。,.!！：:\s]*(?:(?:但是?"
        r"|不过)[，\s]*)?"
        r"(?:我|本人|这个我|这方面我|恕我|[这這此][^，。\n]{1,6}我"
        r"|[这這此]个?(?:要求|请求))?(?:暂时|目前|确实|实在|必须)?(?:无法|無法|不能"
        r"|不可以|不会|不會|不便|没办法|沒辦法|拒绝|拒絕)(?:为|為|向|给|替|帮|就|协助"
        r"|在这)?(?:您|你|这|這|此)?[^，。！\n]{0,14}?(?:提供|帮助|幫助|协助|協助"
        r"|回答|满足|滿足|完成这|处理这|撰写|编写|生成|创作|写|寫|讨论|討論|参与|參與|支持|分享"
        r"|配合|执行|帮|给出|透露|解答|這樣做|这样做|这么做)",
    ),
    Wording(
        triggers="できません|致しかねます|いたしかねます|お断り|お手伝いでき|お答えでき|応じられ"
        "|控え|かねます",
        expression=r"(?:(?:大変|誠に)?(?:申し訳(?:ありません|ございません|ないのですが|ありませんが"
        r"|ございませんが)|すみません|すみませんが|ごめんなさい|恐れ入りますが|残念ながら"
        r"|恐縮ですが)が?[、。\s]*(?:しかし|ですが)?[、\s]*"
        r"|aiとして[^、。\n]{0,12}、)?"
        r"[^。！\n]{0,45}?(?:お手伝い|お答え|回答|提供|支援|作成|対応|お応え|協力|ご案内"
        r"|お教え|ご説明|執筆|共有|ご提供|助言)(?:を|は|に)?(?:する(?:こと)?(?:は"
        r"|が))?(?:することは|することが|は|が)?(?:でき(?:ません|かねます)|いたしかねます"
        r"|致しかねます|しかねます|控え|差し控え)|(?:大変"
        r"|誠に)?(?:申し訳[^。、\n]{0,12}[、。]\s*)?[^。！\n]{0,30}?"
        r"(?:お断り(?:いたし|し|させ)|応じられません|応じることはできません|お応えできません"
        r"|お答えできません|お手伝いできません)",
    ),
    Wording(
        triggers="수 없습니다|수 없어요|어렵습니다|드릴 수 없|거절",
        expression=r"(?:(?:정말 )?(?:죄송합니다|죄송하지만|미안합니다|미안하지만|유감스럽지만"
        r"|안타깝지만)[,.!\s]*(?:하지만|그러나)?\s*)?[^.!\n]{0,50}?(?:도와드릴"
        r"|도움을 드릴|도와 드릴|제공(?:할|해 드릴|해드릴)|답변(?:할|해 드릴|드릴|해드릴)"
        r"|작성(?:할|해 드릴|해드릴)|응할|지원(?:할|해 드릴)|알려드릴|알려 드릴|설명(?:할"
        r"|해 드릴|드릴)) ?수 없|^(?:죄송하지만 )?[^.!\n]{0,30}거절(?:하겠|해야)",
    ),
    Wording(
        triggers="non posso|non sono in grado|devo rifiutare|mi rifiuto|non mi è possibile"
        "|non potrò",
        expression=r"(?:(?:mi (?:dispiace|spiace)|spiacente|purtroppo|scusa|scusi|no|come (?:ia"
        r"|modello"
        r"|assistente)[^,.\n]{0,50}|capisco[^.\n]{0,80})(?:[,.!:;—–-]|\s)*(?:ma\s+)?){0,3}"
        r"(?:non (?:posso|potrò|sono in grado di"
        r"|sono autorizzat[oa] a)(?: \S+){0,2}? ?(?:aiutar\w*|fornir\w*|rispondere a"
        r"|assister\w*|scriver\w*|crear\w*|generar\w*|dar\w*|offrir\w*|partecipar\w*"
        r"|far(?:e questo|lo)|condivider\w*|soddisfare|spiegar\w* come)|(?:devo"
        r"|sono costrett[oa] a) rifiutar|mi rifiuto di|non mi è possibile)",
    ),
)
"""Openings of refusals."""

HELPS = (
    "here is|here's|here are|the following|for example|below is|below are|step 1|1. "
    "|you can use|you could use|try this|let me |hier ist|hier sind|folgende|zum beispiel"
    "|voici|par exemple|ci-dessous"
    "|aquí tienes|aquí está|aquí hay|por ejemplo|a continuación|aqui está"
    "|aqui estão|por exemplo|вот |например|以下|例如|下面是|你可以用|可以这样|次のように|例えば"
    "|以下|たとえば|다음과 같|예를 들어|ecco|ad esempio"
    "|based on|what i can tell|in general terms|aus dem, was|d'après|según lo"
    "|a partir de|根据|基づ|судя по"
)
"""Texts, joined by `|`, that introduce help after a refusal."""

SPEAKS_OF_REFUSING = (
    "declin|refus|reject|turn down|turning down|say no|saying no|rejection|ablehn|absag"
    "|weiger|décliner|rechaz|negativa|negarse|recus|отказ|отклон|откаж"
    "|拒绝|婉拒|拒絕|断る|断り|辞退|거절|rifiut|can't help|cannot help|can't assist"
    "|unable to help|ne peux pas|no puedo|não posso|не могу|kann nicht|ich kann|"
    "我无法|我不能|できません|수 없|non posso"
)
"""Texts, joined by `|`, of requests whose answer may rightly contain a refusal."""
