"""The map's file as text: what is in it, what is not, and how large it may become."""

import base64
import dataclasses
import html
import json
import logging
import re
from hashlib import sha256

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InputError
from core.grid import Bounds
from core.pictures.looks import HEAT_STOPS
from reports.lists.ranking import rank_findings
from reports.maps.data import embed_json
from reports.maps.outlines import build_outlines
from reports.maps.page import Backdrop, MapContent, MapOptions, write_map
from reports.maps.pictures import NoPicture, choose_pictures, encode_pictures
from reports.summary.numbers import EventTables, summarise

DATA = re.compile(r'<script type="application/json" id="data">(.*?)</script>', re.DOTALL)
PICTURE = re.compile(r'id="picture-(\d+)">(.*?)</script>', re.DOTALL)
SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)


def content_of(world, **more):
    summary = summarise(
        EventTables(world.findings, world.rejects, world.hazard_areas), world.context
    )
    return MapContent(
        world.context,
        world.findings,
        world.footprints,
        world.hazard_areas,
        world.scenes,
        world.pictures,
        summary,
        **more,
    )


def page_of(world, folder, options=None, **more):
    write_map(folder / "map.html", content_of(world, **more), options)
    return (folder / "map.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(world, tmp_path_factory):
    return page_of(world, tmp_path_factory.mktemp("map"))


@pytest.fixture(scope="module")
def data(page):
    return json.loads(DATA.search(page).group(1))


def test_every_finding_is_in_the_page_worst_first(world, data):
    ranked = rank_findings(world.findings)
    rows = data["rows"]
    assert rows["policy"] == ranked["policy_number"].tolist()
    assert rows["lat"] == pytest.approx(ranked.geometry.y.tolist(), abs=1e-6)
    tiers = [rows["tier"]["words"][code] for code in rows["tier"]["codes"]]
    assert tiers == ranked["tier"].tolist()
    assert {len(v if isinstance(v, list) else v["codes"]) for v in rows.values()} == {300}
    assert data["undrawn"] == 0


def test_pictures_are_those_of_their_building(world, page, data):
    pictures = dict(PICTURE.findall(page))
    jpegs = world.pictures.set_index("building_id")
    pairs = list(zip(data["rows"]["building"], data["rows"]["picture"], strict=True))
    assert sum(place >= 0 for _, place in pairs) == len(jpegs) == len(pictures)
    for building, place in pairs:
        if place < 0:
            assert building not in jpegs.index
            continue
        pair = json.loads(pictures[str(place)])
        assert base64.b64decode(pair["pre"]) == jpegs.loc[building, "pre_jpeg"]
        assert base64.b64decode(pair["post"]) == jpegs.loc[building, "post_jpeg"]


def test_no_name_or_contact_is_inside(world, page):
    words = PICTURE.sub("", page)
    for column in ("insured_name", "email", "street_address", "phone"):
        for value in world.contacts[column].dropna().unique():
            assert value not in words
    assert "Zz" not in words


def test_nothing_can_be_fetched(page):
    policy = html.unescape(re.search(r'Security-Policy" content="([^"]*)"', page).group(1))
    assert "default-src 'none'" in policy
    for script in SCRIPT.findall(page):
        digest = base64.b64encode(sha256(script.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy
    markup = re.sub(r"<(script|style).*?</\1>", "", page, flags=re.DOTALL)
    assert not re.search(r"(src|href)\s*=", markup)
    assert "sourceMappingURL" not in page
    assert "@import" not in page


def test_our_scripts_set_no_markup(page):
    ours = SCRIPT.findall(page)[1]
    for door in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
        assert door not in ours


def test_licences_of_our_parts_and_the_imagery_are_shown(page):
    assert "Example Imaging, CC-BY-NC-4.0" in page
    assert "Leaflet 1.9.4 (BSD-2-Clause)" in page
    assert "(c) 2010-2011 CloudMade" in page


@settings(max_examples=40, deadline=None)
@given(st.recursive(st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_embedded_json_comes_back_and_opens_no_tag(value):
    text = embed_json(value)
    assert json.loads(text) == value
    assert not set("<>&") & set(text)


def test_a_hostile_policy_number_is_in_the_data_and_no_tag(page, data):
    assert any(policy.startswith("<img src=x") for policy in data["rows"]["policy"])
    assert "<img" not in page


@pytest.mark.parametrize("name", ["</script><script>alert(1)</script>", '"><i>', "{{ 7 * 7 }}"])
def test_a_hostile_event_name_is_text(world, tmp_path, name):
    event = dataclasses.replace(world.context.event, name=name)
    context = dataclasses.replace(world.context, event=event)
    page = page_of(dataclasses.replace(world, context=context), tmp_path)
    assert name not in page or name == "{{ 7 * 7 }}"
    assert f"<h1>{html.escape(name, quote=True).replace('&quot;', '&#34;')}</h1>" in page


def test_the_same_content_gives_the_same_bytes(world, page, tmp_path):
    assert page_of(world, tmp_path) == page


def ranked_of(**columns):
    return pd.DataFrame(columns)


def pictures_of(names, before, after, looked=None):
    looked = pd.Series(looked or [None] * len(names), dtype=object)
    return pd.DataFrame(
        {"building_id": names, "pre_jpeg": before, "post_jpeg": after, "saliency_jpeg": looked}
    )


def test_what_the_model_looked_at_travels_with_its_pair_and_counts(caplog):
    ranked = ranked_of(
        building_id=["a", "b", "c"], decision=["review"] * 3, tier=["T4", "T3", "T2"]
    )
    jpeg = b"\xff\xd8\xff" + bytes(297)
    pictures = pictures_of(["a", "b", "c"], [jpeg] * 3, [jpeg] * 3, [jpeg, None, b"GIF89a"])
    with caplog.at_level(logging.WARNING):
        chosen = choose_pictures(ranked, pictures, 1200 + 800 + 800)
    assert "1 tinted pictures are no JPEG" in caplog.text
    assert chosen.place.tolist() == [0, 1, 2]
    written = [json.loads(text) for text in encode_pictures(chosen.pairs)]
    assert ["look" in pair for pair in written] == [True, False, False]
    assert base64.b64decode(written[0]["look"]) == jpeg
    assert len(choose_pictures(ranked, pictures, 1199).pairs) == 0


def test_the_reason_is_text_in_the_data(page, data):
    words = data["rows"]["evidence"]["words"]
    assert any(word.startswith("<b onclick=") for word in words)
    assert "<b onclick" not in page
    assert data["legend"]["heat"] == list(HEAT_STOPS)


def test_pictures_that_matter_come_first_until_the_budget():
    ranked = ranked_of(
        building_id=["none-T0", "act-T0", None, "none-T2", "act-T0", "unseen"],
        decision=["none", "review", "review", "none", "outreach", "none"],
        tier=["T0", "T0", "U", "T2", "T0", "U"],
    )
    jpeg = b"\xff\xd8\xff" + bytes(297)  # 300 bytes are 400 of base64, 800 a pair
    names = ["none-T0", "act-T0", "none-T2", "unseen", "elsewhere"]
    pictures = pictures_of(names, [jpeg] * 5, [jpeg] * 5)
    chosen = choose_pictures(ranked, pictures, 1600)
    assert chosen.pairs["building_id"].tolist() == ["act-T0", "none-T2"]
    over, none = int(NoPicture.OVER_BUDGET), int(NoPicture.NONE)
    assert chosen.place.tolist() == [over, 0, none, 1, 0, over]
    assert len(choose_pictures(ranked, pictures, 1599).pairs) == 1
    assert len(choose_pictures(ranked, pictures, -5).pairs) == 0


def test_a_broken_picture_is_told_and_left_out(caplog):
    ranked = ranked_of(building_id=["a", "b"], decision=["review"] * 2, tier=["T4"] * 2)
    good = b"\xff\xd8\xff\xe0good"
    pictures = pictures_of(["a", "b"], [good, good], [b"", good])
    with caplog.at_level(logging.WARNING):
        chosen = choose_pictures(ranked, pictures, 1000)
    assert chosen.place.tolist() == [int(NoPicture.UNREADABLE), 0]
    assert "1 pictures are no JPEG" in caplog.text


def test_the_file_keeps_to_its_budget(world, tmp_path):
    bare = len(page_of(world, tmp_path, MapOptions(image_budget_bytes=0)))
    page = page_of(world, tmp_path, MapOptions(image_budget_bytes=100_000))
    assert bare < len(page) <= bare + 100_000 + 20 * 100
    places = json.loads(DATA.search(page).group(1))["rows"]["picture"]
    assert int(NoPicture.OVER_BUDGET) in places


def test_backdrops_count_against_the_budget(world, tmp_path):
    backdrop = Backdrop(b"\xff\xd8\xff" + bytes(75_000), Bounds(-85.43, 29.94, -85.42, 29.95), "b")
    options = MapOptions(image_budget_bytes=100_004)
    page = page_of(world, tmp_path, options, backdrops=(backdrop,))
    assert not PICTURE.findall(page)
    assert '"corners":[[29.94,-85.43],[29.95,-85.42]]' in page


def test_a_backdrop_must_be_a_jpeg(world, tmp_path):
    backdrop = Backdrop(b"GIF89a", Bounds(0, 0, 1, 1), "after")
    with pytest.raises(InputError, match="backdrop 'after' under the map: it starts with b'GIF8'"):
        page_of(world, tmp_path, backdrops=(backdrop,))


def test_what_is_not_drawn_is_said(world, tmp_path):
    page = page_of(world, tmp_path, MapOptions(max_locations=50))
    data = json.loads(DATA.search(page).group(1))
    assert (len(data["rows"]["policy"]), data["undrawn"]) == (50, 250)
    assert data["rows"]["policy"] == rank_findings(world.findings)["policy_number"].tolist()[:50]
    assert len(data["outlines"]) <= 50


@pytest.mark.parametrize("options", [{"image_budget_bytes": -1}, {"max_locations": 0}])
def test_impossible_options_are_refused(options):
    with pytest.raises(InputError, match=str(next(iter(options.values())))):
        MapOptions(**options)


def test_outlines_keep_every_part(world):
    home = world.footprints.geometry.iloc[0]
    two = home.union(world.footprints.geometry.iloc[5])
    table = gpd.GeoDataFrame({"building_id": ["two", "one"]}, geometry=[two, home], crs=4326)
    outlines = build_outlines(table)
    assert [len(parts) for parts in outlines] == [2, 1]
    assert np.allclose(
        sorted(map(tuple, outlines[1][0])),
        sorted((lat, lon) for lon, lat in home.exterior.coords),
        atol=1e-6,
    )


def test_nothing_known_still_gives_a_page(empty_world, tmp_path):
    page = page_of(empty_world, tmp_path)
    assert json.loads(DATA.search(page).group(1))["rows"]["policy"] == []
    assert "Hurricane Michael" in page
