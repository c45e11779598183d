"""What names a scene's bytes as they are now: by its store's word, asked once."""

import os
from datetime import UTC, datetime

import pytest
import shapely

from core.errors import SceneError
from core.scenes import Scene
from imagery.catalogs.web.links import LinkRule
from imagery.catalogs.web.pixel_links import PixelLinks

RULE = LinkRule(frozenset({"127.0.0.1"}))


def _scene(href):
    at = datetime(2018, 10, 14, tzinfo=UTC)
    return Scene("a", str(href), at, shapely.box(0, 0, 1, 1), 0.5, 0, 0, 0, "", "")


def _answer(**headers):
    return lambda _: (206, {name.replace("_", "-"): text for name, text in headers.items()}, b"I")


def test_a_servers_etag_names_the_bytes_and_is_asked_for_once(web):
    web.pages["/a.tif"] = _answer(ETag='"one"', Content_Range="bytes 0-0/900")
    with PixelLinks(RULE) as links:
        scene = _scene(f"{web.url}/a.tif")
        first = links.read_state(scene)
        assert first == '"one" 900'
        assert links.address(scene) == scene.href
        assert links.read_state(scene) == first
        assert len(web.asked) == 1
    web.pages["/a.tif"] = _answer(ETag='"two"', Content_Range="bytes 0-0/900")
    with PixelLinks(RULE) as later:
        assert later.read_state(scene) != first


@pytest.mark.parametrize(
    ("headers", "state"),
    [
        ({"Last_Modified": "Sat, 13 Oct 2018 17:00:00 GMT", "Content_Range": "bytes 0-0/7"},
         "Sat, 13 Oct 2018 17:00:00 GMT 7"),
        ({"Content_Range": "bytes 0-0/7"}, ""),
    ],
)  # fmt: skip
def test_a_server_without_etags_is_taken_by_its_other_words(web, headers, state):
    web.pages["/a.tif"] = _answer(**headers)
    with PixelLinks(RULE) as links:
        assert links.read_state(_scene(f"{web.url}/a.tif")) == state


def test_the_state_is_that_of_where_an_address_leads(web):
    web.pages["/moved.tif"] = lambda _: (302, {"Location": "/a.tif"}, b"")
    web.pages["/a.tif"] = _answer(ETag='"one"')
    with PixelLinks(RULE) as links:
        assert links.read_state(_scene(f"{web.url}/moved.tif")).startswith('"one"')


def test_a_file_written_anew_has_another_state(tmp_path):
    path = tmp_path / "a.tif"
    path.write_bytes(b"II")
    with PixelLinks(RULE) as links:
        first = links.read_state(_scene(path))
        os.utime(path, ns=(1, 1))
        assert links.read_state(_scene(path)) != first
        path.unlink()
        assert not links.read_state(_scene(path))
        with pytest.raises(SceneError):
            links.read_state(_scene("ftp://somewhere/a.tif"))
