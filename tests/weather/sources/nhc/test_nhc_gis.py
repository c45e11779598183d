"""NHC's zips: degrees as they stand, a polygon a wind, local times with their zone."""

import zipfile
from datetime import UTC, datetime

import geopandas as gpd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import WeatherError
from core.units import KNOT_MPS, NAUTICAL_MILE_M
from weather.sources.nhc.gis_times import parse_advisory_time, parse_day_and_time, parse_stamp
from weather.sources.nhc.nhc_gis import read_nhc_gis

SPHERE = (
    'GEOGCS["GCS_Sphere",DATUM["D_Sphere",SPHEROID["Sphere",6371200.0,0.0]],'
    'PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]'
)
BOX = shapely.box(-86, 29, -85, 31)


@pytest.fixture(scope="module")
def pack(tmp_path_factory):
    """Makes a zip of shapefiles: layer -> (columns, shapes)."""

    def packer(crs=SPHERE, **layers):
        folder = tmp_path_factory.mktemp("gis")
        for name, (columns, shapes) in layers.items():
            gpd.GeoDataFrame(columns, geometry=shapes, crs=crs).to_file(folder / f"{name}.shp")
        path = folder / "product.zip"
        with zipfile.ZipFile(path, "w") as packed:
            for part in sorted(folder.glob("*.[sdp][hbr]?")):
                packed.write(part, part.name)
        return path

    return packer


@pytest.fixture(scope="module")
def swath(pack):
    return pack(
        AL142018_windswath=(
            {
                "RADII": [64.0, 34.0], "STORMID": ["AL142018"] * 2, "ADVNUM": ["15A", "15A"],
                "STARTDTG": ["2018100618"] * 2, "ENDDTG": ["2018101018"] * 2,
            },
            [BOX, BOX.buffer(1)],
        )
    )  # fmt: skip


def test_a_swath_has_a_polygon_a_wind(swath):
    table = read_nhc_gis(swath).table
    assert table["product"].tolist() == ["wind_swath", "wind_swath"]
    assert table["value"].tolist() == pytest.approx([64 * KNOT_MPS, 34 * KNOT_MPS])
    first = table.iloc[0]
    assert (first["quantity"], first["unit"]) == ("wind_at_least", "m/s")
    assert (first["storm_id"], first["advisory"]) == ("AL142018", "15A")
    assert first["valid_at_utc"].isoformat() == "2018-10-06T18:00:00+00:00"
    assert first["valid_until_utc"].isoformat() == "2018-10-10T18:00:00+00:00"
    assert first["geometry"].equals(BOX)


def test_degrees_of_the_sphere_stand_and_other_systems_are_brought_over(pack):
    layer = {"RADII": [34.0], "STORMID": ["AL142018"]}, [BOX]
    assert read_nhc_gis(pack(AL142018_windswath=layer)).table.geometry[0].equals(BOX)
    moved = gpd.GeoSeries([BOX], crs=4326).to_crs(32616)
    [again] = read_nhc_gis(pack(32616, AL142018_windswath=(layer[0], moved))).table.geometry
    assert again.normalize().equals_exact(BOX.normalize(), 1e-7)


def test_watches_and_forecast_radii(pack):
    found = read_nhc_gis(
        pack(
            **{
                "al142018-015_ww_wwlin": (
                    {
                        "STORMNAME": ["Michael"], "ADVDATE": ["700 AM CDT Wed Oct 10 2018"],
                        "ADVISNUM": ["15"], "TCWW": ["HWR"],
                    },
                    [shapely.LineString([(-86, 30), (-85, 29.7)])],
                ),
                "al142018_2018101012_forecastradii": (
                    {
                        "RADII": [64], "VALIDTIME": ["2018101100"], "TAU": [12], "NE": [40],
                        "SE": [35], "SW": [0], "NW": [25], "ADVNUM": [15],
                    },
                    [BOX],
                ),
            }
        )
    )  # fmt: skip
    warning, radius = found.table.to_dict("records")
    assert (warning["product"], warning["warning"]) == ("watches_warnings", "HWR")
    assert warning["issued_at_utc"].isoformat() == "2018-10-10T12:00:00+00:00"
    assert warning["issued_text"] == "700 AM CDT Wed Oct 10 2018"
    assert radius["product"] == "forecast_radii"
    assert radius["valid_at_utc"].isoformat() == "2018-10-11T00:00:00+00:00"
    assert (radius["extent_ne_m"], radius["extent_sw_m"]) == (40 * NAUTICAL_MILE_M, 0)


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("800 PM PDT Fri Jul 17 2026", datetime(2026, 7, 18, 3, tzinfo=UTC)),
        ("1200 AM EDT Mon Jan 01 2018", datetime(2018, 1, 1, 4, tzinfo=UTC)),
        ("1100 AM AST Sun Sep 10 2017", datetime(2017, 9, 10, 15, tzinfo=UTC)),
        ("500 AM HST Fri Aug 24 2018", datetime(2018, 8, 24, 15, tzinfo=UTC)),
        ("1500 UTC Fri Aug 24 2018", datetime(2018, 8, 24, 15, tzinfo=UTC)),
        ("800 PM XYZ Fri Jul 17 2026", None), ("1300 PM PDT Fri Jul 17 2026", None),
        ("800 PM PDT Fri Jul 37 2026", None), ("soon", None), (None, None),
    ],
)  # fmt: skip
def test_local_times_are_brought_to_utc(text, utc):
    assert parse_advisory_time(text) == utc


