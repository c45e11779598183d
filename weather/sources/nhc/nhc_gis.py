"""Reads zips of the National Hurricane Center: cone, forecast, watches, radii, swath, best track.

Their CRS is a sphere without an EPSG number ("Authalic Sphere", 6,371,200 m). The degrees are those
of the center's own fixes, which are geodetic, so they are taken as EPSG:4326 as they stand. Degrees
of a sphere would differ from these by up to 0.19 of latitude, 21 km at 45 degrees.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely
from pyproj import CRS

from core.errors import WeatherError
from core.schemas.evidence.storms import NHC_GIS
from weather.sources.gis_files import GIS_ERRORS, logged_warnings
from weather.sources.nhc.gis_rows import Row, find_product, read_feature
from weather.sources.packed import unpack_zip
from weather.sources.records import Kind, Records, Reject, read_bytes, tabulate

_WHAT = "a zip of shapefiles as NHC publishes it, as in al142018_best_track.zip"
_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
_LONGITUDE_DEG, _LATITUDE_DEG = 360, 90


def read_nhc_gis(path: Path) -> Records:
    """The features of all shapefiles of a zip; those that cannot be understood are rejected.

    Raises:
        WeatherError: the file is no zip of NHC's shapefiles.
    """
    files = unpack_zip(read_bytes(path, _WHAT), path.name, _WHAT)
    layers = sorted(name for name in files if name.lower().endswith(".shp"))
    if not any(find_product(layer[: -len(".shp")]) for layer in layers):
        there = ", ".join(list(files)[:5]) or "nothing"
        raise WeatherError(
            f"reading {path.name}", f"it has no layer that is known, but {there}", f"Give {_WHAT}"
        )
    rows: list[Row] = []
    rejects: list[Reject] = []
    with tempfile.TemporaryDirectory(prefix="firstnotice-nhc-") as folder:
        for name, content in files.items():
            if name.lower().endswith(_PARTS):
                (Path(folder) / name).write_bytes(content)
        for layer in layers:
            for found in _read_layer(Path(folder) / layer):
                if isinstance(found, Reject):
                    rejects.append(found)
                else:
                    rows.append(found)
    table = pd.DataFrame(rows, columns=list(NHC_GIS.columns))
    return Records(tabulate(table, NHC_GIS), tuple(rejects))


def _read_layer(path: Path) -> Iterator[Row | Reject]:
    layer = path.stem
    product = find_product(layer)
    if product is None:
        yield Reject(layer, "no layer that is known")
        return
    try:
        table = _read_table(path)
    except GIS_ERRORS as error:
        yield Reject(layer, f"it is no shapefile ({error})")
        return
    columns = [str(column).upper() for column in table.columns.drop("geometry")]
    values = table.drop(columns="geometry").to_dict("split")["data"]
    for number, (said, outline) in enumerate(zip(values, table.geometry, strict=True), start=1):
        try:
            if outline is None or outline.is_empty:
                raise ValueError("it has no shape")  # said as the others are
            row = read_feature(layer, product, dict(zip(columns, said, strict=True)))
        except GIS_ERRORS as error:
            yield Reject(f"{layer}, feature {number}", str(error))
            continue
        yield row | {"layer": layer, "feature": number, "geometry": outline}


def _read_table(path: Path) -> gpd.GeoDataFrame:
    """A shapefile in degrees that count as EPSG:4326, its shapes valid.

    Raises:
        ValueError: it has no shapes, or they lie nowhere on Earth; others of ``GIS_ERRORS``.
    """
    with logged_warnings(path.name):
        table = pyogrio.read_dataframe(path, on_invalid="fix")
    if not isinstance(table, gpd.GeoDataFrame):
        raise ValueError("it has no shapes")  # noqa: TRY004  a reject's reason
    if _is_sphere(table.crs):
        table = table.set_crs(4326, allow_override=True)
    table = table.to_crs(4326)
    west, south, east, north = table.total_bounds
    is_on_earth = -_LONGITUDE_DEG <= west <= east <= _LONGITUDE_DEG
    if len(table) and not (is_on_earth and -_LATITUDE_DEG <= south <= north <= _LATITUDE_DEG):
        raise ValueError("its shapes lie nowhere on Earth")
    table["geometry"] = shapely.make_valid(shapely.force_2d(table.geometry.to_numpy()))
    return table


def _is_sphere(crs: CRS | None) -> bool:
    """Whether degrees are those of a sphere, or of nothing that is said."""
    if crs is None:
        return True
    ellipsoid = crs.ellipsoid
    return bool(crs.is_geographic and ellipsoid is not None and not ellipsoid.inverse_flattening)


KIND = Kind(
    "nhc_gis", "Cone, forecast, watches, wind radii, swath and track (NHC zips of shapefiles)",
    NHC_GIS, read_nhc_gis,
)  # fmt: skip
