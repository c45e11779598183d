"""A folder of files as vendors send them: what can be used is found, the rest is named."""

import math
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine
from pyproj import Geod, Transformer

from core.errors import SceneError
from core.grid import WGS84
from imagery.catalogs.folder import FolderCatalog

EVERYWHERE = shapely.box(-180, -90, 180, 90)
LATER = datetime(2030, 1, 1, tzinfo=UTC)
UTM = "EPSG:32616"
PLACE = Affine(0.5, 0, 630_000, 0, -0.5, 3_342_000)
HEADER = "pattern,captured_at_utc,provider,licence,gsd_m,off_nadir_deg,sun_elevation_deg,cloud_frac"
DEFAULT = "*,2018-10-13T16:48:00Z,Vendor,proprietary,,,,"


def write_image(path, crs=UTM, transform=PLACE, *, bands=3, size=32, dtype="uint8", **profile):
    path.parent.mkdir(parents=True, exist_ok=True)
    settings = {"driver": "GTiff", "count": bands, "height": size, "width": size, "dtype": dtype}
    with rasterio.open(path, "w", crs=crs, transform=transform, **settings, **profile) as target:
        target.write(np.full((bands, size, size), 7, dtype))


def write_manifest(folder, *rows, header=HEADER):
    (folder / "manifest.csv").write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")


def search(folder, area=EVERYWHERE, until=LATER):
    return FolderCatalog(folder).search(area, until)


def reasons(found):
    return {each.scene_id: each.reason for each in found.rejected}


def test_one_row_speaks_for_a_whole_folder(tmp_path):
    for name in ("a.tif", "sub/b.TIFF", "sub/deep/c.tif"):
        write_image(tmp_path / name)
    (tmp_path / "notes.txt").write_text("no image")
    write_manifest(tmp_path, DEFAULT)
    found = search(tmp_path)
    assert [scene.scene_id for scene in found.scenes] == ["a", "sub/b", "sub/deep/c"]
    assert found.rejected == ()
    first = found.scenes[0]
    assert first.href == str(tmp_path / "a.tif")
    assert first.captured_at_utc == datetime(2018, 10, 13, 16, 48, tzinfo=UTC)
    assert (first.provider, first.licence, first.sha256) == ("Vendor", "proprietary", None)
    assert first.gsd_m == pytest.approx(0.5, rel=1e-3)
    assert math.isnan(first.off_nadir_deg)
    assert math.isnan(first.cloud_frac)


def test_the_first_row_that_fits_counts(tmp_path):
    for name in ("pre/a.tif", "pre/b.tif", "post/a.tif"):
        write_image(tmp_path / name)
    write_manifest(
        tmp_path,
        "pre/b.tif,2017-01-01T12:00:00Z,,,,,,",
        "pre/*,2018-01-01T12:00:00+02:00,Survey,CC0-1.0,0.6,1.5,40,0.25",
        DEFAULT,
    )
    post, pre, exact = search(tmp_path).scenes
    assert post.provider == "Vendor"
    assert pre.captured_at_utc == datetime(2018, 1, 1, 10, tzinfo=UTC)
    assert (pre.gsd_m, pre.off_nadir_deg, pre.sun_elevation_deg) == (0.6, 1.5, 40)
    assert pre.cloud_frac == 0.25
    assert (exact.captured_at_utc.year, exact.provider, exact.licence) == (2017, *["unknown"] * 2)


