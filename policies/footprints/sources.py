"""Files of building outlines as their publishers make them, read a part at a time.

Told apart by their first bytes, not by their names: GeoParquet or Parquet with WKB or WKT
(Overture, and what this product writes), GeoJSON and line-delimited GeoJSON (Microsoft, whose
``.csv.gz`` files hold the latter), CSV with a WKT column (Google Open Buildings); plain or gzip.
"""

import csv
import gzip
import io
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from pyproj.exceptions import ProjError
from shapely.geometry import shape

from core.errors import EventError

AT_ONCE = 50_000
"""Outlines held as read at once, some 50 MB."""
ID_COLUMNS = ("building_id", "id", "uid", "full_plus_code")
"""Ours, Overture's, xBD's, Google's; the first that a file has."""
KEPT_COLUMNS = ("area_m2", "source", "outlined_at_utc")
_GEOMETRY_COLUMNS = ("geometry", "geom", "wkb_geometry", "the_geom", "wkt", "wkb")
_SOURCES = "sources"
"""Overture's list of where an outline comes from."""
_DEFAULT_CRS = "OGC:CRS84"
"""What GeoParquet and GeoJSON mean where they name none; longitude before latitude."""
_GZIP, _PARQUET = b"\x1f\x8b", b"PAR1"
_RECORD_SEPARATOR = "\x1e"
_HEAD_BYTES = 1 << 16
_PART_CHARS = 1 << 22
_FEATURES = re.compile(r'"features"\s*:\s*\[')
_BETWEEN = re.compile(r"[\s,]*")
_KNOWN_DEGREES = re.compile(r"CRS84|4326")
_MAX_FIELD = 1 << 24
"""Longest cell of a CSV file: outlines of blocks have thousands of vertices."""


@dataclass(frozen=True, slots=True, eq=False)
class RawOutlines:
    """A part of a file, as read.

    Attributes:
        shapes: object ``(outlines,)``; None where there is none or it cannot be read.
        rows: number of each in its file, from 1.
        columns: what else is known of each: ``building_id`` and of ``KEPT_COLUMNS`` those given.
        crs: of the shapes' coordinates.
    """

    shapes: NDArray[np.object_]
    rows: NDArray[np.int64]
    columns: pd.DataFrame
    crs: str


def read_outlines(path: Path) -> Iterator[RawOutlines]:
    """The outlines of a file, a part at a time, every row among them.

    Raises:
        EventError: it cannot be opened, holds no outlines of a known kind, or states no CRS.
    """
    work = f"reading the footprints {path}"
    try:
        yield from _choose_reader(path, work)(path, work)
    except (OSError, EOFError, pa.ArrowException, UnicodeDecodeError, csv.Error) as error:
        raise EventError(
            work, f"it cannot be read ({error})", "Check the path, or fetch the file again"
        ) from error


def _choose_reader(path: Path, work: str) -> "Callable[[Path, str], Iterator[RawOutlines]]":
    with path.open("rb") as stream:
        if stream.read(len(_PARQUET)) == _PARQUET:
            return _read_parquet
    with _open_text(path) as text:
        head = text.read(_HEAD_BYTES).lstrip("\ufeff \r\n\t" + _RECORD_SEPARATOR)
    if head.startswith("{"):
        if _FEATURES.search(head):
            return _read_collection
        return _read_one if _load(head.split("\n", 1)[0]) is None else _read_lines
    if _find_geometry(next(csv.reader(io.StringIO(head)), [])) is not None:
        return _read_csv
    raise _unknown(work, "not GeoParquet, GeoJSON or CSV with a WKT column")


def _unknown(work: str, problem: str) -> EventError:
    return EventError(
        work, problem,
        "Give Overture's Parquet, Microsoft's GeoJSON or Google's CSV to `firstnotice import "
        "footprints`, or write GeoParquet with geopandas' to_parquet, as docs/event-file.md says",
    )  # fmt: skip


def _open_text(path: Path) -> IO[str]:
    with path.open("rb") as stream:
        is_packed = stream.read(len(_GZIP)) == _GZIP
    if is_packed:
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def _find_geometry(names: list[str]) -> str | None:
    known = {name.strip().casefold(): name for name in names}
    return next((known[name] for name in _GEOMETRY_COLUMNS if name in known), None)


