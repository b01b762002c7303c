"""English cues: those of the published pattern classifier, and additions.

`REFERENCE` covers exactly the cases that the published design lists, in this
project's own expressions: it is the baseline for better classifiers, so it keeps that design's
labels where this project's differ ("explain" and "why" are reasoning there, general here).
`ADDED` holds further tasks, British spellings, and wordings about attached images.
"""

from __future__ import annotations

from langchain_smartroute.classify.cue import ARTICLE, NEAR, Cue

__all__ = ["ADDED", "REFERENCE"]

REFERENCE: tuple[Cue, ...] = (
    Cue(
        task="code",
        heads="write|generate|create|implement|build|fix|debug",
        gap=ARTICLE,
        tails="function|class|script|code|program|api|endpoint",
    ),
    Cue(
        task="code",
        heads="python|javascript|typescript|rust|go|java",
        tails="code|function|script",
    ),
    Cue(task="code", heads="refactor", tails="this|the|my"),
    Cue(
        task="classification",
        heads="classify|categorize|tag|label|sort|filter",
        tails="the|this|these|all",
    ),
    Cue(
        task="classification",
        heads="is this|does this|check if",
        gap=NEAR,
        tails="spam|valid|correct|legit",
    ),
    Cue(task="classification", heads="sentiment|intent|category", tails="analysis|detection|of"),
    Cue(task="reasoning", heads="explain|why|how does|prove|solve|calculate|cause of"),
    Cue(
        task="reasoning",
        heads="reason|logic|deduce|infer|analyze",
        tails="about|the|this|why",
    ),
    Cue(task="translation", heads="translate|convert|localize", tails="this|the|to|from|into"),
    Cue(
        task="translation",
        heads="in",
        tails="chinese|english|japanese|korean|french|german|spanish",
    ),
    Cue(
        task="creative",
        heads="write|compose|draft|create",
        gap=ARTICLE,
        tails="story|poem|article|blog|email|essay|narrative",
    ),
    Cue(task="creative", heads="generate|brainstorm", tails="ideas|topics|names|titles"),
    Cue(
        task="vision",
        heads="describe|analyze|read|extract|what's",
        gap=r"\s+(?:this|the)\s+",
        tails="image|picture|photo|screenshot|diagram",
    ),
)

_PICTURE = "image|picture|photo|photograph|screenshot|diagram|chart|figure"

ADDED: tuple[Cue, ...] = (
    Cue(
        task="math",
        heads="solve|calculate|compute|evaluate|simplify|factor|differentiate|integrate|prove",
        gap=NEAR,
        tails=r"equations?|integral|derivative|expression|limit|sum|product|probability|area|volume"
        r"|inequality|determinant|theorem|polynomial|\S*\d\S*|x",
    ),
    Cue(task="math", heads="derivative|integral|square root|determinant|eigenvalues", tails="of"),
    Cue(
        task="math", heads="how many|how much", gap=NEAR, tails="left|total|altogether|each|remain"
    ),
    Cue(task="summarization", heads="summarize|summarise|summarizing|tldr|tl;dr"),
    Cue(
        task="summarization",
        heads="summary|digest|recap|gist",
        tails="of|the|this",
    ),
    Cue(
        task="summarization",
        heads="shorten|condense|sum up",
        gap=r"\s+",
        tails="this|the|these|my",
    ),
    Cue(
        task="extraction",
        heads="extract|pull out|pull",
        gap=r"\s+(?:\S+\s+){1,10}?",
        tails="from|mentioned",
    ),
    Cue(
        task="extraction",
        heads="find|get|list|identify|return",
        gap=NEAR,
        tails=r"(?:names|dates|entities|emails|addresses|numbers|keywords|amounts|phone)"
        r"(?:\s+\S+){0,3}?\s+(?:in|from)",
    ),
    Cue(task="classification", heads="categorise", tails="the|this|these|all"),
    Cue(
        task="classification",
        heads="classify|label|rate|categorize|categorise",
        gap=NEAR,
        tails="as|into|sentiment|positive|negative",
    ),
    Cue(task="reasoning", heads="analyse", tails="about|the|this|why"),
    Cue(task="translation", heads="localise", tails="this|the|to|from|into"),
    Cue(task="translation", heads="translate|translation", gap=NEAR, tails="to|into|from|of"),
    Cue(
        task="code",
        heads="write|generate|create|implement|build|fix|debug",
        gap=r"\s+(?:an?\s+|the\s+|some\s+)?",
        tails=r"react|vue|html|css|sql|bash|shell|c\+\+\s+\w+|php|ruby|swift|kotlin|regex",
    ),
    Cue(
        task="code",
        heads="write|create|implement|build|fix|debug|refactor",
        gap=NEAR,
        tails="function|class|script|method|module|bug|unit tests?|endpoint|parser",
    ),
    Cue(
        task="creative",
        heads="write|compose|draft|create",
        gap=NEAR,
        tails="haiku|limerick|sonnet|lyrics|song|speech|slogan|tagline|letter|fairy tale",
    ),
    Cue(
        task="vision",
        heads="describe|what's|what is|what are|who is|look at|caption|identify",
        gap=NEAR,
        tails=_PICTURE,
    ),
)
