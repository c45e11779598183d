"""The map on a phone, at 200 %, on paper and by keyboard; homes have addresses, rows are saved."""

import csv
import io
import re

import pytest

from tests.reports.maps.conftest import Opened

pytestmark = pytest.mark.browser
PHONE, HALF = {"width": 390, "height": 844}, {"width": 640, "height": 400}


@pytest.fixture
def opened(browser, path):
    """Opens the map in a window of a size, and at the end asks whether it was quiet."""
    pages = []

    def opener(size=None, fragment=""):
        page = Opened(browser, path, size, fragment)
        pages.append(page)
        return page

    yield opener
    for each in pages:
        each.assert_quiet()
        each.page.close()


@pytest.mark.parametrize("size", [PHONE, HALF], ids=["phone", "200 %"])
def test_small_windows_show_map_and_list_in_one_column_and_nothing_is_cut(opened, size):
    small = opened(size)
    assert small.run("document.documentElement.scrollWidth") == size["width"]
    boxes = {name: small.page.locator(f"#{name}").bounding_box() for name in ("map", "list")}
    assert all(box["width"] >= size["width"] - 2 for box in boxes.values())
    assert min(box["height"] for box in boxes.values()) >= 240
    assert boxes["map"]["y"] < boxes["list"]["y"]
    small.page.locator(".item").first.click()
    panel, chart = (small.page.locator(each).bounding_box() for each in ("#panel", "#map"))
    assert chart["y"] == pytest.approx(0, abs=1)
    assert panel["y"] - chart["y"] > size["height"] * 0.4
    assert small.page.locator("#panel .steps button").first.bounding_box()["height"] >= 30


def test_only_is_reached_by_keyboard(opened, world):
    page = opened()
    page.page.locator("input[name=tier][value=U]").focus()
    page.page.keyboard.press("Tab")
    assert page.run("document.activeElement.title") == "Show only not assessed"
    assert page.run("getComputedStyle(document.activeElement).opacity") == "1"
    page.page.keyboard.press("Enter")
    assert page.count() == (world.findings["tier"] == "U").sum()


def test_a_home_has_an_address_that_opens_it(opened):
    first = opened()
    first.run("firstnotice.select(7)")
    address = first.run("location.hash")
    policy = first.page.locator("#panel").get_attribute("data-policy")
    assert re.fullmatch(r"#home=[^,]+,[^,]+,[^,]+,[^,]+", address)
    again = opened(fragment=address)
    assert again.page.locator("#panel").get_attribute("data-policy") == policy
    assert again.run("firstnotice.selected") == 7
    first.run("firstnotice.select(null)")
    assert first.run("location.hash") == ""
    assert opened(fragment="#home=nobody,a,b,c").page.locator("#panel").is_hidden()


def test_what_is_shown_can_be_saved_and_runs_no_formula(opened, tmp_path):
    page = opened()
    page.page.uncheck("input[name=tier][value=T0]")
    page.run(
        "firstnotice.visible[0].policy = '=cmd|1'; firstnotice.visible[1].policy = 'a \"b\", c'"
    )
    with page.page.expect_download() as saving:
        page.page.click("#save")
    target = tmp_path / saving.value.suggested_filename
    saving.value.save_as(target)
    rows = list(csv.DictReader(io.StringIO(target.read_text(encoding="utf-8-sig"))))
    assert len(rows) == page.count()
    assert {row["tier"] for row in rows}.isdisjoint({"T0"})
    assert [row["policy_number"] for row in rows[:2]] == ["'=cmd|1", 'a "b", c']
    assert rows[0]["rank"] == "1"


def test_on_paper_the_map_comes_first_and_then_the_list(opened, tmp_path):
    page = opened()
    page.run("dispatchEvent(new Event('beforeprint'))")
    boxes = {name: page.page.locator(name).bounding_box() for name in ("#map", "#list")}
    assert boxes["#map"]["y"] < boxes["#list"]["y"]
    assert boxes["#map"]["width"] == pytest.approx(680, abs=2)
    assert boxes["#list"]["width"] == 680
    assert page.page.locator(".item").count() == 200
    assert page.page.locator(".search").is_hidden()
    page.run("dispatchEvent(new Event('afterprint'))")
    assert page.page.locator(".search").is_visible()
    assert page.page.pdf(path=tmp_path / "map.pdf").startswith(b"%PDF")


def test_tiers_have_a_sign_on_the_map_and_not_only_a_colour(opened):
    page = opened()
    page.run(
        """window.drawn = [];
        const pen = firstnotice.map.getPane('homes').querySelector('canvas').getContext('2d');
        const write = pen.fillText.bind(pen);
        pen.fillText = (text, x, y) => { window.drawn.push(text); write(text, x, y); };
        const row = firstnotice.rows.find((each) => each.tier === 'T3' && each.lat !== null);
        firstnotice.zoomTo(row);"""
    )
    page.page.wait_for_function("window.drawn.includes('3')")


def test_the_list_says_what_its_percent_is_of(opened):
    page = opened()
    assert "P(severe)" in page.page.locator(".columns").inner_text()
    said = page.page.locator(".item .chance").first.get_attribute("aria-label")
    assert said.endswith("chance of severe damage")
