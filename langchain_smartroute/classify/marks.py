"""Words and punctuation that indicate difficulty, in twelve languages.

Parts of lower-case words, searched in a text with a space before and after it, so that a
leading space means the start of a word. Plain substrings, as searching a hundred of them is
faster than one regular expression. Alternatives are joined by `|`.
"""

from __future__ import annotations

__all__ = ["DEPTH", "PROGRAM", "WORK"]

PROGRAM = (
    "```|traceback|exception:|error:|\ndef |\nclass |\nimport |#include|{\n|);\n|();|=> | == |"
    "</|select * |\tat |public static|function("
)
"""Program text, markup, a query or a stack trace."""

WORK = (
    " implement| build| write| create| develop| debug| refactor| fix | compare| plan |"
    " analyse| analyze| solve| calculate| compute| evaluate| schreib|entwickl|berechne|"
    "vergleich|analysier| écri|implément| compar| calcul| analys|escrib|implementa| analiza|"
    " escrev| scriv|confronta| напиш|реализ| сравни|вычисли|посчита| реши|проанализ|اكتب|قارن|"
    "احسب|حلل|लिख|तुलना|हल कर|写|实现|比较|分析|计算|求解|設計|设计|"
    "修复|書い|作成|実装|比較|計算|解い|작성|구현|비교|분석|계산|만들어"
)
"""Verbs of work: to make, compute or compare something."""

DEPTH = (
    " prove | prove:| proof|optimiz|optimis|architect| design a | design an |step by step|"
    "step-by-step|trade-off|tradeoff|distributed|scalab|concurren|thread-safe| derive |"
    "derivation|theorem|complexity|rigorous|in depth|edge case|fault-toleran|fault toleran|"
    "consistency|migrat|constraint|high availability|zero downtime|exactly-once|"
    "counterexample|lock-free|beweis|optimier|entwirf|entwerfe|schritt für schritt|verteilte|"
    "architektur|komplexität|ausfallsicher|démontre| prouve| conçois| concevez| concevoir|"
    "étape par étape|distribué|complexité|tolérance|demuestr| diseñ|paso a paso|distribuid|"
    "complejidad|arquitectura|projete|otimiz|passo a passo|dimostra|ottimizz|progetta|"
    "complessità|distribuit|докаж|доказ|оптимиз|спроектир|пошагов|распредел|архитектур|"
    "сложност|отказоустойчив|برهن|أثبت|صمم|خطوة بخطوة|موزع|تعقيد|सिद्ध|डिज़ाइन|चरण दर चरण|证明|"
    "優化|优化|架构|架構|逐步|分布式|权衡|推导|复杂度|高并发|高可用|一致性|"
    "証明|最適化|段階的|分散|導出|計算量|整合性|可用性|증명|최적화|설계|단계별|분산|"
    "복잡도|유도|일관성|아키텍처"
)
"""Words for demanding work: proof, design, optimisation, guarantees."""
