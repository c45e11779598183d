"""Tiles are known by their keys alone; a real S3 server lists them by pages."""

import json
import math
from datetime import UTC, date, datetime, timedelta

import pytest
import rasterio
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import SceneError, TransientError
from core.events import OccurrenceWindow
from core.licences import LicenceUse, judge_licence
from core.scenes import Scene
from imagery.catalogs.catalog import RejectedScene
from imagery.catalogs.eri_keys import end_of_local_day
from imagery.catalogs.noaa_eri import NoaaEriCatalog, read_key
from imagery.catalogs.web.http import HttpOptions
from imagery.catalogs.web.links import LinkRule

LOOPBACK = LinkRule(frozenset({"127.0.0.1"}))
QUICK = HttpOptions(silence_s=10, tries=2, first_pause_s=0.0)
KEY = "2020_Nashville_Tornado/20200307a_RGB/20200307aC0853900w361030n.tif"
WORLD = shapely.box(-180, -90, 180, 90)
LATER = datetime(2030, 1, 1, tzinfo=UTC)


def test_a_key_says_corner_day_and_size():
    tile = read_key(KEY, "h")
    assert isinstance(tile, Scene)
    assert tile.scene_id == "20200307aC0853900w361030n"
    assert tile.extent.bounds == pytest.approx((-85.65, 36.15, -85.625, 36.175))
    assert tile.captured_at_utc == datetime(2020, 3, 8, 6, tzinfo=UTC)
    assert judge_licence(tile.licence) is LicenceUse.CLEARED
    assert "NOAA" in tile.provider
    assert all(map(math.isnan, (tile.gsd_m, tile.off_nadir_deg, tile.cloud_frac)))


@pytest.mark.parametrize(("year", "seconds"), [(2012, 90), (2020, 90), (2021, 45), (2024, 45)])
def test_tiles_are_smaller_since_2021(year, seconds):
    tile = read_key(KEY.replace("20200307", f"{year}0307"), "h")
    west, south, east, north = tile.extent.bounds
    assert (east - west, north - south) == pytest.approx((seconds / 3600,) * 2)
    assert (west, north) == pytest.approx((-85.65, 36.175))


@pytest.mark.parametrize(
    "key",
    [
        "2020_X/20200307a_RGB/readme.tif", "2020_X/20200307a_RGB/20200307aC085390w361030n.tif",
        "2020_X/20201307a_RGB/20201307aC0853900w361030n.tif",
        "2022_Hurricane_Ian/20221112a_RGB/ortho-cogs/061922_1112221943103_057_RGB1.tif",
        "2024_Hurricane_Debby/20240807a_RGB/20240807a_RGB.tif",
        "2009_NorEaster/nov15_images/nov15C377500e4087500n.tif", "2016_X/tiles/0771630w353730n.tif",
        "2020_X/20200307a_RGB/20200307aC1993900w361030n.tif",
        "2020_X/20200307a_RGB/20200307aC0853900w991030n.tif", "", ".tif", "a/b/c",
        "2020_X/00000000a_RGB/aC0853900w361030n.tif",
    ],
)  # fmt: skip
def test_a_key_of_another_kind_is_rejected_with_its_name(key):
    tile = read_key(key, "h")
    assert isinstance(tile, RejectedScene)
    assert tile.reason.startswith("unreadable_key: ")
    assert key in tile.reason


