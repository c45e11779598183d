"""A damaged product is told in the reader's own words: records, rejects, or a WeatherError.

Every kind is tried. To add one, give ``SAMPLES`` a small made-up file of it under its name: the
file's name, and its text, what JSON it is, or a function that writes it. ``REAL`` says which of the
public files are damaged too, where they are there.
"""

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rasterio.shutil import copy
from rasterio.transform import from_origin

from core.errors import WeatherError
from weather.sources.kinds import KINDS

TRIES = 40
"""A sample, real ones fewer; a few seconds each."""
REAL_TRIES = 10
MOST_BYTES = 100_000
"""Of a real file, so that a try costs milliseconds: what is longer is cut there, a fault too."""
BOX = shapely.box(-86, 29, -85, 31)
HURDAT2 = """\
AL142018,            MICHAEL,      2,
20181010, 1730, L, HU, 30.0N,  85.5W, 140,  919,   90,  140,  100,   80,   60,   80,   50,   50,   35,   35,   25,   25,
20181010, 1800,  , HU, 30.2N,  85.4W, 135,  920,   90,  140,  100,   80,   60,   80,   50,   50,   35,   35,   25,   25,
AL042021,              DANNY,      1,
20210628, 1800,  , TS, 32.0N,  79.5W,  40, 1009,   40,    0,   30,   30,    0,    0,    0,    0,    0,    0,    0,    0,   30
"""  # noqa: E501  lines of files as they are
ATCF = """\
AL, 11, 2017090605, 45, BEST,   0, 177N,  618W, 155,  914, HU,  34, NEQ,  150,  110,   90,  150, 1009,  200,  15,   0,
AL, 11, 2017090605, 45, BEST,   0, 177N,  618W, 155,  914, HU,  64, NEQ,   45,   40,   30,   45, 1009,  200,  15,   0,
AL, 11, 2017090606, 03, OFCL,  12, 183N,  635W, 155,    0, HU,  50, NEQ,   80,   60,   50,   70
"""  # noqa: E501
IBTRACS = """\
SID,NUMBER,BASIN,SUBBASIN,ISO_TIME,NATURE,LAT,LON,WMO_WIND,WMO_PRES,USA_WIND
 , , , , , ,degrees_north,degrees_east,kts,mb,kts
2016006N02188,1,EP,CP,2016-01-10 12:00:00,TS,7.7,-174.2,40,1002,40
2016006N02188,1,EP,CP,1/10/16 18:00,TS,7.7,-174,45,1000,
"""
ALERT = {
    "type": "Feature", "geometry": shapely.geometry.mapping(BOX),
    "properties": {
        "id": "urn:a", "event": "Tornado Warning", "messageType": "Update", "status": "Actual",
        "sent": "2021-12-10T17:56:00-06:00", "ends": "2021-12-10T18:30:00-06:00",
        "geocode": {"UGC": ["MOC029"]}, "references": [{"identifier": "urn:b"}],
        "affectedZones": ["https://api.weather.gov/zones/county/MOC029"],
        "parameters": {"maxWindGust": ["60 MPH"], "maxHailSize": ["Up to .75"]},
    },
}  # fmt: skip
CURRENT = {
    "activeStorms": [
        {
            "id": "ep052026", "name": "Elida", "intensity": "55", "pressure": "992",
            "latitude": "17.4N", "longitude": "122.5W", "movementSpeed": 10,
            "lastUpdate": "2026-07-18T03:00:00.000Z",
            "trackCone": {"advNum": "014", "zipFile": "https://www.nhc.noaa.gov/a.zip"},
        }
    ]
}  # fmt: skip
STORM_EVENTS = """\
EVENT_ID,EVENT_TYPE,BEGIN_YEARMONTH,BEGIN_DAY,BEGIN_TIME,CZ_TIMEZONE,MAGNITUDE,DAMAGE_PROPERTY,\
BEGIN_LAT,BEGIN_LON,END_LAT,END_LON,TOR_F_SCALE
1,Tornado,199305,3,1835,CST,0,1.5M,33.28,-87.28,33.33,-87.32,F2
2,Hail,199305,18,1910,EST-5,1.75,0?,,,,,
"""
SPC = """\
Time,Size,Location,County,State,Lat,Lon,Comments
1510,175,MOOSE LAKE,CARLTON,MN,46.45,-92.77,TIME ESTIMATED BY RADAR. (DLH)
0030,UNK,MOOSE LAKE,CARLTON,MN,46.45,-92.77,A comment. (DLH)
"""
LSR = """\
NWUS53 KDMX 232354
LSRDMX

PRELIMINARY LOCAL STORM REPORT
NATIONAL WEATHER SERVICE DES MOINES IA
653 PM CDT TUE JUL 23 2013

..TIME...   ...EVENT...      ...CITY LOCATION...     ...LAT.LON...

0810 PM     HAIL             BOONE                   42.05N 93.88W
07/22/2013  E1.75 INCH       BOONE              IA   PUBLIC

&&

$$
"""
SURVEY = """\
702 PM CDT Fri Mar 17 2023

.First Tornado...

Rating:                 EF1
Estimated Peak Wind:    105 mph
Path Length /statute/:  2.0 miles
Start Date:             03/16/2023
Start Time:             11:47 PM CDT
Start Lat/Lon:          32.8066 / -97.0338
End Date:               03/17/2023
End Time:               12:05 AM CDT
End Lat/Lon:            32.8095 / -96.9329
"""
PERIMETER = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature", "geometry": shapely.geometry.mapping(BOX),
            "properties": {"FIRE_NAME": "CAMP", "GIS_ACRES": 153335.6, "ALARM_DATE": 1541635200000},
        }
    ],
}  # fmt: skip
FIRMS = """\
latitude,longitude,bright_ti4,scan,track,acq_date,acq_time,satellite,instrument,confidence,version,\
bright_ti5,frp,type
36.46,-121.89,367,0.37,0.58,2016-07-22,21,N,VIIRS,n,1,342.5,77.7,0
"""
MARKS = """\
hwm_id,latitude,longitude,height_above_gnd,elev_ft,survey_date
1,34.5,-77.9,3,12.5,2018-09-20 04:00:00
2,34.6,-77.8,,11.5,
"""
SHAKEMAP = """\
<?xml version="1.0" encoding="US-ASCII" standalone="yes"?>
<shakemap_grid xmlns="http://earthquake.usgs.gov/eqcenter/shakemap" event_id="made1"
 shakemap_id="made1" shakemap_version="3" map_status="RELEASED" shakemap_event_type="ACTUAL">
<event event_id="made1" magnitude="7.1" depth="8" lat="35.7" lon="-117.6"
 event_timestamp="2019-07-06T03:19:53UTC" event_network="ci" event_description="made up"/>
<grid_specification lon_min="-118.0" lat_min="34.9" lon_max="-117.9" lat_max="35.0"
 nominal_lon_spacing="0.1" nominal_lat_spacing="0.1" nlon="2" nlat="2"/>
<grid_field index="1" name="LON" units="dd"/>
<grid_field index="2" name="LAT" units="dd"/>
<grid_field index="3" name="MMI" units="intensity"/>
<grid_field index="4" name="PGA" units="%g"/>
<grid_data>
-118.0 35.0 6.1 12.5
-117.9 35.0 7.4 40.0
-118.0 34.9 5.0 6.0
-117.9 34.9 4.2 3.0
</grid_data>
</shakemap_grid>
"""


