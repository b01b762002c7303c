"""Wordings of uncertainty in English answers.

Only doubt about the answer itself counts: in the first person and present tense, or with the
answer as the subject. "Could be" and "possibly" about the world, about other people or in a
condition are ordinary text.
"""

from __future__ import annotations

from langchain_smartroute.execution.checks.wording import (
    CLAUSE,
    NUMBER,
    SENTENCE,
    Language,
    Wording,
)

__all__ = ["ENGLISH"]

_I_AM = (
    r"\b(?:i'm|i am|we're|we are)(?: (?:really|honestly|still|also|just|only|actually"
    r"|frankly|mostly|a bit|a little|somewhat|afraid i'm|however|though|about|around"
    r"|roughly|maybe|perhaps|,))*"
)
_FULLY = (
    r"(?:(?:at all|entirely|completely|fully|totally|quite|absolutely|really|so|too|very"
    r"|overly|particularly|altogether|perfectly|100 ?%|100 percent|exactly|terribly) )*"
)
_MAY = r"(?:might|may|could)(?: (?:very|well|easily|also|possibly|actually|just|simply|be|still))*?"
_LINK = (
    r"(?:(?:but|though|although|and|so|however|still|yet|then|hence|thus|therefore"
    r"|note that)[ ,]+)*"
)
_KIND = r"(?:(?:correct|final|right|exact|actual|true|overall|full|above|missing|next) )*"
_ANSWER = rf"\b(?:the|my) {_KIND}(?:answer|solution)"
_VALUE = (
    rf"\b(?:the|my) {_KIND}(?:answer|solution|result|value|total|sum|probability|number|remainder"
    r"|product|difference|area|count|limit|term|digit)"
)
_MINE = (
    r"(?:answer|result|calculation|reasoning|math|maths|arithmetic|solution|working|derivation"
    r"|estimate|memory|recollection|interpretation|numbers?|figures?|algebra|logic|reading)"
)
_DEGREE = (
    r"(?:quite |entirely |completely |fully |totally |slightly |a bit |strictly |way |perfectly )*"
)
_WRONG = (
    r"wrong|incorrect|inaccurate|mistaken|off\b|flawed|right\b|correct\b|accurate|outdated"
    r"|incomplete|imprecise"
)
_END = r"\S*(?: \S{1,6})?(?=[.!?,;\n]|$)"
_SEEN_AS = r"(?:written|found|seen|shown|given|put|read|any|anything|\w+ed)\b"
_ABOUT = (
    r"(?:(?:around|about|roughly|approximately|close to|something like|either|as (?:low"
    r"|high|many) as) )*"
)

