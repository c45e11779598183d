"""Takes README's picture of the demo's map. Needs the demo's output and Chromium.

Run from the repository's root: ``python docs/take_demo_picture.py demo/rendered-town/latest``.
"""

import os
import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

PICTURE = Path(__file__).parent / "images" / "demo-map.png"
VIEWPORT_PX = (1280, 800)
HOME = 2
"""Which home of the list is opened, the worst being 1; the first is often at the map's edge."""

SETTLED_MS = 3000
"""The map glides to the chosen home, and a busy machine draws the scenes late."""


def take_picture(map_file: Path, picture: Path) -> None:
    """Open the map from disk, choose a home, and save what a person sees."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    # Chromium refuses its sandbox to root, as in most containers
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    width, height = VIEWPORT_PX
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
        page = browser.new_page(viewport={"width": width, "height": height})
        page.goto(map_file.resolve().as_uri())
        page.wait_for_selector("body[data-ready]")
        for _ in range(HOME):
            page.keyboard.press("j")
        page.wait_for_selector("#panel img")
        page.wait_for_function("[...document.images].every((image) => image.complete)")
        page.wait_for_timeout(SETTLED_MS)
        page.screenshot(path=picture)
        browser.close()


if __name__ == "__main__":
    take_picture(Path(sys.argv[1]) / "map.html", PICTURE)