def make_swath(folder: Path) -> bytes:
    """A zip of NHC; see test_nhc_gis.py for damage inside."""
    columns = {"RADII": [34.0], "STORMID": ["AL142018"], "ADVNUM": ["15"]}
    gpd.GeoDataFrame(columns, geometry=[BOX], crs=4326).to_file(folder / "AL142018_windswath.shp")
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as packed:
        for part in folder.iterdir():
            packed.write(part, part.name)
    return stream.getvalue()


def make_raster(folder: Path) -> bytes:
    return _write_grid(folder / "gust_mph.tif", "GTiff")


def make_mesh(folder: Path) -> bytes:
    path = folder / "mesh.grib2"
    _write_grid(folder / "mesh.tif", "GTiff")
    copy(
        str(folder / "mesh.tif"), str(path), driver="GRIB", DISCIPLINE="209",
        IDS="CENTER=161(US-OAR) SUBCENTER=0 MASTER_TABLE=255 LOCAL_TABLE=1 SIGNF_REF_TIME=3 "
        "REF_TIME=2024-02-28T10:00:00Z PROD_STATUS=2 TYPE=7", PDS_PDTN="0",
        PDS_TEMPLATE_NUMBERS="3 34 8 0 97 0 0 0 0 0 0 0 0 102 0 0 0 1 244 255 1 0 0 0 0",
        DATA_ENCODING="IEEE_FLOATING_POINT",
    )  # fmt: skip
    return path.read_bytes()


