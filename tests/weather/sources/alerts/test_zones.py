"""A watch gets the outline of its zones; what no outline is known of stays named."""

import geopandas as gpd
import pytest
import shapely

from core.errors import WeatherError
from weather.sources.alerts.nws_alerts import read_nws_alerts
from weather.sources.alerts.zones import FIRE, join_zones, read_zones

LEFT, RIGHT, ISLAND = (shapely.box(x, 37, x + 1, 38) for x in (-93, -92, -85))


def write(path, geometry, **columns):
    gpd.GeoDataFrame(columns, geometry=geometry, crs=4326).to_file(path)
    return path


def test_zones_give_their_outline(alerts_file, alert, tmp_path):
    zones = read_zones(
        write(
            tmp_path / "zones.geojson", [LEFT, RIGHT, ISLAND],
            id=["MOC029", "MOC059", "MOC059"], type=["county"] * 3,
        )
    )  # fmt: skip
    alerts = read_nws_alerts(alerts_file(alert(zones=("MOC029", "MOC059", "MOC105")))).table
    [row] = join_zones(alerts, zones).to_dict("records")
    assert row["geometry"].area == pytest.approx(3)
    assert row["unplaced_zones"] == "MOC105"


def test_a_polygon_of_its_own_is_kept(alerts_file, alert, polygon, tmp_path):
    zones = read_zones(write(tmp_path / "zones.geojson", [LEFT], ugc=["MOC029"]))
    alerts = read_nws_alerts(alerts_file(alert(geometry=polygon), alert("b", zones=()))).table
    first, second = join_zones(alerts, zones).to_dict("records")
    assert first["geometry"].area == pytest.approx(0.125)
    assert second["geometry"] is None


def test_no_alerts_join_to_none(alerts_file, tmp_path):
    zones = read_zones(write(tmp_path / "zones.geojson", [LEFT], ugc=["MOC029"]))
    assert len(join_zones(read_nws_alerts(alerts_file()).table, zones)) == 0


@pytest.mark.parametrize(
    ("columns", "code"),
    [
        ({"STATE_ZONE": ["OR001"]}, "ORZ001"),
        ({"STATE": ["OR"], "FIPS": ["41001"]}, "ORC001"),
        ({"id": ["https://api.weather.gov/zones/forecast/ORZ001"]}, "ORZ001"),
    ],
)
def test_shapefiles_and_the_api_name_zones_in_their_own_ways(tmp_path, columns, code):
    path = write(tmp_path / "z.shp", [LEFT], **columns)
    assert read_zones(path)["zone_code"].tolist() == [code]


def test_a_fire_zone_is_another_than_the_forecast_zone_of_its_code(alerts_file, alert, tmp_path):
    path = write(tmp_path / "z.geojson", [LEFT], id=["ORZ001"])
    address = ["https://api.weather.gov/zones/fire/ORZ001"]
    alerts = read_nws_alerts(alerts_file(alert(zones=("ORZ001",), affectedZones=address))).table
    assert join_zones(alerts, read_zones(path)).geometry.isna().all()
    assert join_zones(alerts, read_zones(path, FIRE)).geometry.notna().all()


def test_what_names_no_zones_is_said_to_be_none(tmp_path):
    with pytest.raises(WeatherError, match="names zones"):
        read_zones(write(tmp_path / "z.geojson", [LEFT], name=["x"]))
    (tmp_path / "junk.geojson").write_bytes(b"junk")
    with pytest.raises(WeatherError, match="no outlines"):
        read_zones(tmp_path / "junk.geojson")
