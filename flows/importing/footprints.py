"""``firstnotice import footprints``: open building outlines to one file that an event names."""

from dataclasses import dataclass
from pathlib import Path

from core.errors import InputError
from flows.wiring.storage.folders import atomic_path, write_table
from policies.footprints.read import read_footprints
from reports.lists.files import defuse_formulas

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class ImportedFootprints:
    """What was written.

    Attributes:
        path: the file, FOOTPRINTS as GeoParquet.
        buildings: outlines in it.
        left_out: rows that are not used.
        rejects: where rows are listed that are not used or have new ids; None if there is none.
        reasons: rows by reason.
    """

    path: Path
    buildings: int
    left_out: int
    rejects: Path | None
    reasons: dict[str, int]


def import_footprints(sources: list[Path], out: Path, box: Box | None) -> ImportedFootprints:
    """Read files of outlines, or folders of them, and write one.

    Args:
        sources: Overture, Microsoft or Google files, GeoParquet, GeoJSON or CSV with WKT.
        out: the GeoParquet file to write.
        box: west, south, east, north in degrees; buildings elsewhere are passed over.

    Raises:
        InputError: a file is missing or holds no outlines, or no building is left.
    """
    found = read_footprints([path for source in sources for path in _files(source)], box)
    if not len(found.table):
        raise InputError(
            "importing footprints",
            f"no building is left ({found.left_out} rows left out)",
            "Check the bounding box (west, south, east, north in degrees) and the files",
        )
    write_table(found.table, out)
    listed = None
    if len(found.rejects):
        listed = out.with_name(f"{out.stem}_rejects.csv")
        with atomic_path(listed) as path:
            quoted = defuse_formulas(found.rejects["value"])
            found.rejects.assign(value=quoted).to_csv(path, index=False)
    reasons = found.rejects["reason"].value_counts().to_dict()
    return ImportedFootprints(out, len(found.table), found.left_out, listed, reasons)


def _files(source: Path) -> list[Path]:
    """A file, or the files of a folder in order of their names."""
    if source.is_dir():
        return sorted(
            path
            for path in source.rglob("*")
            if path.is_file() and not path.name.startswith((".", "_"))
        )
    if not source.is_file():
        raise InputError("importing footprints", f"there is no file {source}", "Correct the path")
    return [source]


def parse_box(text: str) -> Box:
    """West, south, east, north in degrees, as ``-85.7,30.1,-85.5,30.3``.

    Raises:
        InputError: it is no such box.
    """
    try:
        west, south, east, north = (float(part) for part in text.replace(",", " ").split())
        if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):  # noqa: PLR2004  degrees
            raise ValueError(text)  # noqa: TRY301  told with the others
    except ValueError:
        raise InputError(
            "importing footprints", f"the bounding box is {text!r}",
            "Write west,south,east,north in degrees, as in -85.7,30.1,-85.5,30.3",
        ) from None  # fmt: skip
    return west, south, east, north
