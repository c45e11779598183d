"""A hazard product to a table of its records, for anybody to look at."""

from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import pandas as pd

from core.provenance import sha256_of_file
from flows.wiring.storage.folders import atomic_path, write_table
from weather.sources.kinds import find_kind


@dataclass(frozen=True, slots=True)
class ReadProduct:
    """What came of reading a product.

    Attributes:
        path: GeoParquet of the records; what was read, with its digest, stands in its attributes.
        records: how many.
        rejects: CSV of what was left out; None where nothing was.
        left_out: how many parts of the file were left out.
        notices: what to know of the file as a whole.
    """

    path: Path
    records: int
    rejects: Path | None
    left_out: int
    notices: tuple[str, ...]


def write_hazard_records(kind: str, source: Path, out: Path) -> ReadProduct:
    """Read a product and write its records, and beside them what was left out and why.

    Args:
        kind: name of the kind, see ``weather.sources.kinds``.
        source: the product as published.
        out: GeoParquet to write; rejects go to ``<name>.rejects.csv`` beside it.

    Raises:
        WeatherError: no such kind, or the file is none of it.
    """
    chosen = find_kind(kind)
    found = chosen.read(source)
    found.table.attrs = {
        "kind": chosen.name, "source": source.name, "sha256": sha256_of_file(source),
        "firstnotice": version("firstnotice"),
    }  # fmt: skip
    rejects = out.with_name(f"{out.stem}.rejects.csv")
    if found.rejects:
        with atomic_path(rejects) as partial:
            pd.DataFrame(found.rejects).to_csv(partial, index=False)
    else:
        rejects.unlink(missing_ok=True)
    write_table(found.table, out)
    return ReadProduct(
        out, len(found.table), rejects if found.rejects else None, len(found.rejects),
        found.notices,
    )  # fmt: skip
