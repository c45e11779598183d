"""Services: what is asked of each, and what its answers lead to."""

import json
from datetime import date

import pytest

from core.errors import WeatherError
from core.grid import Bounds
from weather.feeds.feed import Wanted
from weather.feeds.firms import FirmsFeed
from weather.feeds.mrms import MrmsFeed
from weather.feeds.nhc import NhcFeed
from weather.feeds.nws_alerts import NwsAlertsFeed
from weather.feeds.shakemap import ShakeMapFeed
from weather.feeds.spc import SpcFeed
from weather.feeds.wfigs import WfigsFeed
from weather.sources.kinds import KINDS

DAY = date(2018, 6, 15)
CURRENT = Wanted("CurrentStorms.json", "", "current_storms")
FEEDS = [
    NhcFeed("EP052026"), NwsAlertsFeed(("FL", "GA")), SpcFeed((DAY,)), MrmsFeed((DAY,)),
    WfigsFeed("CAMP"), FirmsFeed("key", Bounds(-122, 36, -121, 37), DAY, DAY),
    ShakeMapFeed("us7000kufc"),
]  # fmt: skip


@pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: feed.name)
def test_what_is_asked_has_a_reader_and_a_name_of_its_own(feed):
    asked = feed.first()
    assert len({wanted.name for wanted in asked}) == len(asked) > 0
    assert {wanted.kind for wanted in asked} <= {"", *KINDS}


@pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: feed.name)
@pytest.mark.parametrize("content", [b"", b"[]", b"null", b"{}", b"<a/>", b"\xff\x00"])
def test_nonsense_leads_nowhere_or_is_said_to_be_nonsense(feed, content):
    for wanted in feed.first():
        try:
            assert feed.follow(wanted, content) == ()
        except WeatherError:
            continue


@pytest.mark.real_data
def test_an_advisory_leads_to_its_zips_each_once(weather_data):
    storm = json.loads((weather_data / "nhc_gis" / "CurrentStorms_ep052026.json").read_bytes())
    content = json.dumps({"activeStorms": [storm]}).encode()
    found = NhcFeed("EP052026").follow(CURRENT, content)
    assert [wanted.name for wanted in found] == [
        "ep052026_5day_014.zip", "ep052026_fcst_014.zip", "ep052026_best_track.zip",
    ]  # fmt: skip
    assert NhcFeed("AL142018").follow(CURRENT, content) == ()


def test_an_advisory_that_leads_elsewhere_is_not_followed():
    storm = {"id": "al142018", "bestTrackGIS": {"zipFile": "https://evil.example/a.zip"}}
    with pytest.raises(WeatherError, match=r"evil\.example"):
        NhcFeed("AL142018").follow(CURRENT, json.dumps({"activeStorms": [storm]}).encode())


def test_the_newest_grid_of_a_day_is_taken():
    keys = [f"CONUS/MESH/20180615/MRMS_MESH_20180615-{hour:02}0000.grib2.gz" for hour in (3, 23, 9)]
    listing = "".join(f"<Contents><Key>{key}</Key></Contents>" for key in keys)
    content = f'<L xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{listing}</L>'.encode()
    feed = MrmsFeed((DAY,), ("MESH",), "https://bucket.example")
    (listed,) = feed.first()
    assert listed.url == "https://bucket.example/?list-type=2&prefix=CONUS/MESH/20180615/"
    (grid,) = feed.follow(listed, content)
    assert grid.url == f"https://bucket.example/{keys[1]}"


def test_a_list_that_expands_without_end_is_refused():
    bomb = b'<!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "&b;&b;">]><a>&d;</a>'
    feed = MrmsFeed((DAY,))
    with pytest.raises(WeatherError, match="no list"):
        feed.follow(feed.first()[0], bomb)


def test_days_of_fire_points_are_asked_for_in_pieces_and_the_key_is_hidden():
    feed = FirmsFeed("s3cret", Bounds(-122, 36, -121, 37), date(2016, 7, 22), date(2016, 7, 28))
    asked = [wanted for wanted in feed.first() if "SNPP" in wanted.name]
    assert [wanted.url.rsplit("/", 2)[1:] for wanted in asked] == [
        ["5", "2016-07-22"], ["2", "2016-07-27"],
    ]  # fmt: skip
    assert all("s3cret" in each.url and "s3cret" not in each.told_url for each in asked)


def test_the_name_of_a_fire_cannot_end_the_question():
    (asked,) = WfigsFeed("O'Brien' OR 1=1").first()
    assert "O%27%27Brien%27%27+OR+1%3D1" in asked.url


def test_the_newest_shakemap_is_followed():
    link = "https://earthquake.usgs.gov/product/shakemap/us1/us/2/download/grid.xml"
    page = {"properties": {"products": {"shakemap": [
        {"contents": {"download/grid.xml": {"url": link}}}]}}}  # fmt: skip
    feed = ShakeMapFeed("us1")
    (grid,) = feed.follow(feed.first()[0], json.dumps(page).encode())
    assert (grid.url, grid.kind) == (link, "shakemap")
    page["properties"]["products"] = {}
    assert feed.follow(feed.first()[0], json.dumps(page).encode()) == ()