@pytest.mark.parametrize(
    ("crs", "transform", "pixel_m"),
    [
        (UTM, PLACE, 0.5),
        (UTM, PLACE @ Affine.rotation(30), 0.5),
        (WGS84, Affine(1e-5, 0, -85.6, 0, -1e-5, 30.2), None),
        ("EPSG:3857", Affine(1, 0, -9_530_000, 0, -1, 3_530_000), math.cos(math.radians(30.2))),
        ("EPSG:2238", Affine(2, 0, 1_600_000, 0, -2, 500_000), 2 * 1200 / 3937),
    ],
    ids=["utm", "turned", "degrees", "mercator", "feet"],
)
def test_place_and_pixel_size_are_right_in_any_crs(tmp_path, crs, transform, pixel_m):
    write_image(tmp_path / "a.tif", crs, transform, size=200)
    write_manifest(tmp_path, DEFAULT)
    scene = search(tmp_path).scenes[0]
    to_degrees = Transformer.from_crs(crs, WGS84, always_xy=True)
    for corner in ((0, 0), (200, 0), (200, 200), (0, 200)):
        point = shapely.Point(to_degrees.transform(*(transform @ corner)))
        assert scene.extent.exterior.distance(point) < 1e-9
    middle = to_degrees.transform(*(transform @ (100, 100)))
    assert scene.extent.contains(shapely.Point(middle))
    if pixel_m is None:
        _, _, side = Geod(ellps="WGS84").inv(*middle, middle[0] + 1e-5, middle[1])
        _, _, up = Geod(ellps="WGS84").inv(*middle, middle[0], middle[1] + 1e-5)
        pixel_m = math.sqrt(side * up)
    assert scene.gsd_m == pytest.approx(pixel_m, rel=3e-3)


def test_long_edges_are_curves_in_degrees(tmp_path):
    conus = "EPSG:5070"
    place = Affine(100_000, 0, -2_000_000, 0, -100_000, 2_000_000)
    write_image(tmp_path / "a.tif", conus, place, size=10)
    write_manifest(tmp_path, DEFAULT)
    scene = search(tmp_path).scenes[0]
    to_degrees = Transformer.from_crs(conus, WGS84, always_xy=True)
    along = np.linspace(0, 10, 101)
    edge = shapely.LineString(np.column_stack(to_degrees.transform(*(place @ (along, 0 * along)))))
    straight = shapely.LineString([edge.coords[0], edge.coords[-1]])
    assert edge.hausdorff_distance(straight) > 0.1
    assert max(shapely.distance(scene.extent.exterior, shapely.points(edge.coords))) < 0.001


def test_an_image_across_the_antimeridian_lies_on_both_sides(tmp_path):
    place = Affine(1000, 0, 130_000, 0, -1000, 2_030_000)
    write_image(tmp_path / "a.tif", "EPSG:32601", place, size=100)
    write_manifest(tmp_path, DEFAULT)
    scene = search(tmp_path).scenes[0]
    assert scene.extent.intersects(shapely.Point(179.9, 18))
    assert scene.extent.intersects(shapely.Point(-179.9, 18))
    assert not scene.extent.intersects(shapely.Point(0, 18))
    assert scene.extent.area < 1.5


def test_scenes_elsewhere_and_later_are_left_out_by_name(tmp_path):
    write_image(tmp_path / "here.tif")
    write_image(tmp_path / "there.tif", transform=Affine(0.5, 0, 200_000, 0, -0.5, 3_342_000))
    write_image(tmp_path / "later.tif")
    write_manifest(tmp_path, "later.tif,2029-01-01T00:00:00Z,,,,,,", DEFAULT)
    area = shapely.box(-85.7, 30, -85.5, 30.5)
    found = search(tmp_path, area, datetime(2020, 1, 1, tzinfo=UTC))
    assert [scene.scene_id for scene in found.scenes] == ["here"]
    assert reasons(found) == {"later": "not_yet_captured", "there": "outside_event"}


