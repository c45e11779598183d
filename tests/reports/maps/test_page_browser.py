"""The map as a person meets it: opened from disk in Chromium, clicked, filtered, attacked."""

import dataclasses

import pandas as pd
import pytest

from tests.reports.conftest import WEATHER
from tests.reports.maps.conftest import Opened, write

pytestmark = pytest.mark.browser


def reviewed(findings):
    """Two homes that people graded, one of them against the model."""
    said = pd.Series(None, index=findings.index, dtype="str")
    grades, reviewers = said.copy(), said.copy()
    grades.iloc[[0, 5]] = ["no-damage", "minor-damage"]
    reviewers.iloc[[0, 5]] = ["r7<b>", "r7<b>"]
    at = pd.Series(pd.Timestamp("2018-10-15T09:00Z"), index=findings.index).where(grades.notna())
    return findings.assign(reviewed_grade=grades, reviewer=reviewers, reviewed_at_utc=at)


@pytest.fixture(scope="module")
def shared(browser, path):
    opened = Opened(browser, path)
    yield opened
    opened.page.close()


@pytest.fixture
def opened(shared):
    """The open page, as if just opened: loading it again would be most of the test's time."""
    shared.run(
        """firstnotice.clearFilters(); firstnotice.select(null); firstnotice.home();
        document.querySelectorAll("details").forEach((part) => { part.open = true; });"""
    )
    yield shared
    shared.assert_quiet()


def row_index(opened, condition: str) -> int:
    return opened.run(f"firstnotice.rows.find((row) => {condition}).index")


def click_marker(opened, index: int) -> None:
    """Click the pixel where the finding's circle is drawn."""
    opened.run(f"firstnotice.zoomTo(firstnotice.rows[{index}])")
    place = opened.run(
        f"""(() => {{
          const row = firstnotice.rows[{index}];
          const at = firstnotice.map.latLngToContainerPoint([row.lat, row.lon]);
          const box = document.getElementById("map").getBoundingClientRect();
          return [box.left + at.x, box.top + at.y];
        }})()"""
    )
    opened.page.mouse.click(*place)
    opened.page.wait_for_selector("#panel:not([hidden])")


def test_clicking_a_circle_shows_its_pictures_and_words(opened):
    index = row_index(opened, "row.tier === 'T4' && row.picture >= 0")
    row = opened.run(f"firstnotice.rows[{index}]")
    click_marker(opened, index)
    panel = opened.page.locator("#panel")
    assert panel.get_attribute("data-policy") == row["policy"]
    opened.page.wait_for_function(
        "[...document.querySelectorAll('#panel img')].every((i) => i.naturalWidth > 0)"
    )
    assert panel.locator("img").count() == 3
    assert panel.locator(".look img").count() == 1
    words = panel.inner_text()
    for word in ("T4 destroyed", "2018-10-11 19:42 UTC", "2017-11-03 16:21 UTC", "Not a denial"):
        assert word in words
    assert "severe likely, water possible" in words
    assert "What the model looked at" in words
    assert "<b onclick=alert(1)>roof</b> outline hardly visible" in words
    assert panel.locator("b[onclick]").count() == 0


def test_filters_change_what_is_shown(opened, world):
    tiers = world.findings["tier"]
    assert opened.count() == 300
    opened.page.uncheck("input[name=tier][value=T1]")
    assert opened.count() == (tiers != "T1").sum()
    assert opened.run("firstnotice.visible.every((row) => row.tier !== 'T1')")
    opened.page.uncheck("input[name=decision][value=none]")
    wanted = (tiers != "T1") & (world.findings["decision"] != "none")
    assert opened.count() == wanted.sum()
    drawn = opened.run(
        """(() => {
          let count = 0;
          firstnotice.map.eachLayer((layer) => { if (layer.row) count += 1; });
          return count;
        })()"""
    )
    assert drawn == wanted.sum()
    opened.page.click("#reset")
    assert opened.count() == 300
    assert opened.page.is_checked("input[name=tier][value=T1]")