ENGLISH = Language(
    wordings=(
        Wording(
            triggers="sure|certain|confiden|positive",
            expression=rf"{_I_AM} (?:not {_FULLY}(?:sure|certain"
            rf"|confident|positive)|unsure|uncertain"
            r"|(?:less|fairly|reasonably|pretty|less than|far from|mostly) (?:sure|certain"
            r"|confident)|(?:\d\d?|only \d\d?) ?(?:%|percent) (?:sure|certain|confident))"
            r"\b(?! (?:what|why|how) you| i (?:agree|follow|understand|see\b|deserve))"
            rf"|{CLAUSE}{_LINK}not {_FULLY}(?:sure|certain)\b(?! of (?:the|their|his|her))"
            r"|\bi (?:can't|cannot|can not|couldn't) (?:really |quite )*be "
            rf"{_FULLY}(?:sure|certain|confident)\b|\bwithout being {_FULLY}(?:sure|certain)"
            r"|\b(?:but|and|though|am|i'm) (?:\w+ )?less (?:sure|certain|confident) (?:about|of"
            r"|that|whether|how)"
            r"|\bwith(?:out| no| little| less) (?:\w+ )?(?:certainty|confidence)"
            r"|\b(?:low|moderate|limited|medium) confidence\b[^.\n]{0,12}(?:[.,;)\n]|$"
            r"| in (?:this|my|the))"
            r"|\bmy confidence (?:\w+ ){0,3}?is (?:\w+ )?(?:low|moderate|limited)",
        ),
        Wording(
            triggers="doubt",
            expression=r"\bi(?:'ve| do| still| also)* (?:have|got|harbou?r) (?:some |my |a few "
            r"|serious )*doubts? about"
            rf" (?:this|that|my|it|the (?:answer|result|step|{_MINE}))",
        ),
        Wording(
            triggers="i might|i may|i could|we might|we may",
            expression=rf"\b(?:i|we) {_MAY} (?:be )?(?:(?:wrong|mistaken|off|misremember|misread"
            r"|missing|confusing|mixing|overlooking|forgetting|misinterpret|miscalculat|misunderst)"
            r"|have (?:\w+ )?(?:made|mis|overlooked|missed|dropped|mixed|confused|forgotten|gotten"
            r"|slipped|lost|swapped|counted))",
        ),
        Wording(
            triggers="might|may|could",
            expression=rf"(?:{CLAUSE}{_LINK}(?:this|that|these)"
            rf"|{SENTENCE}{_LINK}it(?= [^.!?\n]{{4,40}}(?:[.,;!]|$| though| but))"
            rf"|\bmy (?:\w+ )?{_MINE}|{_ANSWER}) {_MAY}(?: not)? be"
            rf" {_DEGREE}(?:{_WRONG})(?! (?:at first|if|when|in (?:general|some)|because))"
            rf"|\b(?:the|my) (?:[\w-]+ ){{0,2}}(?:decimals?|digits?|signs?|figures?|rounding"
            rf"|constants?|factors?|exponents?|dates?|units?|numbers?|steps?|answer"
            rf"|result) {_MAY} be (?:a bit |slightly |somewhat |a little |way )?(?:off|wrong"
            rf"|inaccurate|flipped)\b(?=[.,;!)]|$| by)",
        ),
        Wording(
            triggers="mistake|error|slip|gap",
            expression=r"\bthere (?:may|might|could)(?: well)? be (?:an? |some |a few )?(?:\w+ )?"
            r"(?:mistakes?|errors?|slips?|gaps?|slip-ups?) (?:\w+ )?in (?:my|this|that|the (?:above"
            r"|calculation|reasoning|working|derivation|arithmetic|steps?))"
            rf"|\bmy (?:\w+ )?{_MINE} {_MAY} (?:contain|have)",
        ),
        Wording(
            triggers="possible|a chance|possibility|risk"
            "|apologies|sorry if|forgive me|lean|inclined"
            "|tempted|bet on|bet my|swear|hesita",
            expression=r"\bthere(?:'s| is) (?:always |still )?(?:a|some|every) (?:\w+ )?(?:chance"
            r"|possibility|risk) (?:that )?(?:i\b|i'|my\b|this is|that this"
            r"|of (?:an? )?(?:\w+ )?(?:error|mistake))"
            r"|\b(?:apologies|sorry|forgive me)(?: \w+)? if (?:this|that|it|i|my)\b|\bi(?:'m| am"
            r"|'d| would)? (?:lean(?:ing)?|inclined|tempted) (?:towards?|to) (?:say|believe|think"
            r"|answer|guess|the answer|[a-z]\b|\d)|\bi(?:'m| am)? lean(?:ing)? towards? (?:[a-z]"
            r"|\d+)[.,;]"
            r"|\bi (?:wouldn't|would not|won't) (?:bet|swear|stake)|\bi hesitate to\b|\bit(?:'s"
            r"| is) (?:\w+ )?possible (?:that )?i\b",
        ),
        Wording(
            triggers="guess|speculat",
            expression=rf"{_I_AM} (?:guessing|speculating)|\bmy (?:best |rough |educated |honest "
            rf"|first )*guess\b"
            r"|\b(?:just|only|merely|simply|purely|largely|is|it as) an? (?:\w+ )?guess\b"
            r"|\bi(?:'d| would) (?:have to )?guess\b|\bif i had to guess|\bguesswork on my"
            rf"|{SENTENCE}(?:hmm,? |well,? )?i guess\b",
        ),
        Wording(
            triggers="quote me|of salt|tentative|please|double-check|double check|treat ",
            expression=r"\bdon't quote me|\btake (?:this|that|it"
            r"|my|the)(?: \w+){0,2} with a (?:large "
            r"|big )?(?:grain|pinch)"
            r"|\btreat (?:this|it|that|my \w+) (?:only |just )?as (?:a draft|a (?:rough )?guess"
            r"|tentative|provisional)"
            r"|\bplease (?:verify|check|confirm) (?:this|these|that|my|it)\b(?! by\b)"
            r"|\b(?:please|you (?:should|may want to|might want to|might wish to)|worth|best to"
            r"|would|i'd|suggest|recommend)"
            r" (?:also )?double[- ]check(?:ing)? (?:this|that|my|it|me|the (?:answer|result|figure"
            r"|number|calculation|value|math|arithmetic))s?\b(?! by\b)",
        ),
        Wording(
            triggers="if i |if mem|if i'|assuming i|if my|unless i|as far as i|iirc"
            "|to the best of my"
            "|from memory",
            expression=r"\bif i (?:remember|recall)|\bif i(?:'m| am) (?:not (?:mistaken|wrong)"
            r"|remembering"
            r"|reading|understanding|recalling)|\bif memory serves|\bassuming i(?:'ve| have|'m"
            r"| didn't| haven't)|\biirc\b"
            rf"|\bif (?:i have|i've|i) (?:\w+ )?(?:understood|read|remembered|got|counted"
            rf"|calculated|computed|did|done|applied|set)\b[^.,\n]{{0,20}}(?:right|correctly)"
            rf"|\bif my {_MINE} (?:serves|is right|is correct|are right|are correct|holds|doesn't)"
            r"|\bunless i(?:'m| am|'ve| have)? ?(?:\w+ )?(?:mistaken|missing|wrong|made|missed"
            r"|mis\w+|overlook\w*)"
            r"|\bas far as i (?:know|can tell|can see|remember|recall|am aware|'m aware)"
            r"|\bto the best of my (?:knowledge|recollection)|\bi(?:'m| am) (?:going|working"
            r"|quoting)[^.\n]{0,20} from memory",
        ),
        Wording(
            triggers="i'd|i would|know|don't|do not|can't|cannot"
            "|couldn't|could not|haven't|have not"
            "|didn't|did not|unable|hard to say",
            expression=r"\bi (?:don't|do not) (?:really |actually |quite |honestly )*(?:(?:know"
            r"|remember"
            r"|recall)"
            r"(?: for (?:sure|certain)| the exact| exactly| offhand| whether| if | how (?:to"
            r"|many)|[.,;!]))"
            r"|\bi (?:can't|cannot|couldn't|could not|haven't|have not|didn't|did not"
            r"|am unable to|was unable to)"
            r" (?:really |actually |fully |quite |been able to |independently )*(?:verif|confirm"
            r"|guarantee|vouch|double[- ]check|recall"
            r"|remember|say (?:for (?:sure|certain)|with)|rule out|tell for (?:sure|certain)"
            r"|check(?:ed)? )"
            r"|\b(?:and|but|so|though),? (?:i )?(?:can't|cannot) (?:\w+ )?(?:say for (?:sure"
            r"|certain)|be (?:\w+ )?(?:sure|certain)|guarantee|rule out|vouch)"
            r"|\bi(?:'d| would) (?:\w+ )?(?:(?:want|like|prefer|need|have) to (?:verify|check"
            r"|confirm|double|re-?check)|(?:recommend|suggest) (?:you )?(?:verify|check"
            r"|confirm)(?:ing)? (?:this|that|it|my)\b)"
            r"|\bi (?:don't|do not) have an? (?:\w+ )?(?:proof|argument|justification|derivation"
            r"|explanation)"
            rf"|{CLAUSE}(?:hmm,? |it's |it is )*hard to say\b",
        ),
        Wording(
            triggers="could|might|may ",
            expression=rf"{_ANSWER} (?:here |then |to this "
            rf"|in this case )?{_MAY} be\b(?! (?:{_SEEN_AS}))"
            rf"|{_VALUE} {_MAY} be {_ABOUT}{NUMBER}"
            rf"|{SENTENCE}{_LINK}(?:i think |i believe |i suppose )?(?:it|that"
            rf"|this) {_MAY} be {_ABOUT}{NUMBER}",
        ),
        Wording(
            triggers="possibly|perhaps|maybe|probably|likely|presumably",
            expression=rf"{_VALUE} (?:is|are|was|would be|comes out as|equals)"
            r" (?:then |most |very |quite )*(?:possibly|perhaps|maybe|probably|likely|presumably)\b"
            rf"|{SENTENCE}{_LINK}(?:i think |i believe )?(?:it|that|this)(?:'s| is| would be)"
            rf" (?:most |very |quite )*(?:possibly|perhaps|maybe|probably|likely) {_ABOUT}{NUMBER}"
            rf"|\bis (?:possibly|maybe) {_ABOUT}{NUMBER}{_END}"
            rf"|{SENTENCE}{_LINK}(?:possibly|perhaps|maybe|probably)[ ,]+(?:it's |it is "
            rf"|the answer is )?{_ABOUT}{NUMBER}{_END}",
        ),
        Wording(
            triggers="i believe|i think|i suppose|i suspect",
            expression=r"\d[^.!?\n]{0,30}, i (?:believe|think|suppose)\b"
            r"|\bi suspect (?:that )?(?:the (?:answer|result)|it(?:'s| is)|this)",
        ),
    ),
    voided_by=r"\b(?:if|when|whenever|suppose|supposing|imagine|assume|assuming|pretend|whether"
    r"|until"
    r"|unless)\b[^,;:]*$"
    r"|(?<!\bi )(?<!\bwe )\b(?:says|(?:people|they|critics|some|many) say"
    r"|(?<!that )(?<!as )said|saying|asks?|asked|admits?|admitted|admitting|replie[sd]"
    r"|argue[sd]?|claim(?:s|ed)?|wr[oi]tes?"
    r"|thinks?|thought|believe[sd]?|telling|tells?|told|confess(?:es|ed)?|means"
    r"|translates|sentence|phrase|words?)\b[^.;]*$"
    r"|\b(?:no way|not saying|not claiming|nobody|no one|impossible|not the case|never)\b[^.;]*$",
)