STYLES = {
    "2005_Hurricane_Katrina/aug30JpegTiles_GCS_NAD83/aug30C0882700w301930n.tif": (
        "2005-08-30", "2005-08-30", (-88.45, 30.325), 90),
    "2012_Hurricane_Sandy/nov06bJpegTiles_GCS_NAD83/nov06b0740600w394930n.tif": (
        "2012-11-06", "2012-11-06", (-74.1, 39.825), 90),
    "2016_Hurricane_Matthew/20161013_RGB_JpegTiles_GCS_NAD83/0771630w353730n.tif": (
        "2016-10-13", "2016-10-13", (-77.275, 35.625), 90),
    "2017_Hurricane_Maria/20170915_16_USVI/20170915_16_USVI_C0644030w181930n.tif": (
        "2017-09-15", "2017-09-16", (-64.675, 18.325), 90),
    "2018_Michael/20181012b_RGB/20181012bC0853730w301630n.tif": (
        "2018-10-12", "2018-10-12", (-85.625, 30.275), 90),
    "2022_Pre_Event/CB2201a_OB_N_RGB/CB2201a_OB_NC0644930w174545n.tif": (
        "2022-01-01", "2022-12-31", (-64.825, 17.7625), 45),
    "2023_Pre_Event/EC2301a_OB_N_RGB/EC2301a_OB_N_C0741545w393044n.tif": (
        "2023-01-01", "2023-12-31", (-74.2625, 39.5125), 45),
    "2024_Hurricane_Helene/20240927a_RGB/20240927aC0853044w295830n.tif": (
        "2024-09-27", "2024-09-27", (-85.5125, 29.975), 45),
    "2022_Hurricane_Ian/20221002a_RGB/tiles/20221002aC0795145w325100n.tif": (
        "2022-10-02", "2022-10-02", (-79.8625, 32.85), 45),
    "2020_X/20200307aC0853900w361030n.TIF": (
        "2020-03-07", "2020-03-07", (-85.65, 36.175), 90),
}  # fmt: skip
"""Keys as they are in the bucket: first and last day, north-west corner, side in arc seconds."""


@pytest.mark.parametrize(("key", "said"), STYLES.items(), ids=STYLES)
def test_every_style_of_the_bucket_is_read_on_the_tiles_grid(key, said):
    first, last, corner, side = said
    tile = read_key(key, "h")
    assert isinstance(tile, Scene), tile
    west, south, east, north = tile.extent.bounds
    assert (west, north) == pytest.approx(corner, abs=1e-9)
    assert ((east - west) * 3600, (north - south) * 3600) == pytest.approx((side, side))
    assert tile.captured_at_utc - timedelta(hours=12) < datetime.fromisoformat(
        f"{last}T23:59:59Z"
    ) <= tile.captured_at_utc  # fmt: skip
    assert tile.began_at_utc <= datetime.fromisoformat(f"{first}T06:00:00Z")


def test_utm_tiles_lie_where_their_folders_zone_says():
    key = "2011_Joplin_Tornado/may26JPEGtiles_UTMZone15/may26C372500e4100000n.tif"
    tile = read_key(key, "h")
    west, _, _, north = tile.extent.bounds
    assert (west, north) == pytest.approx((-94.4336, 37.0376), abs=5e-4)
    assert tile.captured_at_utc.date() == date(2011, 5, 27)


@pytest.mark.parametrize(
    "key",
    [
        "2020_Hurricane_Sally/20200918b_NIR/20200918bC0873000w301500n.tif",
        "2016_Hurricane_Matthew/20161007aOblique/2016obP28168649.tif",
    ],
)
def test_what_is_no_picture_from_above_in_visible_light_is_rejected(key):
    assert read_key(key, "h").reason.startswith("not_visible: ")


def test_a_survey_was_flown_before_its_tiles_were_stored():
    key = "2022_Pre_Event/CB2201a_OB_N_RGB/CB2201a_OB_NC0644930w174545n.tif"
    stored = datetime(2022, 5, 2, tzinfo=UTC)
    assert read_key(key, "h", stored).captured_at_utc == stored
    assert read_key(key, "h", datetime(2026, 1, 1, tzinfo=UTC)).captured_at_utc.year == 2023


@given(
    st.integers(-179 * 3600, 179 * 3600), st.integers(-89 * 3600, 89 * 3600),
    st.dates(date(2005, 1, 1), date(2030, 1, 1)),
)  # fmt: skip
@settings(max_examples=100)
def test_a_corner_comes_back_from_its_key(west_s, north_s, day):
    def spell(seconds, width):
        total = abs(seconds)
        return f"{total // 3600:0{width}}{total // 60 % 60:02}{total % 60:02}"

    corner = (
        f"{spell(west_s, 3)}{'w' if west_s <= 0 else 'e'}"
        f"{spell(north_s, 2)}{'n' if north_s >= 0 else 's'}"
    )
    tile = read_key(f"{day.year}_Storm/{day:%Y%m%d}b_RGB/{day:%Y%m%d}bC{corner}.tif", "h")
    west, _, _, north = tile.extent.bounds
    assert (west * 3600, north * 3600) == pytest.approx((west_s, north_s), abs=1 + 1e-6)
    assert tile.captured_at_utc.date() >= day