def test_only_leaves_one_choice(opened, world):
    row = opened.page.locator("label.row", has=opened.page.locator("input[value=U]"))
    row.hover()
    row.locator(".only").click()
    assert opened.count() == (world.findings["tier"] == "U").sum()


def test_status_can_be_filtered(opened, world):
    opened.page.uncheck("input[name=status][value=graded]")
    assert opened.count() == (world.findings["status"] != "graded").sum()


def test_search_finds_policies_and_incidents(opened):
    incident = opened.run("firstnotice.rows.find((row) => row.incident).incident")
    opened.page.fill("#search", incident.upper())
    assert opened.count() == 1
    opened.page.fill("#search", "000123")
    opened.page.press("#search", "Enter")
    assert opened.page.locator("#panel").get_attribute("data-policy") == "000123"
    opened.page.fill("#search", "no such policy")
    assert opened.page.locator("#count").inner_text() == "Nothing matches the filters."


def test_keys_walk_the_filtered_list_worst_first(opened):
    opened.page.uncheck("input[name=decision][value=open_draft]")
    expected = opened.run("firstnotice.visible.slice(0, 3).map((row) => row.policy)")
    seen = []
    for key in ("j", "ArrowDown", "j"):
        opened.page.keyboard.press(key)
        seen.append(opened.page.locator("#panel").get_attribute("data-policy"))
    assert seen == expected
    opened.page.keyboard.press("k")
    assert opened.page.locator("#panel").get_attribute("data-policy") == expected[1]
    opened.page.keyboard.press("Escape")
    assert opened.page.locator("#panel").is_hidden()


def test_swipe_shows_both_pictures_in_one_place(opened):
    opened.run("firstnotice.select(firstnotice.rows.find((row) => row.picture >= 0).index)")
    opened.page.keyboard.press("s")
    boxes = [
        opened.page.locator(f".swipe .{side} img").bounding_box() for side in ("before", "after")
    ]
    assert boxes[0] == boxes[1]
    opened.page.locator("#panel input[type=range]").fill("20")
    cut = opened.run("document.querySelector('.swipe').style.getPropertyValue('--cut')")
    assert cut == "20%"
    opened.page.click("text=Side by side")
    assert opened.page.locator(".swipe").count() == 0


def test_a_person_s_review_is_marked_on_map_list_and_panel(browser, world, tmp_path):
    findings = reviewed(world.findings)
    opened = Opened(
        browser, write(dataclasses.replace(world, findings=findings), tmp_path / "map.html")
    )
    assert opened.page.locator("#reviews").is_visible()
    row = opened.page.locator("label.row", has=opened.page.locator("[name=reviewed][value=yes]"))
    assert row.locator(".number").inner_text() == "2"
    row.hover()
    row.locator(".only").click()
    assert opened.count() == 2
    ticks = opened.page.locator(".item .tick-mark[role=img]")
    assert ticks.count() == 2
    assert ticks.first.get_attribute("title").startswith("Reviewed by a person: ")
    hearts = opened.run(
        """(() => {
          let count = 0;
          firstnotice.map.eachLayer((layer) => {
            if (layer.options.fillColor === "#ffffff" && layer.options.fill) count += 1;
          });
          return count;
        })()"""
    )
    assert hearts == 2
    opened.page.keyboard.press("j")
    words = opened.page.locator("#panel").inner_text()
    assert "✓ reviewed: " in words
    assert ", by r7<b>, 2018-10-15" in words
    assert opened.page.locator("#panel b", has_text="by r7").count() == 0
    opened.assert_quiet()
    opened.page.close()


def test_nobody_s_review_shows_no_filter(opened):
    assert opened.page.locator("#reviews").is_hidden()
    assert opened.page.locator(".item .tick-mark[role=img]").count() == 0


