"""The reference design's 10 M-token table, recomputed from the shipped catalog.

Its rule: each of the tokens is paid once at the input price and once at the output
price. The same rule is applied to the rows as published, to their models at the
table's own prices, and to the models that this router chooses in each tier. Needs no
gateway: nothing is called.
"""

from dataclasses import dataclass
from decimal import Decimal

from langchain_smartroute import Catalog
from langchain_smartroute.types import TIERS, Difficulty, Tier

CATALOG = Catalog.load("default")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of the published table; `model` is its own choice, in `published` dollars."""

    task: str
    mtok: int
    difficulty: Difficulty
    model: str
    published: Decimal


ROWS = (
    Row(
        task="classification",
        mtok=5,
        difficulty="easy",
        model="glm-4-flash",
        published=Decimal("0.50"),
    ),
    Row(task="code", mtok=3, difficulty="hard", model="deepseek-chat", published=Decimal("1.64")),
    Row(
        task="reasoning",
        mtok=1,
        difficulty="hard",
        model="deepseek-v4-pro",
        published=Decimal("2.19"),
    ),
    # Published as glm-5, which the design's price table does not have.
    Row(
        task="translation", mtok=1, difficulty="medium", model="glm-5.1", published=Decimal("0.61")
    ),
)


def cost(alias: str, mtok: int) -> Decimal:
    """US dollars for a number of million tokens, by the published rule."""
    price = CATALOG.models[alias].price
    if price is None:
        raise SystemExit(f"{alias} has no price in catalog {CATALOG.name}")
    return mtok * (price.input_usd_per_mtok + price.output_usd_per_mtok)


def print_table(title: str, chosen: list[tuple[Row, str, Decimal]], baseline: Decimal) -> Decimal:
    """Print one version of the table and return its total."""
    print(title)
    for row, alias, amount in chosen:
        print(f"  {row.task:<15} {row.mtok:>2} M  {alias:<18} ${amount:>7.3f}")
    total = sum((amount for _, _, amount in chosen), Decimal(0))
    print(f"  {'total':<39} ${total:>7.3f}   {(1 - total / baseline) * 100:.1f} % saved\n")
    return total


def routed(row: Row, tier: Tier) -> str:
    """The model that the routing table has for a row in a tier."""
    return CATALOG.table.look_up(row.task, tier, row.difficulty) or CATALOG.default_alias


def main() -> None:
    """Print every version, then what differs and why."""
    mtok = sum(row.mtok for row in ROWS)
    baseline = cost("gpt-4o", mtok)
    print(f"{mtok} M tokens a month, all at gpt-4o: ${baseline:.2f}\n")

    published = print_table(
        "As published", [(row, row.model, row.published) for row in ROWS], baseline
    )
    at_prices = [(row, row.model, cost(row.model, row.mtok)) for row in ROWS]
    correct = print_table("The same models at the design's own price table", at_prices, baseline)
    for tier in TIERS:
        rows = [(row, routed(row, tier), cost(routed(row, tier), row.mtok)) for row in ROWS]
        print_table(f"As this router routes them, tier {tier}", rows, baseline)

    print(
        f"The published ${published} does not follow from its price table, which gives ${correct}:"
    )
    for row, alias, amount in at_prices:
        print(f"  {alias}: published ${row.published}, by the rule ${amount}")
    print(
        "The published models are those of no single tier: code goes where budget sends it,\n"
        "translation where balanced does, and no tier sends reasoning to deepseek-v4-pro.\n"
        "glm-5 is not in the price table; glm-5.1 stands for it.\n"
        f"The rule counts every token twice, as input and as output: {mtok} M tokens of each kind."
    )


if __name__ == "__main__":
    main()