@pytest.mark.parametrize(
    ("longitude_deg", "civil_hours"),
    [(-66, -4), (-71, -4), (-85.6, -5), (-85.6, -4), (-95.4, -5), (-118.2, -7), (-149.9, -8),
     (-155.5, -10), (144.8, 10)],
)  # fmt: skip
def test_no_tile_is_believed_earlier_than_it_can_be(longitude_deg, civil_hours):
    """Against civil time with summer time of places that NOAA flies over."""
    day = date(2018, 10, 11)
    civil_end = datetime(2018, 10, 12, tzinfo=UTC) - timedelta(hours=civil_hours)
    end = end_of_local_day(day, longitude_deg)
    assert civil_end <= end <= civil_end + timedelta(hours=3)


@pytest.fixture(scope="module")
def s3():
    """Address of a real S3 server, asked without an account."""
    moto = pytest.importorskip("moto.server", reason="no moto here: make test installs it")
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def put(s3):
    """Puts empty objects into a bucket of the server, which runs in this process."""
    from moto.core import DEFAULT_ACCOUNT_ID  # noqa: PLC0415  slow to import
    from moto.s3.models import s3_backends  # noqa: PLC0415

    store = s3_backends[DEFAULT_ACCOUNT_ID]["aws"]
    store.create_bucket("noaa-eri-pds", "us-east-1")

    def putter(*keys):
        for key in keys:
            store.put_object("noaa-eri-pds", key, b"")

    yield putter
    store.reset()


def listed(s3, event="2018_Michael", **options):
    given_ = {"endpoint": s3, "rule": LOOPBACK, "http": QUICK} | options
    return NoaaEriCatalog(event, **given_)


def grid(count):
    """Keys of tiles in a row, from the north-west."""
    return [
        f"2018_Michael/20181011a_RGB/20181011aC0{85 - at // 40:02}"
        f"{59 - at % 40 * 3 // 2:02}{30 * (at % 2):02}w300000n.tif"
        for at in range(count)
    ]


@pytest.mark.server
def test_a_bucket_is_listed_page_by_page(s3, put):
    keys = grid(1203)
    put(*keys, "2018_Michael/readme.txt", "2019_Dorian/20190905a_RGB/20190905aC0763000w343000n.tif")
    found = listed(s3).search(WORLD, LATER)
    assert len(found.scenes) == len(set(keys)) == 1203
    assert found.rejected == ()
    assert [scene.scene_id for scene in found.scenes] == sorted(
        key.rpartition("/")[2].removesuffix(".tif") for key in keys
    )
    with pytest.raises(SceneError, match="more than 1 pages"):
        listed(s3, max_pages=1).search(WORLD, LATER)
    assert found.scenes[0].href.startswith(f"{s3}/noaa-eri-pds/2018_Michael/20181011a_RGB/")


@pytest.mark.server
def test_area_and_instant_choose_tiles(s3, put):
    odd = "2018_Michael/20181011a_RGB/mosaic.tif"
    put(
        "2018_Michael/20181011a_RGB/20181011aC0853900w300000n.tif",
        "2018_Michael/20181013a_RGB/20181013aC0853900w300000n.tif",
        "2018_Michael/20181011a_RGB/20181011aC0843900w300000n.tif", odd,
    )  # fmt: skip
    near = shapely.box(-85.65, 29.9, -85.6, 30.1)
    found = listed(s3).search(near, datetime(2018, 10, 12, 6, tzinfo=UTC))
    assert [scene.scene_id for scene in found.scenes] == ["20181011aC0853900w300000n"]
    assert {(each.scene_id, each.reason.partition(":")[0]) for each in found.rejected} == {
        ("mosaic", "unreadable_key"), ("20181013aC0853900w300000n", "not_yet_captured"),
        ("20181011aC0843900w300000n", "outside_event"),
    }  # fmt: skip
    too_soon = datetime(2018, 10, 12, 5, 59, tzinfo=UTC)
    assert listed(s3).search(near, too_soon).scenes == ()