def _find_id(names: list[str]) -> str | None:
    return next((name for name in ID_COLUMNS if name in names), None)


def _read_parquet(path: Path, work: str) -> Iterator[RawOutlines]:
    with pq.ParquetFile(path) as file:
        schema = file.schema_arrow
        geometry, crs = _describe_parquet(schema, work)
        name_of_id = _find_id(schema.names)
        wanted = [name for name in (name_of_id, *KEPT_COLUMNS, _SOURCES) if name in schema.names]
        if "source" in wanted and _SOURCES in wanted:
            wanted.remove(_SOURCES)
        first = 1
        for batch in file.iter_batches(AT_ONCE, columns=[geometry, *wanted]):
            table = batch.select(wanted).to_pandas()
            if name_of_id is not None:
                table = table.rename(columns={name_of_id: "building_id"})
            if _SOURCES in table:
                table["source"] = table.pop(_SOURCES).map(_name_sources)
            shapes = _decode(batch.column(geometry).to_pylist())
            rows = np.arange(first, first + len(shapes))
            first += len(shapes)
            yield RawOutlines(shapes, rows, table, crs)


def _describe_parquet(schema: pa.Schema, work: str) -> tuple[str, str]:
    """Name of the geometry column, and its CRS.

    A file without GeoParquet's metadata is taken for longitude and latitude, GeoParquet's default.
    """
    content = (schema.metadata or {}).get(b"geo")
    if content is None:
        found = _find_geometry(schema.names)
        if found is None:
            raise _unknown(work, f"no column of geometry among {', '.join(schema.names)}")
        return found, _DEFAULT_CRS
    try:
        header = json.loads(content)
        name = str(header["primary_column"])
        given = header["columns"][name].get("crs", _DEFAULT_CRS)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _unknown(work, f"not GeoParquet ({error!r})") from error
    if name not in schema.names:
        raise _unknown(work, f"not GeoParquet (no column {name})")
    return name, _read_crs(given, work)


def _read_crs(given: Any, work: str) -> str:
    if given is None:
        raise EventError(
            work, "they state no CRS",
            "Set it with geopandas: read_parquet(FILE).set_crs('EPSG:4326').to_parquet(FILE), "
            "with the CRS that the outlines' publisher names",
        )  # fmt: skip
    try:
        return str(CRS.from_user_input(given).to_wkt())
    except ProjError as error:
        raise EventError(
            work, f"their CRS cannot be understood ({error})", "Write it again with to_crs(4326)"
        ) from error


def _decode(cells: list[Any]) -> NDArray[np.object_]:
    """Shapes of WKB or WKT cells; None where a cell cannot be read."""
    shapes = np.full(len(cells), None, dtype=object)
    for kind, decode in ((bytes, shapely.from_wkb), (str, shapely.from_wkt)):
        is_kind = np.array([isinstance(cell, kind) for cell in cells], bool)
        if is_kind.any():
            some = np.array([cell for cell in cells if isinstance(cell, kind)], dtype=object)
            with np.errstate(invalid="ignore"):  # coordinates that are NaN are told apart later
                shapes[is_kind] = decode(some, on_invalid="ignore")
    return shapes


def _name_sources(entries: Any) -> str | None:
    """Overture's datasets of an outline in words."""
    names = (
        [entry.get("dataset") for entry in entries if isinstance(entry, dict)]
        if (isinstance(entries, list | np.ndarray))
        else []
    )
    return "; ".join(dict.fromkeys(name for name in names if name)) or None


def _read_lines(path: Path, _work: str) -> Iterator[RawOutlines]:
    with _open_text(path) as text:
        numbered = (
            (row, line.strip().strip(_RECORD_SEPARATOR)) for row, line in enumerate(text, 1)
        )
        filled = ((row, _load(line)) for row, line in numbered if line)
        yield from _collect(filled, _DEFAULT_CRS)


def _load(line: str) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return None


def _read_one(path: Path, work: str) -> Iterator[RawOutlines]:
    """A file that is one feature or one geometry."""
    try:
        with _open_text(path) as text:
            content = json.load(text)
    except (ValueError, RecursionError) as error:
        raise _unknown(work, f"not GeoJSON ({error})") from error
    yield from _collect(iter([(1, content)]), _named_crs(content, work))


