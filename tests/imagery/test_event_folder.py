"""What is written is a valid COG and a catalogue that says the same of it."""

import json

import numpy as np
import pystac
import pytest
import rasterio
import shapely
from affine import Affine
from rio_cogeo.cogeo import cog_info, cog_validate

from core.errors import SceneError
from core.provenance import sha256_of_file
from imagery import event_folder
from imagery.event_folder import BLOCK_PX, write_catalog, write_cog


def test_a_written_scene_is_a_cog_with_overviews(tmp_path, scene_image, texture):
    image = scene_image(pixels=texture(600))
    write_cog(image, tmp_path / "a.tif")
    assert cog_validate(tmp_path / "a.tif", strict=True, quiet=True) == (True, [], [])
    info = cog_info(tmp_path / "a.tif")
    assert info.Compression == "JPEG"
    assert info.Profile.Dtype == "uint8"
    assert info.IFD[0].Blocksize == (BLOCK_PX, BLOCK_PX)
    assert len(info.IFD) > 1


@pytest.mark.parametrize("turn_deg", [0.0, 11.0, -80.0])
def test_the_affine_is_kept_bit_for_bit(tmp_path, scene_image, turn_deg):
    transform = scene_image().transform @ Affine.rotation(turn_deg)
    image = scene_image(transform=transform)
    write_cog(image, tmp_path / "a.tif")
    with rasterio.open(tmp_path / "a.tif") as written:
        assert written.crs.to_epsg() == 4326
        np.testing.assert_allclose(tuple(written.transform), tuple(transform), rtol=1e-15)
        corners = [written.transform @ xy for xy in ((0, 0), (256, 0), (256, 256), (0, 256))]
    assert image.outline.equals_exact(shapely.Polygon(corners), 1e-12)


def test_the_outline_of_an_oblong_scene_follows_columns_then_rows(scene_image):
    image = scene_image(pixels=np.zeros((3, 2, 5), np.uint8), transform=Affine.scale(1, -1))
    assert image.outline.bounds == (0, -2, 5, 0)


def test_the_mask_comes_back(tmp_path, scene_image, texture):
    pixels = texture(300)
    valid = np.ones((300, 300), bool)
    valid[:, :111] = False
    write_cog(scene_image(pixels=pixels, valid=valid), tmp_path / "half.tif")
    write_cog(scene_image(pixels=pixels), tmp_path / "whole.tif")
    with (
        rasterio.open(tmp_path / "half.tif") as half,
        rasterio.open(tmp_path / "whole.tif") as all_,
    ):
        assert np.array_equal(half.dataset_mask() > 0, valid)
        assert (all_.dataset_mask() > 0).all()


def test_colours_survive_compression(tmp_path, scene_image):
    pixels = np.zeros((3, 256, 256), np.uint8)
    pixels[0, :128] = 210
    pixels[1, :, 128:] = 150
    write_cog(scene_image(pixels=pixels), tmp_path / "a.tif")
    with rasterio.open(tmp_path / "a.tif") as written:
        change = np.abs(written.read().astype(int) - pixels)
    assert np.median(change) <= 2
    assert change[:, 8:120, 8:120].max() <= 6


def test_what_is_no_cog_is_refused(tmp_path, scene_image, monkeypatch):
    monkeypatch.setattr(event_folder, "cog_validate", lambda *_, **__: (False, ["no tiles"], []))
    with pytest.raises(SceneError, match=r"writing scene scene to .*no tiles") as caught:
        write_cog(scene_image(), tmp_path / "a.tif")
    assert "COG driver" in caught.value.remedy


def test_a_catalogue_lists_its_scenes_beside_their_pixels(tmp_path, scene_image):
    ids = write_catalog(tmp_path / "new", "e-1", "An event", map(scene_image, ("b", "a", "c")))
    assert ids == ["b", "a", "c"]
    catalog = pystac.Catalog.from_file(str(tmp_path / "new" / "catalog.json"))
    assert (catalog.id, catalog.description) == ("e-1", "An event")
    items = list(catalog.get_items())
    assert [item.id for item in items] == ids
    for item in items:
        asset = item.assets["visual"]
        path = tmp_path / "new" / f"{item.id}.tif"
        assert asset.get_absolute_href() == str(path)
        assert asset.extra_fields["file:checksum"] == "1220" + sha256_of_file(path)
        assert asset.extra_fields["file:size"] == path.stat().st_size


def test_a_catalogue_can_be_moved(tmp_path, scene_image):
    write_catalog(tmp_path / "here", "e", "d", [scene_image("a")])
    (tmp_path / "here").rename(tmp_path / "there")
    item = next(pystac.Catalog.from_file(str(tmp_path / "there" / "catalog.json")).get_items())
    assert item.assets["visual"].get_absolute_href() == str(tmp_path / "there" / "a.tif")


def test_scenes_are_taken_one_at_a_time(tmp_path, scene_image):
    def images():
        for number in range(3):
            assert len(list(tmp_path.glob("*.tif"))) == number
            yield scene_image(f"s{number}")

    assert len(write_catalog(tmp_path, "e", "d", images())) == 3


def test_a_catalogue_without_scenes_is_a_catalogue(tmp_path):
    assert write_catalog(tmp_path, "e", "d", []) == []
    assert not list(pystac.Catalog.from_file(str(tmp_path / "catalog.json")).get_items())


def test_angles_that_nobody_stated_are_left_out(tmp_path, scene_image):
    angles = dict.fromkeys(("off_nadir_deg", "sun_elevation_deg", "sun_azimuth_deg"), float("nan"))
    write_catalog(tmp_path, "e", "d", [scene_image("a", **angles)])
    text = (tmp_path / "a" / "a.json").read_text()
    assert "NaN" not in text
    stated = {k: v for k, v in json.loads(text)["properties"].items() if v is not None}
    assert not any(name.startswith("view:") for name in stated)
