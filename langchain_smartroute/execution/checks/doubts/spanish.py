"""Wordings of uncertainty in Spanish answers: first person, or the answer as the subject."""

from __future__ import annotations

from langchain_smartroute.execution.checks.wording import (
    CLAUSE,
    NUMBER,
    SENTENCE,
    SHORTLY,
    Language,
    Wording,
)

__all__ = ["SPANISH"]

SPANISH = Language(
    wordings=(
        Wording(
            triggers="segur|certeza|duda|convencid",
            expression=r"\bno (?:estoy|me siento) (?:(?:del todo|completamente|totalmente|muy|tan"
            r"|absolutamente|enteramente|plenamente|100 ?%|al 100 ?%) )*(?:segur|convencid)"
            r"|\b(?:sin estar|no puedo estar) (?:\w+ )?(?:\w+ )?segur|\bno (?:lo )?(?:sé"
            r"|puedo decir\w*|puedo afirmar\w*|puedo asegurar\w*"
            r"|sabría decir\w*) (?:a ciencia cierta|con (?:total |plena )?(?:certeza|seguridad))"
            r"|\btengo (?:mis |algunas |alguna |ciertas |una )?dudas?\b|\bme queda (?:la|una"
            r"|alguna) duda",
        ),
        Wording(
            triggers="descarto|excluyo|demostración|prueba|equivoc|error|confund|si no he|si he"
            "|si mi"
            "|puede que|es posible que|quizá|tal vez",
            expression=r"\b(?:no|tampoco) (?:descarto|excluyo)|\bno tengo (?:una "
            r"|ninguna )?(?:demostración"
            r"|prueba)|\b(?:podría|puedo) equivocarme|\b(?:puedo|podría|pudiera) (?:estar|haberme"
            r"|haber) (?:\w+ )?(?:equivoc|cometido|confund)(?!ad[oa] en (?:todo|eso de))"
            r"|\b(?:puede|puede ser|es posible|quizás?|tal vez) (?:que )?(?:me |esté |haya "
            r"|me haya |me esté )+(?:\w+ )?(?:equivoc|confund|cometido|olvid|salt)"
            r"|\bsi no me equivoco|\bsalvo (?:que me |error)"
            r"|\bsi (?:no he|he|mis|mi) (?:\w+ )?(?:contado|calculado|cálculos?|entendido|leído"
            r"|cuentas)|\b(?:quizás?|tal vez|a lo mejor) me (?:equivoc|he equivoc|esté equivoc"
            r"|confund)|\bpodría haber (?:un|algún) error en (?:mi|el cálculo|los cálculos|este)",
        ),
        Wording(
            triggers="recuerdo|recordar|memoria|que yo sepa|hasta donde|según recuerdo",
            expression=r"\bsi (?:mal )?no recuerdo mal|\bsi recuerdo bien|\bsi mal no recuerdo"
            r"|\bsi la memoria|\bno recuerdo (?:bien|con|exactamente|el valor|si|la)"
            r"|\bque yo sepa|\bhasta donde (?:yo )?(?:sé|recuerdo|llego)|\bde memoria(?=[.,;)]|$)"
            r"|\bsegún recuerdo|\bcreo recordar",
        ),
        Wording(
            triggers="me inclino|mano en el fuego|cautela|a ojo|me parece que|conjetura|suposición"
            "|supongo"
            "|adivin|intuición|al azar|apostaría|yo diría|pinzas|orientativ",
            expression=r"\b(?:solo|sólo|solamente|apenas|mera"
            r"|simple) (?:es )?(?:una? )?(?:mera )?(?:conjetura|suposición|intuición)"
            rf"|{CLAUSE}(?:yo )?(?:supongo que|diría que|apostaría)|\bestoy adivinando"
            rf"|\bt[óo]m[ae]\w* (?:\w+ )?con (?:\w+ )?(?:pinzas|cautela|reservas|precaución)"
            rf"|\bme inclino (?:por|a)\b|\bmano en el fuego|\ba ojo(?=[.,;)]|$| )",
        ),
        Wording(
            triggers="desconozco|no sé|comprueba|compruéba|asegurarl|comprobado|verificado|verific"
            "|revís"
            "|revis|comprueb|comprobar|no sabría|no puedo|garantiz",
            expression=r"\bno (?:lo |la |los )?he (?:podido )?(?:comprobado|verificado|revisado"
            r"|comprobar"
            r"|verificar)|\bno sabría (?:decir|asegurar)"
            r"|\b(?:desconozco|no sé) (?:la|el|si|cuál|exactamente|con)\b|\bno (?:puedo"
            r"|podría) (?:garantizar|asegurar|confirmar|descartar)"
            r"|\b(?:revísalo|verifícalo|compruébalo|revíselo|verifíquelo|compruébelo"
            r"|conviene (?:comprobar|verificar|revisar)lo|habría que (?:comprobar|verificar"
            r"|revisar)lo)",
        ),
        Wording(
            triggers="podría ser|puede ser|posiblemente|quizá|tal vez|probablemente|a lo mejor"
            "|debería ser",
            expression=r"\b(?:la|mi) (?:respuesta|solución) (?:correcta |final )?(?:podría|debería"
            r"|pudiera) (?:\w+ )?ser(?! (?:\w+[ai]d[oa]|escrita|vista|puesta|hecha)\b)"
            r"|\b(?:la|mi|el) (?:respuesta|resultado|solución|valor|total|probabilidad|área"
            r"|suma) (?:correcta |final )?(?:es|sería|da) (?:posiblemente|quizás?|tal vez"
            r"|probablemente|a lo mejor)"
            rf"|\bel (?:resultado|valor|total) (?:podría|debería) ser {NUMBER}"
            rf"|{SENTENCE}¿?(?:quizás?|tal vez|posiblemente|probablemente|a lo mejor) (?:(?:a las"
            rf"|a|sean|sea|es|son|unos|el) )*{NUMBER}{SHORTLY}"
            rf"|(?:{CLAUSE}(?:pero )?(?:esto|eso)|\bmi (?:cálculo|razonamiento"
            rf"|respuesta)) (?:podría|puede) (?:\w+ )?(?:estar|ser) (?:mal|equivocad|incorrect"
            rf"|erróne)",
        ),
    ),
    voided_by=r"\b(?:si|cuando|supongamos|imaginemos)\b[^,;:]*$"
    r"|\b(?:dice|dijo|dicen|afirma|piensa|cree|pregunta|responde|respondió|significa"
    r"|frase|expresión)\b[^.;]*$"
    r"|\b(?:imposible|nadie|de ninguna manera)\b[^.;]*$",
    needs=" es | la | el | que | los | una |no sé|quizá|creo|supongo",
)
