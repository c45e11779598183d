"""The marks of Markdown that a summary is made of."""

from collections.abc import Iterable

PERCENT = 100


def make_table(head: list[str], rows: Iterable[list[str]], texts: int = 1) -> str:
    """A Markdown table whose first ``texts`` columns are text; the others are set to the right."""
    rule = ["---"] * texts + ["---:"] * (len(head) - texts)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [head, rule, *rows])


def spell_percent(share: float | None) -> str:
    """``93.1 %``, or a dash where there is nothing to share."""
    return "-" if share is None else f"{share * PERCENT:.1f} %"


def escape(text: str) -> str:
    """Text from outside, unable to break the table or to become a tag or a link."""
    for mark in "\\|<>[]`*_":
        text = text.replace(mark, f"\\{mark}")
    return " ".join(text.split())
