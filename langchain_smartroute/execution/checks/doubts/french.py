"""Wordings of uncertainty in French answers: first person, or the answer as the subject."""

from __future__ import annotations

from langchain_smartroute.execution.checks.wording import (
    CLAUSE,
    NUMBER,
    SENTENCE,
    SHORTLY,
    Language,
    Wording,
)

__all__ = ["FRENCH"]

FRENCH = Language(
    wordings=(
        Wording(
            triggers="sûr|certain|certitude|doute|hésite|garantie",
            expression=r"\bje (?:ne |n'en )?(?:suis"
            r"|serais) (?:\w+ )?pas (?:(?:tout à fait|entièrement"
            r"|complètement|totalement|absolument|vraiment|très|si|bien|(?:à )?100 ?%) )*(?:sûr"
            r"|certain)"
            r"|\bsans (?:en )?être (?:\w+ )?(?:sûr|certain)|\bsans (?:certitude|garantie)"
            r"|\bj'ai (?:un |des |quelques? |encore |toutefois |cependant )*(?:petit )?doutes?"
            r"|\bj'hésite|\bje doute (?:de (?:mon|ma|mes|ce)|un peu)"
            rf"|{CLAUSE}(?:mais )?pas (?:tout à fait |complètement |totalement )?(?:sûr"
            rf"|certain)e?\b",
        ),
        Wording(
            triggers="exclu|preuve|démonstration|tromp|erreur|m'abuse|je peux|je pourrais|peut-être"
            "|j'ai pu",
            expression=r"\bje (?:peux|pourrais|puis) (?:\w+ ){0,2}(?:me tromper|m'être trompé"
            r"|faire (?:une"
            r"|des) erreur|avoir (?:fait|commis|mal|oublié|confondu|inversé|sauté))"
            r"|\bj'ai (?:peut-être|pu|sans doute) (?:me tromper|fait|commis|commettre|faire|mal"
            r"|oubli|confond|invers|saut)"
            r"|\bil (?:se peut|est possible|se pourrait)(?: bien| aussi)? que (?:je (?:me|m')"
            r"|j'aie)"
            r"|\bje me trompe peut-être|\bpeut-être que je me|\bje me suis peut-être tromp"
            r"|\bil n'est pas exclu que j|\bje n'exclus pas|\bje n'ai pas de (?:\w+ )?(?:preuve"
            r"|démonstration)"
            r"|\bsi je ne (?:me trompe|m'abuse|fais pas)|\bsauf erreur"
            r"|\bune erreur (?:\w+ )?(?:reste|est|n'est) (?:pas )?(?:possible|exclue)",
        ),
        Wording(
            triggers="confirmer|prudence|calcul|j'ai bien|ne garantis|réserve|souviens|rappelle"
            "|mémoire"
            "|connaissance|sache|pincettes|précaution|vérifi",
            expression=r"\bsous (?:toute )?réserve|\bsi (?:je me souviens|je me rappelle|ma mémoire"
            r"|mes souvenirs|mes? calculs?|j'ai (?:bien|correctement)|mon calcul)"
            r"|\bje ne me (?:souviens|rappelle) (?:plus|pas)|\bà ma connaissance"
            r"|\bautant que je sache"
            r"|\bà prendre avec (?:des pincettes|précaution|prudence)"
            rf"|\bje ne (?:vous )?garantis (?:pas|rien)|{CLAUSE}de mémoire(?=[.,;!)]|$)"
            rf"|{CLAUSE}(?:donc |mais |reste )?à (?:vérifier|confirmer)(?=[.!)\n]|$)"
            r"|\bje n(?:e l'|')ai pas (?:pu )?(?:re)?vérifi|\b(?:merci de|veuillez|mieux vaut"
            r"|il faudrait|je vous conseille de|vous devriez) (?:re)?vérifier",
        ),
        Wording(
            triggers="pencherais|penche|main au feu|semble-t-il|il me semble|louche|vue de nez"
            "|estimation"
            "|supposition|intuition|je dirais|je suppose|je devine|au hasard|je parierais",
            expression=r"\b(?:qu'une|une simple|juste une|est une) (?:simple )?(?:supposition"
            r"|intuition)"
            rf"|\bmain au feu|\bme semble-t-il|\bil me semble(?=[.,])|\bà la louche"
            rf"|\bà vue de nez|\bje (?:dirais|parierais|devine|pencherais|penche)\b"
            rf"|{CLAUSE}je suppose que\b|\bje (?:\w+ ){{1,2}}au hasard\b",
        ),
        Wording(
            triggers="je ne sais|je ne peux|je ne saurais|je ne pourrais",
            expression=r"\bje ne (?:sais|saurais|peux|pourrais) (?:pas "
            r"|plus )?(?:\w+ )?(?:exactement"
            r"|avec certitude|dire|garantir|affirmer|au juste|confirmer|trop|si )",
        ),
        Wording(
            triggers="pourrait|peut être|devrait|serait|peut-être|probablement|sans doute"
            "|possiblement"
            "|vraisembl",
            expression=r"\b(?:la|ma) (?:bonne |vraie )?(?:réponse|solution) (?:pourrait"
            r"|devrait) (?:bien "
            r"|donc |aussi )?être(?! \w+(?:ée?s?|ite?s?|ises?|ues?)\b)"
            r"|\b(?:la|ma|le|mon) (?:bonne )?(?:réponse|résultat|solution|valeur|total"
            r"|probabilité|aire|somme) (?:est|serait|vaut|vaudrait) (?:donc )?(?:peut-être"
            r"|probablement|possiblement|sans doute|vraisemblablement)"
            rf"|\b(?:le résultat|la valeur|le total) (?:pourrait|devrait) être (?:de )?{NUMBER}"
            rf"|{SENTENCE}(?:peut-être|probablement|sans doute|possiblement) (?:(?:à|de|environ"
            rf"|que c'est|c'est) )*{NUMBER}{SHORTLY}"
            rf"|(?:{CLAUSE}(?:mais )?(?:cela|ceci|ça|ce)|\bmon (?:calcul|raisonnement|résultat)"
            rf"|\bma réponse) (?:pourrait|peut) (?:bien |donc )?être (?:faux|fausse|erroné"
            rf"|inexact|incorrect)",
        ),
    ),
    voided_by=r"(?<!même )\b(?:si|s'il|quand|lorsque|supposons|imaginons)\b[^,;:]*$"
    r"|\b(?:dit|disent|affirme|pense|croit|déclare|répond|répète|signifie|phrase"
    r"|expression)\b[^.;]*$"
    r"|\b(?:impossible|personne|en aucun cas)\b[^.;]*$",
    needs=" je |je ne|j'ai| est | la | le | les | une | peut-être|erreur",
)
