"""The workbench as people meet it: a run of the rendered town, in Chromium, by its keys."""

import csv
import json
import os
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import pytest
import uvicorn

from claims.ledger.kinds import EntryKind
from claims.ledger.store import Ledger
from core.damage import DamageGrade
from flows.wiring.settings import Settings
from flows.wiring.storage.exports import read_exports
from flows.wiring.workbench import build_app, open_users
from tests.web.conftest import PASSWORD
from web.people.rights import DeskRole

pytestmark = [pytest.mark.browser, pytest.mark.server]
EVENT = "small-town"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
PATIENCE_MS = 120_000
"""A busy machine is slow; only a hang fails."""
PEOPLE = {"view-1": DeskRole.VIEWER, "rev-1": DeskRole.REVIEWER, "rev-2": DeskRole.REVIEWER,
          "adj-7": DeskRole.ADJUSTER}  # fmt: skip


@pytest.fixture(scope="module")
def out(assess, town_event, town_grades, tmp_path_factory) -> Path:
    """Runs of the rendered town, graded as it truly is."""
    folder = tmp_path_factory.mktemp("desk")
    assess(town_event, folder, says=town_grades)
    for name, role in PEOPLE.items():
        open_users(folder).put(name, role, PASSWORD)
    return folder


@pytest.fixture(scope="module")
def url(out) -> Iterator[str]:
    """The server, wired as ``firstnotice web`` wires it."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        app = build_app(out, Settings.read(None))
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def browser():
    if CHROMIUM is None:
        pytest.skip("no Chromium on the path; install it, as in: apt-get install chromium")
    sync_api = pytest.importorskip("playwright.sync_api")
    # Chromium refuses its sandbox to root, as in most containers
    args = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=args)
        yield opened
        opened.close()


@dataclass
class Seat:
    """A person's browser, and all that it complained of or asked elsewhere."""

    page: object
    url: str
    complaints: list[str] = field(default_factory=list)

    def open(self, path: str) -> None:
        self.page.goto(self.url + path)

    def open_map(self, query: str = "") -> None:
        self.open(f"/events/{EVENT}{query}")
        self.page.wait_for_selector("body[data-ready]")

    def open_queue(self) -> None:
        self.open(f"/events/{EVENT}/review")
        self.page.wait_for_selector("body[data-busy=false]")

    def answer(self, key: str) -> str:
        """Press a key for the home that is shown, and wait for the next; gives its building."""
        building = self.page.get_attribute("body", "data-building")
        self.page.keyboard.press(key)
        self.page.wait_for_selector(f"text=/of {building};/")
        self.page.wait_for_selector("body[data-busy=false]")
        return building


