"""The benchmark's suburb: homes lie where its pictures show them."""

import sys
from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def suburb(monkeypatch):
    """The modules of the benchmark, with one small made-up piece instead of rendered ones."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import dense_suburb  # noqa: PLC0415  benchmarks are scripts, on no path
    import suburb_pieces  # noqa: PLC0415

    side = 64
    home = shapely.box(5, 12, 20, 30)
    picture = np.full((3, side, side), 40, np.uint8)
    picture[:, 12:30, 5:20] = 220
    piece = suburb_pieces.Piece(
        dict.fromkeys(suburb_pieces.DATES, picture),
        np.array([home], object), np.array(["no-damage"], object),
    )  # fmt: skip
    for module, name, value in (
        (suburb_pieces, "PIECE_PX", side),
        (suburb_pieces, "SCENE_PX", side * suburb_pieces.PIECES_A_SIDE),
        (dense_suburb, "SCENE_PX", side * suburb_pieces.PIECES_A_SIDE),
        (dense_suburb, "read_piece", lambda *_: piece),
    ):
        monkeypatch.setattr(module, name, value)
    yield dense_suburb
    for name in ("dense_suburb", "suburb_pieces"):
        sys.modules.pop(name)


@pytest.mark.parametrize("block_px", [128, 256])
def test_roofs_lie_where_footprints_say_at_every_place_and_turn(suburb, tmp_path, block_px):
    options = suburb.SuburbOptions(homes=100, insured_every=5, block_px=block_px)
    event_file = suburb.write_suburb(options, tmp_path)

    import geopandas as gpd  # noqa: PLC0415

    homes = gpd.read_parquet(event_file.parent / "footprints.parquet")
    assert len(homes) == 100
    assert len((event_file.parent / "policies" / "location.csv").read_text().splitlines()) == 21
    scenes = sorted((event_file.parent / "imagery").glob("pre-*.tif"))
    assert len(scenes) == 3  # 36 homes each
    shown = 0
    for path in scenes:
        with rasterio.open(path) as image:
            assert image.block_shapes[0] == (block_px, block_px)
            assert image.photometric.value == "YCbCr"
            bright = image.read(2) > 128
            to_pixels = ~image.transform
        for outline in homes.geometry:
            left, top, right, bottom = _bounds(to_pixels, outline)
            if left >= 0 and right <= bright.shape[1] and top >= 0 and bottom <= bright.shape[0]:
                shown += 1
                assert bright[top + 2 : bottom - 2, left + 2 : right - 2].all()
                assert not bright[top - 3, left:right].any()
                assert not bright[top:bottom, left - 3].any()
    assert shown == 100


def test_the_picture_after_is_shifted_and_its_tie_point_says_otherwise(suburb, tmp_path):
    imagery = suburb.write_suburb(suburb.SuburbOptions(homes=36), tmp_path).parent / "imagery"
    with (
        rasterio.open(imagery / "pre-00.tif") as pre,
        rasterio.open(imagery / "post-00.tif") as post,
    ):
        assert (pre.read() == post.read()).all()
        right, down = ~pre.transform @ (post.transform.c, post.transform.f)
    assert (right, down) == pytest.approx(suburb.POST_SHIFT_PX, abs=1e-6)


def _bounds(to_pixels, outline):
    corners = np.column_stack(to_pixels @ shapely.get_coordinates(outline).T)
    return (*np.rint(corners.min(0)).astype(int), *np.rint(corners.max(0)).astype(int))
