"""How an answer in Chinese doubts itself.

Written without spaces, so a wording begins at punctuation or at its subject. The
expressions are written in simplified characters; those that differ in traditional
script are widened to both.
"""

# ruff: noqa: RUF001 - the letters and the punctuation of the language read here

from __future__ import annotations

from langchain_smartroute.execution.checks.wording import Language, Wording

__all__ = ["CHINESE"]

_TRADITIONAL = dict(
    zip("确错没这结为记应过虽误证测总对计实", "確錯沒這結為記應過雖誤證測總對計實", strict=True)
)


def _both_scripts(text: str) -> str:
    widened = (f"[{c}{_TRADITIONAL[c]}]" if c in _TRADITIONAL else c for c in text)
    return "".join(widened)


def _chinese(triggers: str, expression: str) -> Wording:
    pairs = str.maketrans(_TRADITIONAL)
    both = "|".join(dict.fromkeys((*triggers.split("|"), *triggers.translate(pairs).split("|"))))
    return Wording(triggers=both, expression=_both_scripts(expression))


_ZH_OPEN = (
    r"(?:^|[。！？!?\n，,；;：:（(…])\s*(?:但是?|不过|只是|也|还|其实|目前|暂时"
    r"|老实说|说实话|所以|虽然|当然|，)*"
)
_ZH_NOUN = r"(?:最终|正确|最后)?的?(?:答案|结果|解|得数|总数|概率|面积|余数|数值)"
_ZH_DIGIT = r"\s?[约]?\s?[-−√]?[\d一二三四五六七八九十百½]"
_ZH_END = r"(?=[。！，,；;）)\n]|$)"

CHINESE = Language(
    wordings=(
        _chinese(
            "确定|肯定|确信|保证|确认|把握|拿不准|说不准|不好说|不敢说",
            rf"(?:我[^。！？\n，]{{0,8}}|{_ZH_OPEN})(?:(?:并|也|还"
            rf"|尚)?不[^，。！？\n]{{0,7}}|无法[^，。！？\n]{{0,4}}|没法|难以)(?:确定|肯定|确信"
            rf"|打包票)(?!性|的)|我[^。！？\n，]{{0,4}}(?:不能|无法|不敢"
            rf"|没法)[^，。！？\n]{{0,4}}(?:保证|确认)"
            rf"|{_ZH_OPEN}不敢[^，。！？\n]{{0,4}}(?:保证|确认|断言|说)"
            rf"|(?:我[^。！？\n，]{{0,8}}|{_ZH_OPEN})没有?(?:太大|十足|十分|很大|多大|完全"
            rf"|什么|绝对)?的?把握"
            rf"|(?:我[^。！？\n，]{{0,6}}|{_ZH_OPEN})(?:拿不准|说不准|说不好|不好说|不敢说)",
        ),
        _chinese(
            "错|误|不对|不准|疏漏|遗漏|未必|不一定|不见得|我的|不排除|严格|的话",
            r"我(?:可能|也许|或许|有可能|恐怕|说不定)[^。！？\n，]{0,8}(?:错|有误|出错|误解"
            r"|疏漏|遗漏|不对)"
            r"|(?:以上|这个|此|上述|我的|我)[^。！？\n，]{0,6}(?:可能|也许|或许"
            r"|不一定)(?:会)?(?:有误|不对|不正确|不准确|有错|存在|对|准确|正确|不完全)"
            rf"|{_ZH_OPEN}(?:可能|也许|或许)(?:会)?(?:有误|不对|不准确|有错|有疏漏)"
            r"|(?:并|也)?(?:未必|不一定|不见得)(?:是)?(?:完全)?(?:准确|正确|对"
            r"|精确)(?=[。！，,；;\n]|$)|我的?(?:理解|推理|计算|记忆"
            r"|思路)[^。！？\n，]{0,4}(?:也许|可能|或许|未必|不一定)"
            r"|不排除[^。！？\n，]{0,12}(?:错|可能)|没(?:有|能)?(?:给出|做"
            r"|进行)?严格(?:的)?证明|没(?:记|算|弄|理解|搞)错的话|如果我?(?:的(?:计算|理解|记忆"
            r"|记性))?(?:没有?(?:记|算|弄|理解|搞|看)错|(?:是)?(?:正确|无误|没错|没问题|可靠))"
            r"|如有(?:错误|误|不对)|若有(?:错误|误)",
        ),
        _chinese(
            "仅供参考|核对|核实|验算|自行|再检查",
            rf"仅供参考|请(?:自行|再次?|务必|您|你|自己)*(?:核对|核实|验算|确认|验证|检查)(?:一下"
            rf"|一遍|一次)?(?:结果|答案|计算|数值)?{_ZH_END}"
            r"|(?:建议|最好)(?:你|您)?(?:再|自行|自己|查一下)(?:查|核对|核实|验算|确认|检查|验证)",
        ),
        _chinese(
            "猜|推测|估计",
            rf"我猜(?!中|对|到|想)|(?:只|仅|仅仅|纯粹|不过)是(?:我的?|个人|一个|一种)?(?:粗略的?"
            rf"|大致的?)?(?:猜测|推测|瞎猜|猜想|估计|估算){_ZH_END}|凭(?:感觉|直觉)猜"
            rf"|我(?:只能|只是)猜",
        ),
        _chinese(
            "倾向于|记得不|记不|不记得|想不起|我所知|凭记忆|凭印象|不清楚|印象中",
            r"(?:我|具体|确切|准确)[^。！？\n，]{0,10}(?:记不|不记得|想不起|不太清楚|不清楚)"
            r"|(?:据|就)我所知|凭(?:记忆|印象)|(?:我)?印象中|(?:记得|记)(?:得)?(?:不是很|不太"
            r"|不很|不)(?:清|准)|我(?:更|比较)?倾向于(?:认为|选|答案|\s?\d)",
        ),
        _chinese(
            "可能|也许|或许|大概|应该|似乎|好像|估计|吧",
            rf"答案(?:很|也)?(?:可能|也许|或许|大概|应该|似乎|好像|估计)(?:会)?(?:是|为|等于"
            rf"|在)(?!负|正)"
            rf"|{_ZH_NOUN}(?:很|也)?(?:可能|也许|或许|大概|似乎|好像|估计)(?:会)?(?:是|为"
            rf"|等于){_ZH_DIGIT}"
            rf"|{_ZH_OPEN}(?:大概|也许|或许|可能|估计|好像|似乎)(?:就)?(?:是|为|等于){_ZH_DIGIT}"
            rf"|(?:应该|大概|可能|也许|估计)[^。！？\n，]{{0,16}}吧{_ZH_END}",
        ),
    ),
    voided_by=r"(?:如果|若|假如|假设|当|要是)[^，。；]*$|(?<!我)(?:说|认为|觉得|回答|意思是|写道"
    r"|翻译)(?!不准|不好)[^。；]*$|(?:没有人|不会|绝不)[^。；，]*$",
    needs="的|我|是|能|可|不|参|吧",
    spaced=False,
)
