"""``benchmarks/results.json``: the last whole run, and figures that were measured anew since.

A figure from another commit or machine than the file's says so itself.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from measuring import Figure

Results = dict[str, Any]


def fill_results(
    machine: Mapping[str, str | int], commit: str, figures: Iterable[Figure]
) -> Results:
    """What one whole run found."""
    return {
        "machine": dict(machine),
        "commit": commit,
        "results": {each.name: {"value": each.value, "unit": each.unit} for each in figures},
    }


def merge_results(older: Results, newer: Results) -> Results:
    """Older results with newer figures put in; all others stay as they are.

    Args:
        older: of a file.
        newer: of a run that measured some of the figures.
    """
    origin = {key: newer[key] for key in ("machine", "commit") if newer[key] != older[key]}
    measured = {name: each | origin for name, each in newer["results"].items()}
    return older | {"results": older["results"] | measured}


def write_results(path: Path, found: Results) -> None:
    """By a rename, so that the file is always whole."""
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    partial.replace(path)
