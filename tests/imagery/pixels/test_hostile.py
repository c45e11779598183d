"""Files and servers that mean harm, or are merely broken, cost their own homes and no others."""

import os
import resource
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine

from core.errors import SceneError, TransientError
from core.grid import GeoGrid
from imagery.pixels.access import ReadOptions
from imagery.pixels.read import SceneReader, read_on_grid

UTM = "EPSG:32616"
PLACE = Affine(0.5, 0, 630_000, 0, -0.5, 3_342_000)
SIZE, BLOCK = 512, 128
BOMB_PX = 1_000_000
MIB = 1 << 20
QUICK = ReadOptions(
    request_timeout_s=5, connect_timeout_s=2, stall_s=1, retries=1, retry_delay_s=0.05
)


def _grid(column=0, row=0, size=SIZE, pixel=1.0):
    corner = PLACE @ Affine.translation(column, row) @ Affine.scale(pixel)
    return GeoGrid(UTM, corner, size, size)


@pytest.fixture
def noise():
    return np.random.default_rng(0).integers(0, 256, (3, SIZE, SIZE), dtype=np.uint8)


@pytest.fixture
def noisy_scene(write_scene, noise):
    """A scene whose blocks hardly compress, so each has its own bytes."""
    return write_scene("noisy", noise, (UTM, PLACE), blockxsize=BLOCK, blockysize=BLOCK)


# files


@pytest.fixture
def bomb(tmp_path, scene_of):
    """A million pixels square in a file of next to nothing."""

    def write(**layout):
        path = tmp_path / "bomb.tif"
        with rasterio.open(
            path, "w", driver="GTiff", dtype="uint8", count=3, height=BOMB_PX, width=BOMB_PX,
            crs=UTM, transform=PLACE, sparse_ok=True, compress="deflate", bigtiff="YES",
            photometric="RGB", **layout,
        ):  # fmt: skip
            pass
        assert path.stat().st_size < 16 * MIB
        return scene_of(path, shapely.box(0, 0, 1, 1))

    return write


def _peak_mib():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def test_a_tile_of_a_bomb_costs_no_more_than_a_tile(inspect_scene, bomb):
    scene = bomb(tiled=True, blockxsize=2048, blockysize=2048)
    inspect_scene(scene)
    before = _peak_mib()
    assert read_on_grid(scene, _grid(400_000, 700_000)).bands.shape == (3, SIZE, SIZE)
    assert _peak_mib() - before < 200


def test_the_whole_of_a_bomb_is_refused(bomb):
    scene = bomb(tiled=True, blockxsize=2048, blockysize=2048)
    with pytest.raises(SceneError, match=r"1000000 million pixels.*512 x 512.*overviews"):
        read_on_grid(scene, _grid(pixel=BOMB_PX / SIZE))


@pytest.mark.parametrize(
    "layout",
    [
        {"blockysize": 1},
        {"blockysize": 1000},
        {"tiled": True, "blockxsize": 16_384, "blockysize": 16_384},
    ],
    ids=["rows", "strips", "blocks"],
)
def test_blocks_that_are_too_large_are_refused_with_a_remedy(inspect_scene, bomb, layout):
    scene = bomb(**layout)
    before = _peak_mib()
    for use in (inspect_scene, lambda s: read_on_grid(s, _grid())):
        with pytest.raises(SceneError, match=r"one block of it has .*gdal_translate -of COG"):
            use(scene)
    assert _peak_mib() - before < 50


def test_a_bomb_of_deep_pixels_is_sampled_no_further_than_its_overviews_help(tmp_path, scene_of):
    path = tmp_path / "deep.tif"
    side = 40_000
    with rasterio.open(
        path, "w", driver="GTiff", dtype="uint16", count=3, height=side, width=side, crs=UTM,
        transform=PLACE, sparse_ok=True, compress="deflate", tiled=True, photometric="RGB",
    ):  # fmt: skip
        pass
    started = time.process_time()
    read_on_grid(scene_of(path, shapely.box(0, 0, 1, 1)), _grid(20_000, 20_000))
    assert time.process_time() - started < 5


def test_a_damaged_block_costs_only_the_tiles_that_need_it(inspect_scene, noisy_scene, noise):
    path = Path(noisy_scene.href)
    data = bytearray(path.read_bytes())
    middle = len(data) // 2  # a block in the middle of the file, 16 in all, by rows
    data[middle : middle + 200] = b"\x07" * 200
    path.write_bytes(data)
    inspect_scene(noisy_scene)
    half = SIZE // 2
    with SceneReader() as reader:
        for _ in range(2):
            with pytest.raises(SceneError, match="damaged"):
                reader.read(noisy_scene, _grid())
            top = reader.read(noisy_scene, _grid(size=half - 32))
            assert np.array_equal(top.bands, noise[:, : half - 32, : half - 32])