def _read_collection(path: Path, work: str) -> Iterator[RawOutlines]:
    """Features one by one: a state's file does not fit into memory as JSON."""
    with _open_text(path) as text:
        buffer = text.read(_HEAD_BYTES)
        start = _FEATURES.search(buffer)
        assert start is not None  # noqa: S101  it was chosen by that
        crs = _named_crs(_load(buffer[: start.start()].rstrip().rstrip(",") + "}"), work)
        features = _decode_each(text, buffer[start.end() :], work)
        yield from _collect(enumerate(features, 1), crs)


def _decode_each(text: IO[str], buffer: str, work: str) -> Iterator[Any]:
    """The values of a JSON list whose opening bracket was read."""
    decoder, at = json.JSONDecoder(), 0
    while True:
        at = _skip(buffer, at)
        if buffer[at : at + 1] == "]":
            _check_tail(buffer[at + 1 :] + text.read(_HEAD_BYTES), work)
            return
        try:
            value, end = decoder.raw_decode(buffer, at)
        except (ValueError, RecursionError) as error:
            more = text.read(_PART_CHARS)
            if not more:
                raise _unknown(work, f"not GeoJSON, or cut short ({error})") from error
            buffer, at = buffer[at:] + more, 0
            continue
        yield value
        at = end


def _skip(buffer: str, at: int) -> int:
    """Past blanks and the comma between two values."""
    found = _BETWEEN.match(buffer, at)
    return found.end() if found else at


def _check_tail(tail: str, work: str) -> None:
    if '"crs"' in tail and not _KNOWN_DEGREES.search(tail):
        raise _unknown(work, "it names its CRS after its outlines, and not longitude and latitude")


def _named_crs(content: Any, work: str) -> str:
    """The ``crs`` member of the older GeoJSON, where there is one."""
    member = content.get("crs") if isinstance(content, dict) else None
    if member is None:
        return _DEFAULT_CRS
    try:
        name = str(member["properties"]["name"])
    except (KeyError, TypeError) as error:
        raise _unknown(work, f"its crs member cannot be understood ({member!r})") from error
    return _read_crs(name, work)


def _collect(features: Iterator[tuple[int, Any]], crs: str) -> Iterator[RawOutlines]:
    while some := list(islice(features, AT_ONCE)):
        rows = np.array([row for row, _ in some], np.int64)
        shapes = np.full(len(some), None, dtype=object)
        shapes[:] = [_shape(feature) for _, feature in some]
        yield RawOutlines(shapes, rows, pd.DataFrame([_facts(each) for _, each in some]), crs)


def _shape(feature: Any) -> shapely.Geometry | None:
    if not isinstance(feature, dict):
        return None
    geometry = feature.get("geometry", feature if "coordinates" in feature else None)
    try:
        return None if geometry is None else shape(geometry)
    except (ValueError, TypeError, AttributeError, KeyError, IndexError, shapely.ShapelyError):
        return None


def _facts(feature: Any) -> dict[str, Any]:
    said = feature if isinstance(feature, dict) else {}
    properties = said.get("properties")
    properties = properties if isinstance(properties, dict) else {}
    name = _find_id(list(properties))
    facts = {"building_id": properties[name] if name else said.get("id")}
    return facts | {key: properties.get(key) for key in KEPT_COLUMNS}


def _read_csv(path: Path, _work: str) -> Iterator[RawOutlines]:
    limit = csv.field_size_limit(_MAX_FIELD)
    try:
        with _open_text(path) as text:
            rows = csv.DictReader(text)
            names = list(rows.fieldnames or [])
            geometry, name_of_id = _find_geometry(names), _find_id(names)
            numbered = enumerate(rows, 1)
            while some := list(islice(numbered, AT_ONCE)):
                table = pd.DataFrame({
                    "building_id": [row.get(name_of_id) if name_of_id else None for _, row in some],
                    **{key: [row.get(key) for _, row in some] for key in KEPT_COLUMNS},
                })  # fmt: skip
                shapes = _decode([row.get(geometry or "") or None for _, row in some])
                yield RawOutlines(
                    shapes, np.array([row for row, _ in some], np.int64), table, _DEFAULT_CRS
                )
    finally:
        csv.field_size_limit(limit)
