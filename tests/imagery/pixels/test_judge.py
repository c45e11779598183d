"""What a catalogue says is held against the file, which wins."""

import math

import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine
from rasterio.control import GroundControlPoint

from core.errors import SceneError
from imagery.pixels.judge import GSD_OFF


@pytest.fixture
def scene(write_scene, texture, placement):
    """A scene of half-metre pixels, in degrees or metres, north up or turned."""
    return write_scene("s", texture(256), placement)


def test_the_pixel_size_is_that_on_the_ground_in_any_crs(inspect_scene, scene, scene_of):
    judged = inspect_scene(scene_of(scene.href, scene.extent, gsd_m=math.nan))
    assert judged.scene.gsd_m == pytest.approx(0.5, rel=0.01)
    assert judged.notes == ()


@pytest.mark.parametrize("stated_m", [2.35, 50.0, 0.01, 0.0, -1.0, math.inf])
def test_a_stated_gsd_far_from_the_pixels_is_not_believed_and_is_noted(
    inspect_scene, scene, scene_of, stated_m
):
    judged = inspect_scene(scene_of(scene.href, scene.extent, gsd_m=stated_m))
    assert judged.scene.gsd_m == pytest.approx(0.5, rel=0.01)
    assert f"states a gsd of {stated_m:g} m" in judged.notes[0]


def test_a_stated_gsd_near_the_pixels_stays(inspect_scene, scene, scene_of):
    stated_m = 0.5 * GSD_OFF * 0.95
    judged = inspect_scene(scene_of(scene.href, scene.extent, gsd_m=stated_m))
    assert (judged.scene.gsd_m, judged.notes) == (stated_m, ())


def test_an_extent_wider_than_the_pixels_is_cut_to_them(inspect_scene, scene, scene_of):
    wide = scene.extent.buffer(0.01)
    judged = inspect_scene(scene_of(scene.href, wide))
    assert judged.scene.extent.symmetric_difference(scene.extent).area < 0.01 * scene.extent.area
    assert "% of the ground it claims has pixels" in judged.notes[0]


def test_an_extent_inside_the_pixels_stays_as_it_is(inspect_scene, scene, scene_of):
    part = scene.extent.buffer(-0.0003)
    assert inspect_scene(scene_of(scene.href, part)).scene.extent is part


def test_pixels_elsewhere_than_claimed_are_where_the_file_has_them(inspect_scene, scene, scene_of):
    judged = inspect_scene(scene_of(scene.href, shapely.box(0, 0, 1, 1)))
    assert judged.scene.extent.equals_exact(scene.extent, 1e-6) or judged.scene.extent.covers(
        scene.extent.buffer(-1e-6)
    )
    assert judged.notes == ("its pixels lie elsewhere than its catalogue says",)


ENGINEERING = 'LOCAL_CS["Drone map",UNIT["metre",1],AXIS["E",EAST],AXIS["N",NORTH]]'


def test_an_engineering_crs_is_set_aside_with_its_remedy(
    inspect_scene, write_scene, texture, scene_of
):

    written = write_scene("s", texture(256))
    with rasterio.open(written.href, "r+") as image:
        image.crs = rasterio.crs.CRS.from_wkt(ENGINEERING)
        image.transform = Affine(0.5, 0, 1000, 0, -0.5, 1000)
    with pytest.raises(SceneError, match=r"does not lead to longitude.*rio edit-info --crs"):
        inspect_scene(written)


def _placed_by_points(path, pixels, **placed):
    points = [
        GroundControlPoint(r, c, -85 + c / 1e4, 30 - r / 1e4) for r in (0, 64) for c in (0, 9)
    ]
    profile = {"driver": "GTiff", "dtype": "uint8", "count": 3, "height": 64, "width": 64}
    with rasterio.open(path, "w", **profile, photometric="RGB") as image:
        image.write(pixels)
        if "gcps" in placed:
            image.gcps = (points, rasterio.crs.CRS.from_epsg(4326))
        else:
            image.rpcs = placed["rpcs"]


def test_a_file_placed_by_points_alone_has_to_be_warped_first(inspect_scene, tmp_path, scene_of):
    path = tmp_path / "gcp.tif"
    _placed_by_points(path, np.zeros((3, 64, 64), np.uint8), gcps=True)
    with pytest.raises(SceneError, match=r"4 ground control points alone\. .*`gdalwarp -tps"):
        inspect_scene(scene_of(path, shapely.box(-86, 29, -85, 30)))


def test_a_file_placed_by_a_camera_model_alone_has_to_be_warped_first(
    inspect_scene, tmp_path, scene_of
):
    path = tmp_path / "rpc.tif"
    ones = [1.0] + [0.0] * 19
    rpcs = rasterio.rpc.RPC(
        height_off=0, height_scale=1, lat_off=30, lat_scale=1, line_den_coeff=ones,
        line_num_coeff=ones, line_off=32, line_scale=32, long_off=-85, long_scale=1,
        samp_den_coeff=ones, samp_num_coeff=ones, samp_off=32, samp_scale=32,
    )  # fmt: skip
    _placed_by_points(path, np.zeros((3, 64, 64), np.uint8), rpcs=rpcs)
    with pytest.raises(SceneError, match=r"camera model \(RPC\) alone\. .*`gdalwarp -rpc"):
        inspect_scene(scene_of(path, shapely.box(-86, 29, -85, 30)))


@pytest.mark.parametrize(
    "name",
    ["LC08_L2SP_018039_20181018_20200830_02_T1_QA_PIXEL", "LC09_L2SP_018039_SR_B1", "T16RGU_B08",
     "scene-vv", "x_cloudmask", "site.dsm", "coastal", "QA_RADSAT"],
)  # fmt: skip
def test_one_band_of_many_is_no_panchromatic_picture(inspect_scene, write_scene, texture, name):
    written = write_scene(name, texture(64)[:1])
    with pytest.raises(SceneError, match="no picture in visible light"):
        inspect_scene(written)


@pytest.mark.parametrize(
    "name", ["grey", "pan", "LC08_L1TP_018039_20181018_B8", "hoboken", "tableb2b"]
)
def test_a_panchromatic_picture_is_one(inspect_scene, write_scene, texture, name):
    assert inspect_scene(write_scene(name, texture(64)[:1])).notes == ()


def test_a_band_that_calls_itself_quality_is_none(inspect_scene, write_scene, texture):
    written = write_scene("scene", texture(64)[:1])
    with rasterio.open(written.href, "r+") as image:
        image.set_band_description(1, "QA_PIXEL")
    with pytest.raises(SceneError, match="its one band is 'QA_PIXEL'"):
        inspect_scene(written)


@pytest.mark.parametrize("name", ["post_b1", "scene_red"])
def test_colours_are_not_judged_by_the_files_name(inspect_scene, write_scene, texture, name):
    inspect_scene(write_scene(name, texture(64)))