def test_what_cannot_be_used_is_rejected_alone_with_a_remedy(tmp_path):
    write_image(tmp_path / "good.tif")
    write_image(tmp_path / "no_crs.tif", crs=None)
    write_image(tmp_path / "no_place.tif", transform=Affine.identity())
    write_image(tmp_path / "no_names.tif", bands=4, photometric="MINISBLACK")
    write_image(tmp_path / "unlisted.tif")
    write_image(tmp_path / "off_earth.tif", transform=Affine(0.5, 0, 1e12, 0, -0.5, 3_342_000))
    (tmp_path / "noise.tif").write_bytes(b"\x07" * 500)
    (tmp_path / "empty.tif").write_bytes(b"")
    (tmp_path / "dangling.tif").symlink_to(tmp_path / "nowhere.tif")
    (tmp_path / "vrt.tif").write_text('<VRTDataset rasterXSize="1" rasterYSize="1"/>')
    when = "2018-10-13T16:48:00Z,,,,,,"
    write_manifest(
        tmp_path, f"missing.tif,{when}", f"[gdenov]*,{when}", "late*,2018-10-13T16:48:00Z,,,,,,"
    )
    found = search(tmp_path)
    assert [scene.scene_id for scene in found.scenes] == ["good"]
    said = reasons(found)
    expected = {
        "no_crs": ["states no CRS", "rio edit-info"],
        "no_place": ["where its pixels lie", "gdal_edit"],
        "no_names": ["which of its 4 bands", "gdal_edit.py -colorinterp_1"],
        "unlisted": ["no row of manifest.csv", "pattern *"],
        "off_earth": ["CRS", "gdalinfo"],
        "noise": ["damaged or no GeoTIFF", "Fetch the file again"],
        "empty": ["damaged or no GeoTIFF"],
        "dangling": ["damaged or no GeoTIFF"],
        "vrt": ["damaged or no GeoTIFF"],
        "manifest.csv row 2": ["names_no_file: missing.tif"],
        "manifest.csv row 4": ["names_no_file: late*"],
    }
    assert set(said) == set(expected)
    for name, words in expected.items():
        assert all(word in said[name] for word in words), (name, said[name])


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ("a.tif,yesterday,,,,,,", "captured_at_utc is 'yesterday'; write day and time"),
        ("a.tif,2018-10-13,,,,,,", "captured_at_utc is '2018-10-13'; write day and time"),
        ("a.tif,,,,,,,", "captured_at_utc is ''"),
        ("a.tif,2018-10-13T16:48:00Z,,,-1,,,", "gsd_m is '-1'"),
        ("a.tif,2018-10-13T16:48:00Z,,,0,,,", "gsd_m is '0'"),
        ("a.tif,2018-10-13T16:48:00Z,,,nan,,,", "gsd_m is 'nan'"),
        ("a.tif,2018-10-13T16:48:00Z,,,,steep,,", "off_nadir_deg is 'steep'"),
        ("a.tif,2018-10-13T16:48:00Z,,,,,,35", "cloud_frac is '35'; write a number from 0 to 1"),
    ],
)
def test_a_row_that_cannot_be_is_not_passed_over_for_the_next(tmp_path, cells, words):
    write_image(tmp_path / "a.tif")
    write_image(tmp_path / "b.tif")
    write_manifest(tmp_path, cells, DEFAULT)
    found = search(tmp_path)
    assert [scene.scene_id for scene in found.scenes] == ["b"]
    assert words in reasons(found)["a"]
    assert "row 2" in reasons(found)["a"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, ["cannot be read", "pattern *"]),
        (b"", ["its columns are none", "pattern and captured_at_utc"]),
        (b"pattern,captured_at_utc,off_nadir\n", ["off_nadir", "off_nadir_deg"]),
        (b"file,captured_at_utc\n", ["file, captured_at_utc"]),
        (b"pattern,captured_at_utc,pattern\n", ["pattern, captured_at_utc, pattern"]),
        ("pattern,captured_at_utc,provider\n*,x,Ünion".encode("cp1252"), ["not UTF-8"]),
        (b'pattern,captured_at_utc\n"' + b"x" * 200_000, ["no row of a table"]),
    ],
    ids=["missing", "empty", "misspelt", "wrong", "twice", "cp1252", "huge cell"],
)
def test_a_manifest_that_is_none_is_an_error(tmp_path, content, words):
    write_image(tmp_path / "a.tif")
    if content is not None:
        (tmp_path / "manifest.csv").write_bytes(content)
    with pytest.raises(SceneError) as caught:
        search(tmp_path)
    assert str(tmp_path / "manifest.csv") in caught.value.work
    assert all(word in str(caught.value) for word in words)


