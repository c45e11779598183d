"""Writes the measured figures into the documents that tell of them.

``python benchmarks/figures_in_docs.py`` does it from ``benchmarks/results.json``; a full run of
the benchmark ends with it.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from state_plan import RESULTS, list_lines, read_rates

DOCS = Path(__file__).parents[1] / "docs"
BEGIN, END = "<!-- figures: {} -->", "<!-- end of figures -->"
DIGITS = 3


def list_speed() -> Iterator[str]:
    """The imagery room's figures as a Markdown table."""
    found = json.loads(RESULTS.read_text(encoding="utf-8"))
    machine = found["machine"]
    yield f"{machine['cores']} cores of {machine['cpu']}, commit {found['commit']}.\n"
    yield "| figure | value | unit |"
    yield "|---|---|---|"
    for name, each in found["results"].items():
        if name.startswith(("imagery.", "flow.")):
            short = name.removeprefix("imagery.")
            yield f"| `{short}`{_tell_origin(each)} | {_round(each['value'])} | {each['unit']} |"


def _tell_origin(figure: Mapping[str, Any]) -> str:
    """What differs from the whole run where a figure was measured anew since."""
    machine = ", another machine" if "machine" in figure else ""
    return machine + (f", commit {figure['commit']}" if "commit" in figure else "")


def _round(value: float) -> str:
    """Three digits, and no exponents."""
    rounded = float(f"{value:.{DIGITS}g}")
    return f"{rounded:,.0f}" if abs(rounded) >= 10 ** (DIGITS - 1) else f"{rounded:g}"


def write_block(path: Path, name: str, lines: Iterator[str]) -> None:
    """Replace what stands between a document's two marks.

    Raises:
        ValueError: the document does not have the marks.
    """
    begin = BEGIN.format(name)
    block = "\n".join([begin, "", *lines, "", END])
    text = path.read_text(encoding="utf-8")
    changed, found = re.subn(
        f"{re.escape(begin)}.*?{re.escape(END)}", lambda _: block, text, flags=re.DOTALL
    )
    if found != 1:
        raise ValueError(f"{path} has no block {name!r} of figures")
    path.write_text(changed, encoding="utf-8")


def write_figures() -> None:
    """Bring all documents up to the last results."""
    write_block(DOCS / "speed.md", "speed", list_speed())
    write_block(DOCS / "state-wide-storm.md", "state", list_lines(read_rates()))


if __name__ == "__main__":
    write_figures()
