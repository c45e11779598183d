import dataclasses
import io

import numpy as np
import pypdfium2
import pytest
from PIL import Image, ImageColor

from core.grid import Bounds
from reports.maps.page import Backdrop
from reports.palette import TIER_SWATCHES
from reports.sheet.pages import SheetContent
from reports.sheet.picture import HEIGHT_PX, WIDTH_PX, draw_event
from reports.sheet.render import write_event_pdf
from reports.summary.numbers import EventTables, summarise


def content_of(world, **changes):
    tables = EventTables(world.findings, world.rejects, world.hazard_areas, world.notices,
                         world.locations)  # fmt: skip
    summary = dataclasses.replace(summarise(tables, world.context), **changes)
    picture, bar = draw_event(world.findings, world.hazard_areas, ())
    return SheetContent(summary, {"new": len(world.findings)}, picture, bar, "model-1", "me, CC0")


def text_of(path):
    document = pypdfium2.PdfDocument(path)
    return [page.get_textpage().get_text_bounded() for page in document]


def test_the_event_is_two_pages_with_figures_map_coverage_and_limits(world, tmp_path):
    content = content_of(world)
    write_event_pdf(tmp_path / "event.pdf", content)
    first, second = text_of(tmp_path / "event.pdf")
    for words in ("Hurricane Michael", "300", "T4 destroyed", "insured homes in the path",
                  f"the bar is {content.bar}", "me, CC0"):  # fmt: skip
        assert words in first
    for words in ("What was seen", "Limits", "not seen is", "No plan of the day", "model-1"):
        assert words in second
    assert "Zz" not in first + second  # names of insureds
    write_event_pdf(tmp_path / "again.pdf", content)
    assert (tmp_path / "again.pdf").read_bytes() == (tmp_path / "event.pdf").read_bytes()


def test_however_much_there_is_to_say_it_stays_two_pages(world, tmp_path):
    notes = tuple(f"<b>note</b> {number} " + "of many words " * 30 for number in range(60))
    write_event_pdf(tmp_path / "event.pdf", content_of(world, notes=notes))
    pages = text_of(tmp_path / "event.pdf")
    assert len(pages) == 2
    assert "<b>note</b> 59" in pages[1]


def test_an_event_without_homes_has_its_pages(empty_world, tmp_path):
    write_event_pdf(tmp_path / "event.pdf", content_of(empty_world))
    assert len(text_of(tmp_path / "event.pdf")) == 2


@pytest.mark.parametrize("count", [1, 300])
def test_the_picture_shows_homes_by_tier(world, count):
    ground = io.BytesIO()
    noise = np.random.default_rng(2).integers(0, 255, (200, 200, 3), dtype=np.uint8)
    Image.fromarray(noise).save(ground, "JPEG")
    west, south, east, north = world.findings.total_bounds
    backdrop = Backdrop(ground.getvalue(), Bounds(west, south, east, north), "after")
    jpeg, bar = draw_event(world.findings.head(count), world.hazard_areas, (backdrop,))
    image = Image.open(io.BytesIO(jpeg)).convert("RGB")
    assert image.size == (WIDTH_PX, HEIGHT_PX)
    assert bar.split()[1] in ("m", "km")
    pixels = np.asarray(image).astype(int)
    worst = world.findings.head(count)["tier"].max()
    fill = np.array(ImageColor.getrgb(TIER_SWATCHES[worst].fill))
    assert (np.abs(pixels - fill).max(axis=2) < 12).sum() > 20