def test_hazards_are_layers_of_their_own_and_the_primary_one_is_on(opened):
    boxes = opened.page.locator("#hazard-toggles input")
    names = [box.get_attribute("value") for box in boxes.all()]
    assert names == ["Sustained wind", "Storm rain", "Tornado"]
    assert [box.is_checked() for box in boxes.all()] == [True, False, False]
    labels = opened.page.locator(".hazard-label")
    assert sorted(labels.all_inner_texts()) == [
        "sustained wind at least 39 mph (18 m/s)",
        "sustained wind at least 57 mph (26 m/s)",
        "sustained wind at least 74 mph (33 m/s)",
    ]
    scales = opened.page.locator("#hazard-toggles .scale")
    assert [scale.is_visible() for scale in scales.all()] == [True, False, False]
    assert scales.first.locator("span").all_inner_texts() == ["39", "57", "74"]
    colours = opened.run(
        "firstnotice.data.hazards.map((layer) => layer.areas.map((area) => area.colour))"
    )
    assert len({colour for layer in colours for colour in layer}) == 5


def test_hazards_are_switched_by_keys_alone(opened):
    opened.page.focus("#hazard-toggles input[value='Sustained wind']")
    opened.page.keyboard.press("Space")
    assert opened.page.locator(".hazard-label").count() == 0
    opened.page.keyboard.press("Tab")
    opened.page.keyboard.press("Space")
    said = opened.page.locator(".hazard-label").all_inner_texts()
    assert said == ["storm rain at least 3.9 in (100 mm)"]
    opened.page.keyboard.press("Space")
    opened.page.keyboard.press("Shift+Tab")
    opened.page.keyboard.press("Space")
    assert opened.page.locator(".hazard-label").count() == 3


def test_the_panel_says_what_the_weather_was(opened):
    opened.run("firstnotice.select(0)")
    panel = opened.page.locator("#panel")
    said = panel.locator(".weather li").all_inner_texts()
    assert said == WEATHER.split("; ")
    words = panel.inner_text()
    assert "2018-10-10" in words
    assert "Wind or water" in words


def test_every_layer_can_be_switched(opened):
    for box in opened.page.locator("#layer-toggles input, #hazard-toggles input").all():
        for _ in range(2):
            box.click()
    opened.run("void firstnotice.map.setZoom(19, { animate: false })")


def test_a_location_without_a_picture_says_why(opened):
    opened.run("firstnotice.select(firstnotice.rows.find((row) => row.picture < 0).index)")
    words = opened.page.locator("#panel").inner_text()
    assert "No picture pair of this building" in words
    assert "hazard alone" in words


def test_hostile_text_is_only_text(opened):
    index = row_index(opened, "row.policy.startsWith('<img')")
    click_marker(opened, index)
    assert opened.page.locator("#panel h2").inner_text().startswith("<img src=x onerror=")
    opened.page.fill("#search", "<img")
    assert opened.count() == 1
    opened.page.mouse.move(700, 400)
    assert opened.run("window.hacked") is None
    assert opened.page.locator("img[src=x]").count() == 0


@pytest.mark.parametrize("know_hazard", [True, False])
def test_an_event_without_findings_has_no_dead_end(
    browser, empty_world, world, tmp_path, know_hazard
):
    hazard_areas = world.hazard_areas if know_hazard else empty_world.hazard_areas
    early = dataclasses.replace(empty_world, hazard_areas=hazard_areas)
    opened = Opened(browser, write(early, tmp_path / "map.html"))
    said = opened.page.locator("#count").inner_text()
    assert said == "No insured location is in the path yet."
    for key in "jhksz":
        opened.page.keyboard.press(key)
    opened.assert_quiet()
    opened.page.close()


def test_a_town_of_4600_opens_and_filters_without_lag(
    browser, make_world, tmp_path, record_property
):
    path = write(make_world(4600, distinct_pictures=20), tmp_path / "map.html")
    opened = Opened(browser, path)
    ready_ms = int(opened.page.locator("body").get_attribute("data-ready"))
    filter_ms = opened.run(
        """(() => {
          const from = performance.now();
          firstnotice.filter();
          return performance.now() - from;
        })()"""
    )
    record_property("ready_ms", ready_ms)
    record_property("filter_ms", round(filter_ms))
    assert path.stat().st_size < 60 * 1024 * 1024
    assert ready_ms < 20_000  # a tenth of this on a free core; only a hang fails here
    assert opened.count() == 4600
    opened.assert_quiet()
    opened.page.close()