def test_a_day_of_the_month_is_in_the_month_nearest():
    near = datetime(2018, 9, 30, 21, tzinfo=UTC)
    assert parse_day_and_time("01/0600", near) == datetime(2018, 10, 1, 6, tzinfo=UTC)
    assert parse_day_and_time("30/1800", near) == datetime(2018, 9, 30, 18, tzinfo=UTC)
    assert parse_day_and_time("31/1800", near) == datetime(2018, 10, 31, 18, tzinfo=UTC)
    assert parse_day_and_time("99/9999", near) is None
    assert parse_stamp("2018100618") == datetime(2018, 10, 6, 18, tzinfo=UTC)
    assert parse_stamp("2018139918") is None


def test_what_cannot_be_understood_is_rejected_alone(pack):
    found = read_nhc_gis(
        pack(
            AL142018_windswath=({"RADII": [34.0, 9e9], "STORMID": ["AL142018"] * 2}, [BOX, BOX]),
            nobody_windswath=({"RADII": [34.0]}, [BOX]),
            AL142018_notes=({"RADII": [34.0]}, [BOX]),
            AL142018_radii=({"RADII": [34.0]}, [shapely.box(0, 0, 5e6, 5e6)]),
        )
    )
    assert len(found.table) == 1
    assert [each.place for each in found.rejects] == [
        "AL142018_notes", "AL142018_radii", "AL142018_windswath, feature 2",
        "nobody_windswath, feature 1",
    ]  # fmt: skip
    assert found.rejects[1].reason == "it is no shapefile (its shapes lie nowhere on Earth)"


def test_a_bomb_a_cut_zip_and_a_stranger_are_told(tmp_path, swath):
    path = tmp_path / "product.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for number in range(9):
            packed.writestr(f"AL142018_{number}_radii.shp", bytes(64 << 20))
    with pytest.raises(WeatherError, match="larger than 512 MiB"):
        read_nhc_gis(path)
    path.write_bytes(swath.read_bytes()[:-30])
    with pytest.raises(WeatherError, match="it is no zip"):
        read_nhc_gis(path)
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("readme.txt", "hello")
    with pytest.raises(WeatherError, match=r"no layer that is known, but readme\.txt"):
        read_nhc_gis(path)


@settings(
    max_examples=60, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(st.data())
def test_damage_inside_the_zip_costs_features_and_nothing_else(swath, tmp_path, data):
    with zipfile.ZipFile(swath) as packed:
        parts = {name: bytearray(packed.read(name)) for name in packed.namelist()}
    name = data.draw(st.sampled_from(sorted(parts)))
    for _ in range(data.draw(st.integers(1, 4))):
        parts[name][data.draw(st.integers(0, len(parts[name]) - 1))] = data.draw(
            st.integers(0, 255)
        )
    if data.draw(st.booleans()):
        del parts[name][data.draw(st.integers(0, len(parts[name]) - 1)) :]
    path = tmp_path / "product.zip"
    with zipfile.ZipFile(path, "w") as packed:
        for part, content in parts.items():
            packed.writestr(part, bytes(content))
    try:
        found = read_nhc_gis(path)
    except WeatherError:
        return
    assert set(found.table["product"]) <= {"wind_swath"}


@pytest.mark.real_data
def test_elida_as_published(weather_data):
    forecast = read_nhc_gis(weather_data / "nhc_gis" / "ep052026_5day_014.zip")
    assert (len(forecast.table), forecast.rejects) == (11, ())
    points = forecast.table[forecast.table["product"] == "forecast_points"]
    # FCSTPRD 120: LAT 18.4, LON -123.4, MAXWIND 60, GUST 75, VALIDTIME 18/1200, MSLP 9999
    second = points.iloc[1]
    assert (second.geometry.x, second.geometry.y) == (-123.4, 18.4)
    assert second["value"] == pytest.approx(60 * KNOT_MPS)
    assert second["gust_mps"] == pytest.approx(75 * KNOT_MPS)
    assert second["valid_at_utc"].isoformat() == "2026-07-18T12:00:00+00:00"
    assert second["min_pressure_hpa"] != second["min_pressure_hpa"]
    assert set(forecast.table["issued_at_utc"]) == {datetime(2026, 7, 18, 3, tzinfo=UTC)}
    best = read_nhc_gis(weather_data / "nhc_gis" / "ep052026_best_track.zip")
    assert (len(best.table), best.rejects) == (48, ())
    assert best.table["product"].value_counts().to_dict() == {
        "best_points": 23, "best_radii": 20, "best_track": 3, "wind_swath": 2,
    }  # fmt: skip
    swath = best.table[best.table["product"] == "wind_swath"]
    assert swath["value"].tolist() == pytest.approx([50 * KNOT_MPS, 34 * KNOT_MPS])
    # total bounds of the swath's shapefile, as they are in the bytes
    assert swath.total_bounds == pytest.approx(
        (-123.770212, 13.60848556, -109.98113547, 19.50248358)
    )