def test_files_beside_a_scene_are_not_looked_at(write_scene, noise, tmp_path):
    scene = write_scene("plain", noise, (UTM, PLACE))
    (tmp_path / "plain.tif.aux.xml").write_text(
        "<PAMDataset><SRS>EPSG:4326</SRS><GeoTransform>0,9,0,0,0,-9</GeoTransform></PAMDataset>"
    )
    (tmp_path / "plain.tif.ovr").write_bytes(b"not an overview")
    (tmp_path / "plain.tif.msk").write_bytes((tmp_path / "plain.tif").read_bytes())
    read = read_on_grid(scene, _grid())
    assert np.array_equal(read.bands, noise)
    assert read.valid.all()


def test_a_file_that_refers_to_others_is_not_followed(
    inspect_scene, write_scene, noise, scene_of, tmp_path
):
    secret = write_scene("secret", noise, (UTM, PLACE))
    vrt = tmp_path / "refers.tif"
    vrt.write_text(
        f'<VRTDataset rasterXSize="{SIZE}" rasterYSize="{SIZE}"><SRS>{UTM}</SRS>'
        f'<VRTRasterBand dataType="Byte" band="1"><SimpleSource><SourceFilename>{secret.href}'
        "</SourceFilename></SimpleSource></VRTRasterBand></VRTDataset>"
    )
    with pytest.raises(SceneError, match="damaged"):
        inspect_scene(scene_of(vrt, shapely.box(0, 0, 1, 1)))


@pytest.mark.parametrize(
    "href",
    [
        "/vsizip//etc/a.zip/a.tif", "/vsicurl//vsizip/x", "/vsistdin/", "/vsimem/a.tif",
        "/vsisubfile/0_9,/etc/passwd", "zip+file:///etc/a.zip!a.tif", "GTIFF_DIR:1:/etc/a.tif",
        "ftp://example.org/a.tif", "vrt:///etc/a.tif", "data:image/tiff,abc", "gs://bucket/a.tif",
    ],
)  # fmt: skip
def test_addresses_of_odd_kinds_are_not_opened(inspect_scene, scene_of, href):
    scene = scene_of(href, shapely.box(0, 0, 1, 1))
    with pytest.raises(SceneError, match="neither a file nor http, https or s3"):
        inspect_scene(scene)


# servers


@pytest.fixture
def server(serve_ranges, noisy_scene):
    return serve_ranges(Path(noisy_scene.href).read_bytes())


PIXELS_FROM = 100_000
"""Ranges from here hold pixels only, neither header nor last block."""


@pytest.mark.server
def test_a_redirect_without_end_is_given_up(inspect_scene, server, served):
    def behave(handler, *_):
        handler.refuse(302, Location=f"/again{len(server.asked)}.tif")
        return True

    server.behave = behave
    with pytest.raises(SceneError, match="from one to the next without end"):
        inspect_scene(served)
    assert len(server.asked) < 30


@pytest.mark.server
def test_a_server_that_stalls_amid_a_range_ends_as_transient_in_bounded_time(server, served):
    def behave(handler, start, end):
        if start < PIXELS_FROM and end < PIXELS_FROM:
            return False
        handler.send_response(206)
        handler.send_header("Content-Length", str(end - start + 1))
        handler.send_header("Content-Range", f"bytes {start}-{end}/{len(server.data)}")
        handler.end_headers()
        handler.wfile.write(server.data[start : start + 500])
        handler.wfile.flush()
        server.released.wait(30)
        handler.close_connection = True
        return True

    with SceneReader(QUICK) as reader:
        reader.inspect(served)
        server.behave = behave
        started = time.monotonic()
        with pytest.raises(TransientError, match="tried again"):
            reader.read(served, _grid())
        assert time.monotonic() - started < 12
        server.behave = None
        server.released.set()
        assert _read_again(reader, served).valid.all()


def _read_again(reader, scene, tries=3):
    """As tasks do: a connection that the stall left half used may cost one more try."""
    for _ in range(tries - 1):
        try:
            return reader.read(scene, _grid())
        except TransientError:
            time.sleep(0.2)
    return reader.read(scene, _grid())


@pytest.mark.server
def test_a_server_error_amid_a_scene_is_got_over(server, served, noise):
    failed = []

    def behave(handler, start, _):
        if start < 16_000 or failed:
            return False
        failed.append(start)
        handler.refuse(503)
        return True

    with SceneReader(QUICK) as reader:
        reader.inspect(served)
        server.behave = behave
        assert np.array_equal(reader.read(served, _grid()).bands, noise)
    assert failed


@pytest.mark.server
@pytest.mark.parametrize("change", [-0.5, 0.5], ids=["too short", "too long"])
def test_a_wrong_content_length_gives_right_pixels_or_an_error(server, served, noise, change):
    def behave(handler, start, end):
        if handler.command == "HEAD" or end < PIXELS_FROM:
            return False
        handler.close_connection = True
        handler.reply(206, start, end, claimed=int((end - start + 1) * (1 + change)))
        return True

    with SceneReader(QUICK) as reader:
        reader.inspect(served)
        server.behave = behave
        try:
            read = reader.read(served, _grid())
        except (TransientError, SceneError):
            server.behave = None
            read = reader.read(served, _grid())
        assert np.array_equal(read.bands, noise)


