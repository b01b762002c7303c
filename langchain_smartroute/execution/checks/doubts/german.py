"""Wordings of uncertainty in German answers: first person, or the answer as the subject."""

# ruff: noqa: RUF001 - the letters and the punctuation of the language read here

from __future__ import annotations

from langchain_smartroute.execution.checks.wording import (
    CLAUSE,
    NUMBER,
    SENTENCE,
    SHORTLY,
    Language,
    Wording,
)

__all__ = ["GERMAN"]

_W = r"(?:[\w%]+ )"
"""A word."""

GERMAN = Language(
    wordings=(
        Wording(
            triggers="sicher|zweifel",
            expression=rf"\bich bin (?:mir )?{_W}{{0,4}}?(?:nicht {_W}{{0,2}}?|un)sicher\b"
            rf"|\bbin (?:ich )?(?:mir )?{_W}{{0,4}}?(?:nicht {_W}{{0,2}}?|un)sicher\b"
            rf"|\bsicher bin ich (?:mir )?{_W}{{0,3}}?nicht"
            rf"|{CLAUSE}(?:aber |allerdings |jedoch )?nicht (?:ganz|hundertprozentig|völlig"
            rf"|absolut) sicher"
            rf"|\bich habe (?:da |hier |noch |gewisse |leise )*zweifel",
        ),
        Wording(
            triggers="irre|täusch|verrechn|vertan|verzähl|falsch|vergessen|übersehen|vertauscht"
            "|verwechsel"
            "|missverst|fehler|gerechnet|könnte|vielleicht|möglicherweise",
            expression=rf"\bich (?:kann|könnte|mag"
            rf"|habe) mich {_W}{{0,4}}(?:irren|täuschen|verrechnet"
            rf"|vertan"
            rf"|verzählt)"
            rf"|\b(?:kann|könnte|mag) ich mich {_W}{{0,4}}(?:irren|täuschen|verrechnet|vertan"
            rf"|verzählt)"
            r"|\b(?:vielleicht|möglicherweise|womöglich|eventuell) (?:irre ich|täusche ich"
            r"|liege ich|habe ich)"
            r"|\b(?:wenn|falls|sofern) (?:ich (?:\w+ )?(?:richtig|korrekt) (?:ge|ver|liege)"
            r"|mir (?:\w+ )?kein (?:\w+ )?fehler|meine \w+ (?:stimm|korrekt|richtig))"
            r"|\bfehler (?:\w+ )?(?:sind|ist) (?:\w+ )?(?:nicht ausgeschlossen|möglich|denkbar)"
            r"|\b(?:wenn|falls|sofern) ich mich (?:hier |da )?nicht (?:irre|täusche|verrechnet"
            r"|vertan|verzählt)"
            rf"|\bich (?:könnte|kann|mag) {_W}{{0,5}}(?:falsch (?:liegen|verstanden)|(?:vergessen"
            rf"|übersehen|verwechselt|vertauscht|missverstanden) haben)"
            rf"|(?:{CLAUSE}(?:aber |allerdings |jedoch )?(?:das|dies|es)|\bmeine {_W}"
            rf"|\bdie (?:antwort|rechnung|lösung|angabe)|\bdas ergebnis|\bmein {_W})"
            r" ?(?:könnte|kann|mag)(?: [\w%]+){0,3} (?:falsch|fehlerhaft|ungenau"
            r"|nicht (?:ganz )?(?:stimmen|korrekt|richtig))",
        ),
        Wording(
            triggers="wenn ich|soweit ich|soviel ich|meines wissens"
            "|aus dem kopf|aus dem gedächtnis",
            expression=r"\bwenn ich (?:mich )?(?:es |das )?(?:richtig"
            r"|recht) (?:erinnere|sehe|verstehe"
            r"|verstanden|entsinne|im)"
            r"|\bso(?:weit|viel) ich (?:weiß|sehe|mich|das)|\bmeines wissens|\baus dem (?:kopf"
            r"|gedächtnis)\b",
        ),
        Wording(
            triggers="schließe|beweis|geraten|geschätzt|überschlagen|im kopf|tendiere|neige|verlass"
            "|festlegen|vorbehalt|vorsicht|glaube ich|meine ich|vermutung|ich tippe|ich rate"
            "|ich vermute|ich schätze|ich würde|gewähr|garantie",
            expression=r"\b(?:nur|bloß|lediglich|rein|eher) (?:so )?(?:geraten|(?:eine "
            r"|meine )?(?:\w+ )?(?:vermutung|schätzung))"
            rf"|\bich (?:tippe|vermute|rate (?:mal|nur|einfach|hier))\b|{SENTENCE}ich schätze,"
            rf"|\bich würde {_W}{{0,4}}?(?:tippen|vermuten)"
            r"|\bich tendiere (?:\w+ )?zu|\bschließe (?:ich )?(?:\w+ )?nicht aus"
            r"|\beinen? (?:\w+ )?beweis (?:habe|kenne) ich (?:\w+ )?nicht"
            r"|\bich habe (?:\w+ )?keinen (?:\w+ )?beweis|\bfestlegen (?:möchte|will"
            r"|würde) ich mich|\bverlass(?:en sie sich| dich) (?:\w+ )?(?:nicht|bitte)|\b(?:unter"
            r"|mit) vorbehalt|\bmit (?:\w+ )?vorsicht (?:zu )?(?:genieß|betracht)"
            rf"|\bhabe ich {_W}{{0,3}}?(?:geschätzt|überschlagen|im kopf|geraten)"
            rf"|\d[^.!?\n]{{0,30}}, (?:glaube|meine|denke|vermute) ich"
            r"|\bohne (?:gewähr|garantie)|\bkeine (?:gewähr|garantie) (?:für|auf) (?:die|das"
            r"|meine)",
        ),
        Wording(
            triggers="weiß|kann ich|ich kann|überprüf|nachgerechnet|geprüft|prüfen|rechnen|erinner",
            expression=rf"\bich weiß {_W}{{0,3}}?nicht (?:genau|sicher|mehr|ob|mit)"
            rf"|\b(?:kann ich|ich kann) {_W}{{0,4}}?nicht {_W}{{0,3}}?(?:garantieren"
            rf"|mit sicherheit|sicher sagen|ausschließen|bestätigen|beurteilen|erinnern)"
            rf"|\bich habe {_W}{{0,4}}?nicht {_W}{{0,2}}?(?:überprüft|nachgerechnet|geprüft"
            rf"|nachgeprüft|kontrolliert)"
            rf"|\b(?:rechne|rechnen sie|prüfe|prüfen sie|überprüfe|überprüfen sie) (?:das|es"
            rf"|dies) (?:bitte|lieber|besser|noch|sicherheitshalber|selbst|am besten)"
            rf"|\bbitte rechnen sie (?:das|es|dies)|\bbitte {_W}{{0,4}}?(?:nachprüfen|überprüfen"
            rf"|nachrechnen|prüfen|gegenprüfen|kontrollieren)(?=[.!,)\n]|$)",
        ),
        Wording(
            triggers="könnte|dürfte|wohl|vermutlich|möglicherweise|vielleicht|wahrscheinlich"
            "|eventuell",
            expression=r"\b(?:die|meine) (?:richtige |korrekte )?(?:antwort|lösung) (?:(?:könnte"
            r"|dürfte) (?!nur|nicht|auch|man)(?:[\w%/]+ ){0,3}?(?:sein|lauten|[-−]?\d)"
            r"|(?:ist|lautet) (?:also |dann )?(?:wohl|vermutlich|möglicherweise|vielleicht"
            r"|wahrscheinlich|eventuell))"
            r"|\bdas (?:ergebnis|resultat) (?:(?:ist|lautet|beträgt) (?:also |dann )?(?:wohl"
            r"|vermutlich|möglicherweise|vielleicht|wahrscheinlich)"
            rf"|(?:könnte|dürfte) {_W}{{0,2}}?{NUMBER})"
            rf"|{SENTENCE}(?:vielleicht|vermutlich|möglicherweise|wahrscheinlich|eventuell)"
            rf" (?:(?:sind es|ist es|etwa|also|ist die antwort|so) )*(?:{NUMBER}{SHORTLY}|nicht,"
            rf"|ja,|nein,)",
        ),
    ),
    voided_by=r"\b(?:wenn|falls|ob|sobald|solange|angenommen|sofern)\b[^,;:]*$"
    r"|\b(?:sagt|sagte|sagen|meint|meinte|behauptet|glaubt|glaubte|denkt|dachte|heißt"
    r"|fragt|bedeutet|gemeint ist|soll gesagt|satz|wort)\b[^.;]*$"
    r"|\b(?:keinesfalls|unmöglich|niemand|auf keinen fall)\b[^.;]*$",
    needs=" ich |nicht|könnte| ist | die | der | das |ich bin|gewähr|vermutlich",
)