@pytest.mark.server
@pytest.mark.parametrize(
    ("starts", "ends", "is_used"),
    [
        ((2018, 10, 10, 12), (2018, 10, 11, 0), True),
        ((2018, 10, 10, 12), (2018, 10, 11, 12), False),
        ((2018, 10, 12, 0), (2018, 10, 12, 3), False),
        ((2018, 10, 12, 6), (2018, 10, 12, 12), True),
    ],
)
def test_a_day_that_overlaps_the_losses_proves_nothing(s3, put, starts, ends, is_used):
    put("2018_Michael/20181011a_RGB/20181011aC0853900w300000n.tif")
    losses = OccurrenceWindow(datetime(*starts, tzinfo=UTC), datetime(*ends, tzinfo=UTC))
    found = listed(s3, losses=losses).search(WORLD, LATER)
    assert len(found.scenes) == is_used
    assert all(each.reason.startswith("uncertain_day: flown between") for each in found.rejected)


@pytest.mark.server
def test_what_is_not_in_the_bucket_is_told(s3, put):
    put("2018_Michael/readme.txt")
    for event in ("2018_Michael", "2018_Mikael"):
        with pytest.raises(SceneError, match="there is no tile") as caught:
            listed(s3, event).search(WORLD, LATER)
        assert "2018_Michael" in caught.value.remedy
    with pytest.raises(SceneError, match="answers 404"):
        listed(s3, bucket="no-such-bucket").search(WORLD, LATER)
    for bucket in ("a/../b", "UPPER", "x", "169.254.169.254/"):
        with pytest.raises(SceneError, match="no names of an event and a bucket"):
            listed(s3, bucket=bucket).search(WORLD, LATER)


def page(keys, token=None):
    entries = "".join(f"<Contents><Key>{key}</Key></Contents>" for key in keys)
    more = f"<IsTruncated>true</IsTruncated><NextContinuationToken>{token}</NextContinuationToken>"
    return f"<ListBucketResult>{entries}{more if token else ''}</ListBucketResult>"


BOMB = (
    '<!DOCTYPE l [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>'
    "<ListBucketResult><Contents><Key>&b;</Key></Contents></ListBucketResult>"
)


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("", "no XML"), ("<ListBucketResult>", "no XML"), ("{}", "no XML"), (BOMB, "no XML"),
        ("<Error><Code>AccessDenied</Code></Error>", "the answer is a Error"),
        (page([KEY], "again"), "leads back to itself"),
    ],
)  # fmt: skip
def test_a_listing_that_is_none_is_told(web, body, problem):
    web.pages["/noaa-eri-pds/"] = body
    with pytest.raises(SceneError, match=problem):
        listed(web.url, "2020_Nashville_Tornado").search(WORLD, LATER)


def test_a_listing_without_end_is_refused(web):
    web.pages["/noaa-eri-pds/"] = lambda _: (200, {}, page([KEY], f"t{len(web.asked)}"))
    with pytest.raises(SceneError, match="more than 7 pages"):
        listed(web.url, max_pages=7).search(WORLD, LATER)


def test_a_page_that_fails_is_no_end_of_the_listing(web):
    web.pages["/noaa-eri-pds/"] = lambda handler: (
        (500, {}, b"") if "continuation-token" in handler.path else (200, {}, page([KEY], "t"))
    )
    with pytest.raises(TransientError, match="answers 500"):
        listed(web.url).search(WORLD, LATER)


def test_amazons_bucket_is_asked_by_its_name():
    assert NoaaEriCatalog("2018_Michael").address == (
        "https://noaa-eri-pds.s3.us-east-1.amazonaws.com"
    )


@pytest.mark.real_data
def test_a_real_tile_lies_where_its_key_says(public_data):
    path = public_data / "catalogs" / "noaa_eri_20200307aC0853900w361030n.tif"
    tile = read_key(KEY, "h")
    with rasterio.open(path) as image:
        assert image.crs.to_epsg() == 4326
        placed = shapely.box(*image.bounds)
    assert placed.intersection(tile.extent).area / tile.extent.area > 0.999
    assert placed.area / tile.extent.area < 1.05


@pytest.mark.real_data
def test_real_keys_give_what_the_published_index_says(public_data):
    lines = (public_data / "catalogs" / "noaa-eri-nashville2020_head20.ndjson").read_text()
    for line in lines.splitlines():
        item = json.loads(line)
        href = item["assets"]["cog"]["href"]
        tile = read_key(href.partition(".com/")[2], href)
        assert tile.extent.bounds == pytest.approx(item["bbox"], abs=2e-4)
        assert tile.captured_at_utc > datetime.fromisoformat(item["properties"]["datetime"])