def _write_grid(path: Path, driver: str) -> bytes:
    values = np.array([[-3, 60.5], [110, 0]], "float32")
    with rasterio.open(
        path, "w", driver=driver, dtype="float64", count=1, height=2, width=2, crs="EPSG:4326",
        transform=from_origin(-95, 40, 0.01, 0.01),
    ) as target:  # fmt: skip
        target.write(values, 1)
    return path.read_bytes()


@dataclass(frozen=True)
class Sample:
    """A file of a kind before any damage: its name, and what is in it."""

    name: str
    content: str | dict | Callable[[Path], bytes]

    def make(self, folder: Path) -> bytes:
        if callable(self.content):
            return self.content(folder)
        text = self.content if isinstance(self.content, str) else json.dumps(self.content, indent=1)
        return text.encode()


SAMPLES = {
    "hurdat2": Sample("hurdat2.txt", HURDAT2),
    "atcf": Sample("bal112017.dat", ATCF),
    "ibtracs": Sample("ibtracs.csv", IBTRACS),
    "current_storms": Sample("CurrentStorms.json", CURRENT),
    "nhc_gis": Sample("al142018_best_track.zip", make_swath),
    "nws_alerts": Sample("alerts.json", {"features": [ALERT, ALERT]}),
    "spc": Sample("180615_rpts_filtered_hail.csv", SPC),
    "local_storm_reports": Sample("LSR.txt", LSR),
    "damage_surveys": Sample("PNS.txt", SURVEY),
    "storm_events": Sample("details.csv", STORM_EVENTS),
    "mrms": Sample("MRMS_MESH_Max_1440min_00.50_20240228-100000.grib2", make_mesh),
    "rasters": Sample("gust_mph.tif", make_raster),
    "fire_perimeters": Sample("fire.geojson", PERIMETER),
    "firms": Sample("firms.csv", FIRMS),
    "high_water_marks": Sample("marks.csv", MARKS),
    "shakemap": Sample("grid.xml", SHAKEMAP),
}  # fmt: skip
REAL = {
    "hurdat2": "hurdat2/hurdat2_2017_2018.txt",
    "atcf": "atcf/irma2017-bdeck.dat",
    "ibtracs": "ibtracs/ibtracs_v04r01_reduced_cols.csv",
    "current_storms": "nhc_gis/CurrentStorms_ep052026.json",
    "nhc_gis": "nhc_gis/ep052026_best_track.zip",
    "nws_alerts": "nws_alerts/tornado_warned_test_alerts.json",
    "spc": "spc/180615_rpts_filtered_wind.csv",
    "local_storm_reports": "nws_damage_surveys/LSR.txt",
    "damage_surveys": "nws_damage_surveys/PNS_damage_multi.txt",
    "storm_events": "storm_events/StormEvents_details-ftp_v1.0_d1993_c20220425_head2000.csv",
    "fire_perimeters": "fire_perimeters/2025-CALFD-000738.js",
    "firms": "firms/California_firms_Soberanes_2016_viirs.csv",
    "high_water_marks": "high_water_marks/florence2018.csv",
}  # fmt: skip

