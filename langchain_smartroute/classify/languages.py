"""Cues of languages other than English.

Whole words for languages whose forms can be listed (German, French, Spanish, Portuguese,
Italian), stems for others (Chinese, Japanese, Korean, Russian, Arabic). In Japanese and Korean
the object often comes before the verb, so a tail may be the verb.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from langchain_smartroute.classify.cue import NEAR, WITHIN, Cue

if TYPE_CHECKING:
    from langchain_smartroute.types import Task

__all__ = ["LANGUAGES"]

_GERMAN: tuple[tuple[Task, str, str], ...] = (
    (
        "code",
        "schreibe|schreib|schreiben|erstelle|erstellen|implementiere|implementieren|programmiere|behebe",
        "funktion|klasse|skript|script|code|programm|api|methode|abfrage|sql",
    ),
    ("classification", "klassifiziere|klassifizieren|kategorisiere|ordne|stimmung|bewerte", ""),
    ("reasoning", "erkläre|erklären|warum|wieso|beweise|begründe|schlussfolgere", ""),
    ("math", "berechne|berechnen|löse|ableitung|wie viele|wie viel", ""),
    ("translation", "übersetze|übersetzen|übersetz|übersetzung", ""),
    ("summarization", "zusammenfassung|zusammenfassen|fasse|fass", "(?:\\S+\\s+){0,30}?zusammen"),
    ("extraction", "extrahiere|extrahieren", ""),
    (
        "creative",
        "schreibe|schreib|schreiben|verfasse|dichte|erfinde",
        "geschichte|gedicht|artikel|blogbeitrag|e-mail|email|aufsatz|märchen|brief|lied|slogan|rede",
    ),
    ("vision", "beschreibe|beschreiben|zeigt|sieht", "bild|foto|screenshot|diagramm|grafik"),
)
_FRENCH: tuple[tuple[Task, str, str], ...] = (
    (
        "code",
        "écris|écrivez|écrire|crée|créer|implémente|implémenter|génère|corrige|développe",
        "fonction|classe|script|code|programme|api|requête|méthode",
    ),
    ("classification", "classez|classer|classifie|classifier|catégorise|catégorisez", ""),
    ("reasoning", "explique|expliquez|expliquer|pourquoi|prouve|démontre|déduis", ""),
    ("math", "calcule|calculez|calculer|résous|résoudre|dérivée|intégrale|combien de", ""),
    ("translation", "traduis|traduisez|traduire|traduction", ""),
    ("summarization", "résume|résumez|résumer|un résumé|le résumé|synthétise", ""),
    ("extraction", "extrais|extrayez|extraire", ""),
    (
        "creative",
        "écris|écrivez|écrire|rédige|rédigez|rédiger|compose|invente",
        "histoire|poème|article|blog|e-mail|email|courriel|essai|conte|lettre|chanson|slogan|discours",
    ),
    ("vision", "décris|décrivez|décrire|montre|voit", "image|photo|capture|diagramme|schéma"),
)
_SPANISH: tuple[tuple[Task, str, str], ...] = (
    (
        "code",
        "escribe|escribir|escríbeme|crea|crear|implementa|implementar|genera|corrige|programa",
        "función|funcion|clase|script|código|codigo|programa|api|consulta|método",
    ),
    ("classification", "clasifica|clasificar|clasifique|categoriza|etiqueta", ""),
    ("reasoning", "explica|explicar|explícame|por qué|demuestra|razona", ""),
    ("math", "calcula|calcular|resuelve|resolver|derivada|cuántos|cuántas", ""),
    ("translation", "traduce|traducir|tradúceme|traduzca|traducción", ""),
    ("summarization", "resume|resumir|resumen|resúmeme", "(?:el|la|los|las|este|esta|del|de)"),
    ("extraction", "extrae|extraer|extraiga", ""),
    (
        "creative",
        "escribe|escribir|escríbeme|redacta|redactar|compone|inventa",
        "historia|poema|artículo|articulo|blog|correo|email|ensayo|cuento|carta|canción|eslogan",
    ),
    ("vision", "describe|describir|muestra|ves", "imagen|foto|captura|diagrama|fotografía"),
)
_PORTUGUESE: tuple[tuple[Task, str, str], ...] = (
    (
        "code",
        "escreva|escreve|escrever|crie|criar|implemente|gere|corrija|programe",
        "função|funcao|classe|script|código|codigo|programa|api|consulta|método",
    ),
    (
        "classification",
        "classifique|classifica|classificar|rotule",
        "(?:o|a|os|as|este|esta|esse|essa|cada)",
    ),
    ("reasoning", "explique|explica|explicar|por quê|por que|deduza", ""),
    ("math", "calcule|calcular|resolva|resolver|quantos|quantas", ""),
    ("translation", "traduza|traduz|traduzir|tradução", ""),
    ("summarization", "resuma|resumir|resumo|sintetize", ""),
    ("extraction", "extraia|extrair", ""),
    (
        "creative",
        "escreva|escreve|escrever|redija|componha|invente|crie",
        "história|historia|poema|artigo|blog|e-mail|email|redação|ensaio|conto|carta|música|slogan",
    ),
    ("vision", "descreva|descrever|mostra", "imagem|foto|captura|diagrama|fotografia"),
)
_ITALIAN: tuple[tuple[Task, str, str], ...] = (
    (
        "code",
        "scrivi|scrivere|crea|creare|implementa|genera|correggi|programma",
        "funzione|classe|script|codice|programma|api|query|metodo",
    ),
    ("classification", "classifica|classificare|categorizza|etichetta", ""),
    ("reasoning", "spiega|spiegami|spiegare|perché|dimostra|deduci", ""),
    ("math", "calcola|calcolare|risolvi|risolvere|derivata|integrale|quanti|quante", ""),
    ("translation", "traduci|tradurre|traduca|traduzione", ""),
    ("summarization", "riassumi|riassumere|riassunto|sintetizza", ""),
    ("extraction", "estrai|estrarre", ""),
    (
        "creative",
        "scrivi|scrivere|componi|inventa|redigi",
        "storia|poesia|articolo|blog|email|e-mail|saggio|racconto|lettera|canzone|slogan",
    ),
    ("vision", "descrivi|descrivere|mostra", "immagine|foto|schermata|diagramma|fotografia"),
)
_CHINESE: tuple[tuple[Task, str, str], ...] = (
    (
        "code",
        "写|编写|实现|生成|创建|修复|调试|寫|編寫|實現|用python|用java|用go",
        "函数|代码|脚本|程序|接口|函數|代碼|腳本|程式|sql|正则|类",
    ),
    ("code", "重构|重構|报错|bug", ""),
    ("classification", "分类|归类|情感分析|情感倾向|判断|分類|类别|正面还是负面", ""),
    ("reasoning", "解释|为什么|推理|分析一下|证明|推断|原因|解釋|為什麼", ""),
    ("math", "计算|求解|解方程|方程|求导|积分|多少个|一共|計算|概率", ""),
    ("translation", "翻译|譯成|译成|译为|翻譯", ""),
    ("summarization", "总结|概括|摘要|归纳|總結|概述", ""),
    ("extraction", "提取|抽取|找出|列出文中", ""),
    (
        "creative",
        "写|创作|编|撰写|起草|寫|想",
        "故事|诗|小说|文章|散文|歌词|剧本|广告|标语|邮件|演讲|名字|作文|詩|口号|文案",
    ),
    ("vision", "描述|图片|照片|截图|图中|图里|圖片", "图|照片|什么|谁|几个|内容|什麼"),
)
_JAPANESE: tuple[tuple[Task, str, str], ...] = (
    ("code", "関数|コード|スクリプト|プログラム|クラス|api|sql", "書|作|実装|生成|修正|デバッグ"),
    ("code", "リファクタ|デバッグ", ""),
    ("classification", "分類|感情分析|カテゴリ|ラベル", ""),
    ("reasoning", "説明して|なぜ|どうして|推論|証明|理由", ""),
    ("math", "計算|方程式|解いて|微分|積分|確率", ""),
    ("translation", "翻訳|訳して|英訳|和訳", ""),
    ("summarization", "要約|まとめて|要点", ""),
    ("extraction", "抽出|抜き出", ""),
    (
        "creative",
        "物語|詩|小説|エッセイ|記事|メール|俳句|短編|キャッチコピー|歌詞|ストーリー",
        "書|作|考え",
    ),
    ("vision", "画像|写真|スクリーンショット", "何|説明|写って|見え|誰"),
)
_KOREAN: tuple[tuple[Task, str, str], ...] = (
    ("code", "함수|코드|스크립트|프로그램|클래스|api|sql", "작성|만들|구현|짜|생성|수정|디버"),
    ("code", "리팩터|리팩토|디버깅", ""),
    ("classification", "분류|감정 분석|감성 분석|카테고리", ""),
    ("reasoning", "설명해|왜|추론|증명|이유", ""),
    ("math", "계산|방정식|풀어|미분|적분|확률", ""),
    ("translation", "번역|영어로|한국어로", ""),
    ("summarization", "요약|간추|정리해", ""),
    ("extraction", "추출|뽑아", ""),
    (
        "creative",
        "이야기|시를|소설|에세이|글을|이메일|동화|가사|슬로건|편지",
        "써|쓰|작성|지어|만들",
    ),
    ("vision", "이미지|사진|스크린샷", "무엇|뭐|설명|묘사|누구"),
)
_RUSSIAN: tuple[tuple[Task, str, str], ...] = (
    (
        "code",
        "напиш|создай|реализу|сгенериру|исправь|разработа",
        "функци|класс|скрипт|код|программ|api|запрос|метод",
    ),
    ("code", "отлад|рефактор", ""),
    ("classification", "классифицир|категориз|тональност|определи катег|отнеси к", ""),
    ("reasoning", "объясни|почему|докаж|рассужд|сделай вывод|причин", ""),
    ("math", "вычисли|посчита|рассчита|решите|реши |уравнени|интеграл|производн|сколько", ""),
    ("translation", "перевед|перевод|перевест", ""),
    ("summarization", "резюмир|кратко излож|сократи|краткое содерж|подытож|суммир", ""),
    ("extraction", "извлек|выпиши|извлеч", ""),
    (
        "creative",
        "напиш|сочини|придума|состав",
        "рассказ|стих|стать|эссе|сказк|письм|истори|песн|слоган|назван|речь",
    ),
    ("vision", "опиши|что |кто ", "изображен|фото|картинк|скриншот"),
)
_ARABIC: tuple[tuple[Task, str, str], ...] = (
    ("code", "اكتب|أنشئ|أصلح|برمج|نفذ", "دالة|كود|برنامج|سكريبت|شيفرة|واجهة برمجة"),
    ("classification", "صنف|صنّف|تصنيف|تحليل المشاعر", ""),
    ("reasoning", "اشرح|لماذا|أثبت|استنتج|برهن|كيف يعمل", ""),
    ("math", "احسب|معادلة|مشتقة|تكامل|كم عدد", ""),
    ("translation", "ترجم|ترجمة", ""),
    ("summarization", "لخص|لخّص|ملخص|تلخيص", ""),
    ("extraction", "استخرج|استخراج", ""),
    ("creative", "اكتب|ألف|أنشئ", "قصة|قصيدة|مقال|رسالة|بريد|شعار|خطاب"),
    ("vision", "صف|ماذا|ما الذي|من في", "صورة|لقطة الشاشة"),
)

_WORD_TABLES = (_GERMAN, _FRENCH, _SPANISH, _PORTUGUESE, _ITALIAN)
_STEM_TABLES = (_CHINESE, _JAPANESE, _KOREAN, _RUSSIAN, _ARABIC)

LANGUAGES: tuple[Cue, ...] = (
    *(Cue(task=t, heads=h, tails=e, gap=NEAR) for table in _WORD_TABLES for t, h, e in table),
    *(
        Cue(task=t, heads=h, tails=e, gap=WITHIN, stems=True)
        for table in _STEM_TABLES
        for t, h, e in table
    ),
)
