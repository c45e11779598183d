"""Tokens are appended, renewed before they end, and never told; redirects are followed first."""

import logging
import pickle
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
import shapely

from core.errors import SceneError, TransientError
from core.scenes import Scene
from imagery.catalogs.web.http import HttpOptions
from imagery.catalogs.web.links import LinkRule, RefusedLinkError
from imagery.catalogs.web.pixel_links import PixelLinks
from imagery.catalogs.web.signing import NoSigner, TokenSigner

LOOPBACK = LinkRule(frozenset({"127.0.0.1"}))
QUICK = HttpOptions(silence_s=5, tries=2, first_pause_s=0.0)
HREF = "https://naipeuwest.blob.core.windows.net/naip/v002/fl/2017/x.tif"
NOW = datetime(2018, 10, 14, 12, tzinfo=UTC)
DATE = "Sun, 14 Oct 2018 12:00:00 GMT"


class Service:
    """A token service that counts its tokens; its clock stands."""

    def __init__(self, web, life_s=3600):
        self.given = 0
        self.life_s = life_s
        self.date = DATE
        web.pages["/token/naipeuwest/naip"] = self.answer

    def answer(self, handler):
        self.given += 1
        expiry = (NOW + timedelta(seconds=self.life_s)).isoformat().replace("+00:00", "Z")
        body = f'{{"msft:expiry": "{expiry}", "token": "st=1&sig=secret{self.given}"}}'
        date = f"Date: {self.date}\r\n" if self.date else ""
        handler.wfile.write(
            f"HTTP/1.1 200 OK\r\n{date}Content-Length: {len(body)}\r\n\r\n{body}".encode()
        )


@pytest.fixture
def clock():
    return [1000.0]


@pytest.fixture
def signer(web, clock):
    return TokenSigner(f"{web.url}/token", LOOPBACK, QUICK, clock_s=lambda: clock[0])


def scene(href):
    return Scene("s", href, NOW, shapely.box(0, 0, 1, 1), 1, 0, 0, 0, "p", "l")


def test_one_token_serves_a_container(web, signer):
    service = Service(web)
    assert signer.sign(HREF) == f"{HREF}?st=1&sig=secret1"
    assert signer.sign(HREF.replace("x.tif", "y.tif")).endswith("y.tif?st=1&sig=secret1")
    assert service.given == 1


def test_a_token_is_renewed_before_it_ends(web, signer, clock):
    service = Service(web, life_s=3600)
    signer.sign(HREF)
    clock[0] += 3299
    assert signer.sign(HREF).endswith("secret1")
    clock[0] += 2
    assert signer.sign(HREF).endswith("secret2")
    assert service.given == 2


def test_the_life_of_a_token_is_told_by_the_services_clock_not_by_ours(web, signer, clock):
    service = Service(web)
    service.date = "Sun, 14 Oct 2018 12:50:00 GMT"
    signer.sign(HREF)
    clock[0] += 301
    assert signer.sign(HREF).endswith("secret2")
    service.date = "Sun, 14 Oct 2018 13:00:00 GMT"
    clock[0] += 10_000
    with pytest.raises(SceneError, match="has ended"):
        signer.sign(HREF)


def test_a_service_without_a_clock_is_asked_more_often(web, signer, clock):
    service = Service(web)
    service.date = None
    signer.sign(HREF)
    clock[0] += 301
    signer.sign(HREF)
    assert service.given == 2


@pytest.mark.parametrize(
    "href",
    [
        "/data/x.tif", "s3://bucket/x.tif", "https://example.com/naip/x.tif",
        "http://naipeuwest.blob.core.windows.net/naip/x.tif", f"{HREF}?sig=mine",
        "https://blob.core.windows.net.evil.example/naip/x.tif",
        "https://naipeuwest.blob.core.windows.net/",
    ],
)  # fmt: skip
def test_other_addresses_stay_as_they_are(web, signer, href):
    assert signer.sign(href) == NoSigner().sign(href) == href
    assert web.asked == []


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b"{}", b'{"token": "t"}', b'{"token": "t", "msft:expiry": 1}',
        b'{"token": 1, "msft:expiry": "2030-01-01T00:00:00Z"}',
        b'{"token": "", "msft:expiry": "2030-01-01T00:00:00Z"}',
        b'{"token": "t", "msft:expiry": "soon"}', b'{"token": "t", "msft:expiry": "2030-01-01"}',
    ],
)  # fmt: skip
def test_an_answer_without_a_token_is_told_and_not_quoted(web, signer, body):
    web.pages["/token/naipeuwest/naip"] = body
    with pytest.raises(SceneError, match=r"imagery\.token_url"):
        signer.sign(HREF)


def test_a_service_that_fails_is_a_transient_error(web, signer):
    web.pages["/token/naipeuwest/naip"] = lambda _: (503, {}, b"")
    with pytest.raises(TransientError):
        signer.sign(HREF)


def test_threads_share_a_token(web, signer):
    service = Service(web)
    signed = []
    threads = [threading.Thread(target=lambda: signed.append(signer.sign(HREF))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (service.given, len(set(signed))) == (1, 1)


def test_a_token_is_never_told(web, signer, caplog):
    Service(web)
    rule = LinkRule(LOOPBACK.allowed_private_hosts, lambda *_: ("93.184.215.14",))
    with caplog.at_level(logging.DEBUG), PixelLinks(rule, signer, QUICK) as links:
        signed = links.address(scene(HREF))
        assert "secret1" in signed
        assert "secret1" not in repr(links)
    assert "secret1" not in caplog.text
    assert caplog.records


def test_a_signed_address_whose_store_resolves_inward_is_refused(web, signer):
    Service(web)
    rule = LinkRule(look_up=lambda *_: ("10.0.0.1",))
    with PixelLinks(rule, signer, QUICK) as links, pytest.raises(RefusedLinkError):
        links.address(scene(HREF))


def test_files_and_buckets_are_given_as_they_are(web):
    with PixelLinks(LOOPBACK) as links:
        for href in ("/data/x.tif", "s3://bucket/x.tif"):
            assert links.address(scene(href)) == href


def test_an_address_is_followed_once_to_its_end(web):
    web.pages |= {
        "/a.tif": lambda _: (302, {"Location": "/b.tif"}, b""),
        "/b.tif": lambda _: (206, {}, b"I"),
    }
    with PixelLinks(LOOPBACK, http=QUICK) as links:
        for _ in range(3):
            assert links.address(scene(f"{web.url}/a.tif")) == f"{web.url}/b.tif"
    assert len(web.asked) == 2


@pytest.mark.parametrize(
    ("target", "error"),
    [
        ("/a.tif", SceneError), ("http://10.0.0.1/x.tif", RefusedLinkError),
        ("file:///etc/passwd", RefusedLinkError), ("/none.tif", SceneError),
    ],
)  # fmt: skip
def test_pixels_that_redirect_without_end_or_inward_are_refused_in_seconds(web, target, error):
    web.pages["/a.tif"] = lambda _: (302, {"Location": target}, b"")
    began = time.monotonic()
    with PixelLinks(LOOPBACK, http=QUICK) as links, pytest.raises(error):
        links.address(scene(f"{web.url}/a.tif"))
    assert time.monotonic() - began < 5


def test_a_rule_travels_to_workers():
    assert pickle.loads(pickle.dumps(LOOPBACK)) == LOOPBACK  # noqa: S301  our own bytes
