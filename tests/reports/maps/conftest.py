"""The map as a person meets it: opened from disk in Chromium."""

import os
import shutil
from pathlib import Path

import pytest

from reports.maps.page import MapContent, write_map
from reports.summary.numbers import EventTables, summarise

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)


@pytest.fixture(scope="module")
def browser():
    if CHROMIUM is None:
        pytest.skip("no Chromium on the path; install it, as in: apt-get install chromium")
    sync_api = pytest.importorskip("playwright.sync_api", reason="pip install playwright")
    # Chromium refuses its sandbox to root, as in most containers
    args = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=args)
        yield opened
        opened.close()


class Opened:
    """A page and everything it complained of or asked for."""

    def __init__(self, browser, path: Path, size=None, fragment: str = "") -> None:
        self.page = browser.new_page(viewport=size or {"width": 1280, "height": 800})
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda m: self.complaints.append(f"{m.type}: {m.text}"))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda r: self.requests.append(r.url))
        self.page.goto(path.as_uri() + fragment)
        self.page.wait_for_selector("body[data-ready]")

    def run(self, script: str):
        return self.page.evaluate(script)

    def count(self) -> int:
        return int(self.page.locator("#count").get_attribute("data-count"))

    def assert_quiet(self) -> None:
        assert self.complaints == []
        outside = [u for u in self.requests[1:] if not u.startswith(("data:", "blob:"))]
        assert outside == []


def write(world, path: Path) -> Path:
    summary = summarise(
        EventTables(world.findings, world.rejects, world.hazard_areas), world.context
    )
    tables = (world.findings, world.footprints, world.hazard_areas, world.scenes, world.pictures)
    write_map(path, MapContent(world.context, *tables, summary))
    return path


@pytest.fixture(scope="module")
def path(world, tmp_path_factory):
    return write(world, tmp_path_factory.mktemp("map") / "map.html")