NASTY = (
    b"\0", b"\xff\xfe", b'"', b",", b"\n", b"\r", b"NaN", b"inf", b"-inf", b"1e999", b"9" * 400,
    b"-999", b"-", b"\\ud800", b"null", b"[]", b"{}", b"true", b"\xc2\xb2", b"\xe2\x80\xa8",
)  # fmt: skip
SHARE = st.floats(0, 1, exclude_max=True)
DAMAGE = st.lists(
    st.one_of(
        st.tuples(st.just("cut"), SHARE),
        st.tuples(st.just("flip"), SHARE, st.integers(0, 255)),
        st.tuples(st.just("insert"), SHARE, st.sampled_from(NASTY)),
        st.tuples(st.just("overwrite"), SHARE, st.sampled_from(NASTY)),
        st.tuples(st.sampled_from(["drop line", "double line"]), SHARE),
    ),
    min_size=1, max_size=4,
)  # fmt: skip


def damage(content: bytes, faults) -> bytes:
    for what, share, *more in faults:
        at = int(share * len(content))
        if what == "cut":
            content = content[:at]
        elif what == "flip":
            content = content[:at] + bytes(more) + content[at + 1 :]
        elif what == "insert":
            content = content[:at] + more[0] + content[at:]
        elif what == "overwrite":
            content = content[:at] + more[0] + content[at + len(more[0]) :]
        else:
            lines = content.split(b"\n")
            row = int(share * len(lines))
            lines[row : row + 1] = [] if what == "drop line" else [lines[row]] * 2
            content = b"\n".join(lines)
    return content


def read_or_refuse(kind: str, path: Path) -> None:
    """Records that fit their table and a GeoParquet file, or the reader's own refusal."""
    try:
        found = KINDS[kind].read(path)
    except WeatherError:
        return
    assert list(found.table.columns) == list(KINDS[kind].schema.columns)
    assert all(reject.place and reject.reason for reject in found.rejects)
    found.table.to_parquet(io.BytesIO())


@pytest.mark.parametrize("kind", KINDS)
def test_a_kinds_sample_is_one(kind, tmp_path):
    sample = SAMPLES[kind]
    path = tmp_path / sample.name
    path.write_bytes(sample.make(tmp_path))
    found = KINDS[kind].read(path)
    assert len(found.table) > 0


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The undamaged sample of a kind, made once, and a folder of its own."""
    made: dict[str, tuple[bytes, Path]] = {}

    def give(kind):
        if kind not in made:
            folders = tmp_path_factory.mktemp(kind), tmp_path_factory.mktemp(f"{kind}-damaged")
            made[kind] = SAMPLES[kind].make(folders[0]), folders[1]
        return made[kind]

    return give


def tries(count):
    return settings(
        max_examples=count, deadline=None, derandomize=True,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
@tries(TRIES)
@given(faults=DAMAGE)
def test_damage_is_told_in_the_readers_own_words(kind, faults, whole):
    content, folder = whole(kind)
    path = folder / SAMPLES[kind].name
    path.write_bytes(damage(content, faults))
    read_or_refuse(kind, path)


@pytest.mark.real_data
@pytest.mark.parametrize("kind", REAL)
@tries(REAL_TRIES)
@given(faults=DAMAGE)
def test_damage_of_public_files_is_told_too(kind, faults, weather_data, tmp_path):
    source = weather_data / REAL[kind]
    path = tmp_path / source.name
    path.write_bytes(damage(source.read_bytes()[:MOST_BYTES], faults))
    read_or_refuse(kind, path)