@pytest.fixture(scope="module")
def sit(browser, url):
    """Logs a person in, at a screen of some size."""
    seats = []

    def start(name: str, width: int = 1280, height: int = 800) -> Seat:
        page = browser.new_page(viewport={"width": width, "height": height})
        page.set_default_timeout(PATIENCE_MS)
        seat = Seat(page, url)
        page.on("console", lambda m: m.type == "error" and seat.complaints.append(m.text))
        page.on("pageerror", lambda error: seat.complaints.append(str(error)))
        page.on("request", lambda r: r.url.startswith((url, "blob:", "data:"))
                or seat.complaints.append(r.url))  # fmt: skip
        seat.open("/")
        page.fill("[name=name]", name)
        page.fill("[name=password]", PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_selector(".who")
        seats.append(seat)
        return seat

    yield start
    for seat in seats:
        seat.page.close()


def wait_until(page, expression: str) -> None:
    """Ask again and again: the page's own policy forbids Playwright to wait inside it."""
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while not page.evaluate(expression):
        assert time.monotonic() < deadline, expression
        page.wait_for_timeout(50)


def count_drawn(page) -> int:
    return page.evaluate(
        """firstnotice.chart.map.queryRenderedFeatures({layers: ['homes']})
        .reduce((sum, home) => sum + home.properties.n, 0)"""
    )


def test_the_map_swipes_filters_searches_and_links(sit, out):
    seat = sit("adj-7")
    page = seat.page
    seat.open_map()
    findings = pd.read_parquet(out / EVENT / "latest" / "findings.parquet")
    assert count_drawn(page) == len(findings)
    page.check("input[name=tier][value=T4]")
    destroyed = int((findings["tier"] == "T4").sum())
    wait_until(page, f"document.getElementById('count').textContent.startsWith('{destroyed} of')")
    wait_until(
        page,
        "firstnotice.chart.map.areTilesLoaded() && firstnotice.chart.map"
        ".queryRenderedFeatures({layers: ['homes']})"
        ".every((home) => home.properties.tier === 'T4')",
    )
    assert count_drawn(page) == destroyed
    page.click("#reset")
    policy = findings["policy_number"].iloc[5]
    page.keyboard.press("/")
    page.keyboard.type(policy)
    page.keyboard.press("Enter")
    page.wait_for_selector(f"#panel[data-policy='{policy}']")
    wait_until(page, "[...document.querySelectorAll('#panel img')].every((i) => i.naturalWidth)")
    link = page.get_attribute(".permalink", "href")
    page.click("text=Show contact")
    page.wait_for_selector(".contact dl")
    assert [each["actor"] for each in read_exports(out)][-1] == "adj-7"
    page.keyboard.press("Escape")
    page.wait_for_selector("#panel", state="hidden")
    page.keyboard.press("s")
    page.focus("#cut")
    page.keyboard.press("Home")
    for _ in range(30):
        page.keyboard.press("ArrowRight")
    assert (
        page.evaluate("document.getElementById('before').style.clipPath")
        == "inset(0px 70% 0px 0px)"
    )
    wait_until(page, "firstnotice.chart.before.areTilesLoaded()")
    page.goto(link)
    page.wait_for_selector(f"#panel[data-policy='{policy}']")
    assert seat.complaints == []


@pytest.mark.parametrize(("width", "height"), [(390, 844), (640, 400)])
def test_a_phone_and_200_percent_hold_the_page(sit, width, height):
    seat = sit("view-1", width, height)
    seat.open_map()
    seat.page.locator("#list .item").first.click()
    seat.page.wait_for_selector("#panel:not([hidden]) .permalink")
    assert seat.page.evaluate("document.documentElement.scrollWidth") <= width
    box = seat.page.locator("#panel").bounding_box()
    assert box["width"] == width
    assert box["height"] < height
    assert seat.complaints == []


def test_twenty_homes_are_judged_by_keyboard_and_a_second_reader_confirms(sit, out, town_grades):
    keys = {DamageGrade.NO_DAMAGE: "0", DamageGrade.MINOR: "2", DamageGrade.MAJOR: "3",
            DamageGrade.DESTROYED: "4"}  # fmt: skip
    one, two = sit("rev-1"), sit("rev-2")
    one.open_queue()
    assert "model" not in one.page.inner_text("#told-after")
    judged = []
    for _ in range(20):
        shown = one.page.get_attribute("body", "data-building")
        judged.append(one.answer(keys[town_grades[shown]]))
    assert len(set(judged)) == 20
    one.page.keyboard.press("z")
    one.page.wait_for_selector("text=Taken back")
    one.page.wait_for_selector("body[data-busy=false]")
    assert one.answer("u") == judged[-1]
    destroyed = [name for name in judged[:-1] if town_grades[name] == DamageGrade.DESTROYED]
    assert destroyed
    two.open_queue()
    second = [two.answer("4") for _ in destroyed]
    assert sorted(second) == sorted(destroyed)
    assert "Others said T4" in two.page.inner_text("#told-after")
    with (out / EVENT / "reviews" / "labels.csv").open() as stream:
        labels = {row["building_id"]: row for row in csv.DictReader(stream)}
    assert {name: labels[name]["readers"] for name in destroyed} == dict.fromkeys(destroyed, "2")
    assert labels[judged[-1]]["grade"] == "un-classified"
    ledger = Ledger.open_existing(f"sqlite:///{out / 'ledger.sqlite'}")
    findings = pd.read_parquet(out / EVENT / "latest" / "findings.parquet")
    incident = findings.set_index("building_id").loc[destroyed[0], "incident_id"]
    notes = [each for each in ledger.history(incident) if each.entry_kind is EntryKind.JUDGED]
    assert [json.loads(each.payload)["tier_judged"] for each in notes] == ["T4", "T4"]
    assert ledger.verify().ok
    assert one.complaints + two.complaints == []


def test_a_viewer_is_refused_the_queue_and_told_so(sit):
    seat = sit("view-1")
    seat.open("/")
    assert seat.page.locator("text=Review homes").count() == 0
    answer = seat.page.goto(f"{seat.url}/events/{EVENT}/review")
    assert answer.status == 403
    assert "the role is viewer" in seat.page.inner_text("[role=alert]")