@pytest.mark.server
@pytest.mark.parametrize("times", [0.5, 2.0], ids=["half", "double"])
def test_a_wrong_size_of_the_file_gives_right_pixels_or_an_error(server, served, noise, times):
    def behave(handler, *_):
        if handler.command != "HEAD":
            return False
        handler.send_response(200)
        handler.send_header("Content-Length", str(int(len(server.data) * times)))
        handler.end_headers()
        return True

    server.behave = behave
    with SceneReader(QUICK) as reader:
        try:
            reader.inspect(served)
            read = reader.read(served, _grid())
        except (TransientError, SceneError):
            return
        assert np.array_equal(read.bands, noise)


@pytest.mark.server
def test_a_server_that_ignores_ranges_is_told_so(inspect_scene, server, served):
    def behave(handler, *_):
        handler.reply(200, 0, len(server.data) - 1)
        return True

    server.behave = behave
    with pytest.raises(SceneError, match="does not give parts of a file"):
        inspect_scene(served)
    assert len(server.asked) < 10


@pytest.mark.server
def test_a_signed_address_is_used_and_never_told(server, served):
    signed = served.href + "?sig=topsecret&se=2018"
    server.behave = lambda handler, *_: handler.refuse(403) or True
    with SceneReader(QUICK, address=lambda _: signed) as reader:
        with pytest.raises(SceneError) as caught:
            reader.inspect(served)
        assert "topsecret" not in str(caught.value)
        assert caught.value.__cause__ is None
        server.behave = None
    other = served.href.replace(".tif", "2.tif") + "?sig=topsecret"
    with SceneReader(QUICK, address=lambda _: other) as reader:
        reader.inspect(served)
        assert reader.read(served, _grid()).valid.all()
        server.behave = lambda handler, *_: handler.refuse(404) or True
        reader.close()
        damaged = server.data[:200] + b"\x07" * (len(server.data) - 200)
        server.behave, server.data = None, damaged
        with (
            SceneReader(QUICK, address=lambda _: other.replace("2.tif", "3.tif")) as second,
            pytest.raises((SceneError, TransientError)) as caught,
        ):
            second.read(served, _grid())
        assert "topsecret" not in str(caught.value)


# blocks


@pytest.mark.server
def test_each_block_is_fetched_once_for_all_tiles_that_share_it(server, served, noise):
    side = 96  # not a multiple of the block: each block is needed by several tiles
    corners = [(c, r) for c in range(0, SIZE, side) for r in range(0, SIZE, side)]
    with SceneReader(QUICK) as reader:
        reader.inspect(served)
        for column, row in corners:
            read = reader.read(served, _grid(column, row, side))
            within = (min(side, SIZE - row), min(side, SIZE - column))
            expected = noise[:, row : row + side, column : column + side]
            assert np.array_equal(read.bands[:, : within[0], : within[1]], expected)
        first = len(server.asked)
        for column, row in corners:
            reader.read(served, _grid(column, row, side))
        assert len(server.asked) == first
    times = np.zeros(len(server.data), int)
    for command, start, end in server.asked:
        if command == "GET":
            times[start : end + 1] += 1
    assert times.max() == 1  # not a byte twice


def test_a_decoded_block_is_kept_for_the_next_tile(noisy_scene, noise):
    path = Path(noisy_scene.href)
    state = path.stat()
    with SceneReader() as reader:
        reader.read(noisy_scene, _grid())
        with path.open("r+b") as stream:  # the same file by its state, and not a byte of it left
            stream.write(b"\x07" * state.st_size)
        os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
        for column in (0, 100, 300):
            read = reader.read(noisy_scene, _grid(column, column, 200))
            assert np.array_equal(
                read.bands, noise[:, column : column + 200, column : column + 200]
            )


def test_a_file_written_anew_is_opened_anew(write_scene, noise):
    with SceneReader() as reader:
        scene = write_scene("again", noise, (UTM, PLACE))
        assert np.array_equal(reader.read(scene, _grid()).bands, noise)
        write_scene("again", 255 - noise, (UTM, PLACE))
        assert np.array_equal(reader.read(scene, _grid()).bands, 255 - noise)


def test_many_threads_share_few_open_scenes(write_scene, noise):
    scenes = [write_scene(f"s{n}", np.roll(noise, n, axis=0), (UTM, PLACE)) for n in range(5)]
    wrong = []
    with SceneReader(ReadOptions(open_scenes=2)) as reader:

        def work(seed):
            for turn in np.random.default_rng(seed).integers(0, 5, 30):
                read = reader.read(scenes[turn], _grid(100, 100, 64))
                expected = np.roll(noise, turn, axis=0)[:, 100:164, 100:164]
                if not np.array_equal(read.bands, expected):
                    wrong.append(turn)

        threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(reader._scenes) <= 2
    assert wrong == []
    assert not reader._scenes