def test_a_manifest_from_a_spreadsheet_is_read(tmp_path):
    write_image(tmp_path / "a.tif")
    content = "\ufeffPattern;Captured_at_UTC;Provider\r\n*; 2018-10-13 16:48 ;Ünion\r\n;;\r\n"
    (tmp_path / "manifest.csv").write_text(content, encoding="utf-8", newline="")
    scene = search(tmp_path).scenes[0]
    assert scene.provider == "Ünion"
    assert scene.captured_at_utc == datetime(2018, 10, 13, 16, 48, tzinfo=UTC)


def test_the_manifest_in_the_documents_is_one(tmp_path):
    page = Path(__file__).parents[3] / "docs" / "vendor-folders.md"
    content = page.read_text(encoding="utf-8").partition("```csv\n")[2].partition("```")[0]
    (tmp_path / "manifest.csv").write_text(content, encoding="utf-8")
    for name in ("before/a.tif", "after/strip_07.tif", "after/strip_08.tif"):
        write_image(tmp_path / name)
    found = search(tmp_path)
    assert found.rejected == ()
    said = [(each.scene_id, each.provider, each.captured_at_utc.day) for each in found.scenes]
    assert said == [
        ("after/strip_07", "Vendor", 13), ("after/strip_08", "Vendor", 12),
        ("before/a", "County survey", 30),
    ]  # fmt: skip


def test_two_files_that_differ_by_their_ending_are_two_scenes(tmp_path):
    for name in ("a.tif", "a.tiff", "b.tif", ".hidden.tif", "._a.tif", ".trash/c.tif"):
        write_image(tmp_path / name)
    write_manifest(tmp_path, DEFAULT)
    found = search(tmp_path)
    assert [scene.scene_id for scene in found.scenes] == ["a.tif", "a.tiff", "b"]
    assert found.rejected == ()


def test_an_empty_folder_has_no_scene(tmp_path):
    write_manifest(tmp_path)
    assert search(tmp_path).scenes == ()
    write_manifest(tmp_path, DEFAULT)
    assert reasons(search(tmp_path)) == {"manifest.csv row 2": "names_no_file: *"}


def test_the_digest_follows_files_and_manifest(tmp_path):
    write_image(tmp_path / "a.tif")
    write_manifest(tmp_path, DEFAULT)
    catalog = FolderCatalog(tmp_path)
    first = catalog.digest()
    assert catalog.digest() == first
    write_image(tmp_path / "b.tif")
    second = catalog.digest()
    write_manifest(tmp_path, DEFAULT, DEFAULT)
    assert len({first, second, catalog.digest()}) == 3


def test_a_file_that_was_mended_is_read_anew(tmp_path):
    write_manifest(tmp_path, DEFAULT)
    (tmp_path / "a.tif").write_bytes(b"\x07" * 500)
    assert not search(tmp_path).scenes
    write_image(tmp_path / "a.tif")
    assert search(tmp_path).scenes


def test_a_thousand_files_take_seconds(tmp_path):
    write_image(tmp_path / "0000.tif")
    content = (tmp_path / "0000.tif").read_bytes()
    for number in range(1, 1000):
        (tmp_path / f"{number:04d}.tif").write_bytes(content)
    rows = [f"{n:04d}.tif,2018-10-13T16:48:00Z,,,,,," for n in range(0, 1000, 2)]
    write_manifest(tmp_path, *rows, DEFAULT)
    started = time.perf_counter()
    assert len(search(tmp_path).scenes) == 1000
    assert time.perf_counter() - started < 15
