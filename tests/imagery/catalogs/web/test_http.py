"""A failing server is asked again and then given up; nothing is waited for without end."""

import gzip
import json
import socket
import time

import pytest

from core.errors import SceneError, TransientError
from imagery.catalogs.web.http import CatalogHttp, HttpOptions
from imagery.catalogs.web.links import LinkRule, RefusedLinkError

LOOPBACK = LinkRule(frozenset({"127.0.0.1"}))


@pytest.fixture
def pauses():
    return []


@pytest.fixture
def opened(pauses):
    """Opens the door with quick patience and pauses that are noted, not kept."""
    doors = []

    def opener(rule=LOOPBACK, **options):
        quick = {"silence_s": 2.0, "connect_s": 2.0, "pause": pauses.append}
        doors.append(CatalogHttp(rule, HttpOptions(**(quick | options))))
        return doors[-1]

    yield opener
    for door in doors:
        door.close()


def in_turn(*answers):
    """A page that answers differently each time, the last for good."""
    left = list(answers)
    return lambda _: left.pop(0) if len(left) > 1 else left[0]


EARLIER, LATER = "Wed, 21 Oct 2015 07:28:00 GMT", "Wed, 21 Oct 2015 07:28:09 GMT"
OK = (200, {}, b'{"a": 1}')


def test_json_comes_with_where_it_was_read(web, opened):
    web.pages["/a"] = {"a": [1, 2]}
    assert opened().read_json(f"{web.url}/a") == (f"{web.url}/a", {"a": [1, 2]})
    web.pages["/z"] = lambda _: (200, {"Content-Encoding": "gzip"}, gzip.compress(b"[3]"))
    assert opened().read_json(f"{web.url}/z")[1] == [3]


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_a_server_that_recovers_is_asked_again(web, opened, pauses, status):
    web.pages["/a"] = in_turn((status, {}, b""), (status, {}, b""), OK)
    assert opened().read_json(f"{web.url}/a")[1] == {"a": 1}
    assert pauses == [0.5, 1.0]


@pytest.mark.parametrize("status", [429, 500])
def test_a_server_that_goes_on_failing_is_a_transient_error(web, opened, pauses, status):
    web.pages["/a"] = lambda _: (status, {}, b"")
    with pytest.raises(TransientError, match=f"answers {status}") as caught:
        opened().read_json(f"{web.url}/a?key=secret")
    assert len(web.asked) == 5
    assert pauses == [0.5, 1.0, 2.0, 4.0]
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 501, 204 + 100])
def test_a_server_that_refuses_is_asked_once(web, opened, status):
    web.pages["/a"] = lambda _: (status, {}, b"")
    with pytest.raises(SceneError, match=f"answers {status}"):
        opened().read_json(f"{web.url}/a")
    assert len(web.asked) == 1


@pytest.mark.parametrize(
    ("headers", "pause_s"),
    [
        ({"Retry-After": "7"}, 7),
        ({"Retry-After": "0"}, 0.5),
        ({"Retry-After": LATER, "Date": EARLIER}, 9),
        ({"Retry-After": EARLIER, "Date": LATER}, 0.5),
        ({"Retry-After": "soon"}, 0.5),
        ({"Retry-After": "-3"}, 0.5),
    ],
)  # fmt: skip
def test_the_pause_that_a_server_asks_for_is_kept(web, opened, pauses, headers, pause_s):
    def tired(handler):
        # http.server writes a Date of its own before ours: the body is written by hand
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        handler.wfile.write(
            f"HTTP/1.1 429 Too Many Requests\r\n{lines}Content-Length: 0\r\n\r\n".encode()
        )

    left = [lambda _: OK, tired]
    web.pages["/a"] = lambda handler: left.pop()(handler)  # noqa: PLW0108  another one each time
    assert opened().read_json(f"{web.url}/a")[1] == {"a": 1}
    assert pauses == [pause_s]


def test_a_server_that_asks_for_a_long_pause_is_given_up_at_once(web, opened, pauses):
    web.pages["/a"] = lambda _: (503, {"Retry-After": "3600"}, b"")
    with pytest.raises(TransientError, match="pause of 3600 s"):
        opened().read_json(f"{web.url}/a")
    assert (len(web.asked), pauses) == (1, [])


def test_a_silent_and_a_dripping_server_end_in_time(web, opened):
    def silent(handler):
        time.sleep(0.3)

    def dripping(handler):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(100):
            handler.wfile.write(b" ")
            time.sleep(0.02)

    web.pages |= {"/silent": silent, "/dripping": dripping}
    for page in web.pages:
        began = time.monotonic()
        with pytest.raises(TransientError):
            opened(silence_s=0.1, answer_s=0.1, tries=2).read_json(f"{web.url}{page}")
        assert time.monotonic() - began < 2


def test_an_answer_cut_short_is_asked_for_again(web, opened):
    def cut(handler):
        handler.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{"a"')
        handler.close_connection = True

    left = [lambda _: OK, cut]
    web.pages["/a"] = lambda handler: left.pop()(handler)  # noqa: PLW0108  another one each time
    assert opened().read_json(f"{web.url}/a")[1] == {"a": 1}


def test_nobody_listening_is_a_transient_error(opened, unused_port):
    with pytest.raises(TransientError, match="no answer"):
        opened(tries=2).read_json(f"http://127.0.0.1:{unused_port}/a")


@pytest.fixture
def unused_port(web):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b'{"a": ', b"\xff\xfe", b"[" * 200_000], ids=range(5)
)
def test_what_is_no_json_is_told(web, opened, body):
    web.pages["/a"] = body
    with pytest.raises(SceneError, match="not JSON"):
        opened().read_json(f"{web.url}/a")


def test_a_long_answer_is_read_to_its_limit_and_no_further(web, opened):
    long = json.dumps({"padding": "x" * (10 << 20)}).encode()
    bomb = gzip.compress(bytes(16 << 20))
    web.pages |= {
        "/long": long,
        "/bomb": lambda _: (200, {"Content-Encoding": "gzip"}, bomb),
    }
    assert len(opened(silence_s=5).fetch(f"{web.url}/long").content) == len(long)
    for page in web.pages:
        with pytest.raises(SceneError, match="more than 1048576 bytes"):
            opened(max_bytes=1 << 20, silence_s=5).read_json(f"{web.url}{page}")


def moved(to, status=302):
    return lambda _: (status, {"Location": to}, b"")


def test_redirects_are_followed_and_end(web, opened):
    web.pages |= {"/1": moved("2"), "/2": moved("/3", 308), "/3": {"end": True}}
    assert opened().read_json(f"{web.url}/1") == (f"{web.url}/3", {"end": True})
    web.pages["/loop"] = moved("/loop")
    began = time.monotonic()
    with pytest.raises(SceneError, match="redirects more than 5 times"):
        opened().read_json(f"{web.url}/loop")
    assert [path for _, path in web.asked].count("/loop") == 6
    assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    "target",
    [
        "http://localhost:1/x", "http://169.254.169.254/latest", "file:///etc/passwd",
        "http://[::1]/x", "gopher://127.0.0.1/x", "http://u:p@127.0.0.1/x", "http://0x7f000001/x",
    ],
)  # fmt: skip
def test_a_redirect_is_judged_like_a_link(web, opened, target):
    web.pages["/a"] = moved(target)
    with pytest.raises(RefusedLinkError):
        opened().read_json(f"{web.url}/a")
    assert len(web.asked) == 1


def test_an_address_of_ones_own_network_is_refused_before_any_request(web, opened):
    with pytest.raises(RefusedLinkError, match=r"127\.0\.0\.1 is a private address"):
        opened(LinkRule()).read_json(f"{web.url}/a")
    rebound = LinkRule(look_up=lambda *_: ("127.0.0.1",))
    with pytest.raises(RefusedLinkError, match=r"catalogue\.example resolves"):
        opened(rebound).read_json(f"{web.url.replace('127.0.0.1', 'catalogue.example')}/a")
    assert web.asked == []


def test_the_address_that_was_judged_is_the_one_connected_to(web, opened):
    """The name resolves to loopback once, for the judge; a second look-up would fail the test."""
    answers = [("127.0.0.1",)]
    rule = LinkRule(frozenset({"store.example"}), lambda *_: answers.pop())
    web.pages["/a"] = lambda handler: (200, {}, handler.headers["Host"])
    port = web.url.rpartition(":")[2]
    got = opened(rule).fetch(f"http://store.example:{port}/a").content
    assert got.decode() == f"store.example:{port}"
    assert answers == []


def test_the_next_address_of_a_name_is_tried(web, opened):
    rule = LinkRule(frozenset({"store.example"}), lambda *_: ("::1", "127.0.0.1"))
    web.pages["/a"] = b"{}"
    port = web.url.rpartition(":")[2]
    assert opened(rule, tries=1).read_json(f"http://store.example:{port}/a")[1] == {}


def test_a_post_keeps_its_body_unless_told_to_look_elsewhere(web, opened):
    def echo(handler):
        length = int(handler.headers.get("Content-Length", 0))
        return (200, {}, handler.command.encode() + handler.rfile.read(length))

    def away(status):
        def page(handler):
            handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
            return (status, {"Location": "/echo"}, b"")

        return page

    web.pages |= {"/echo": echo, "/307": away(307), "/303": away(303)}
    sent = {"limit": 3}
    for page, got in (
        ("/echo", b'POST{"limit":3}'),
        ("/307", b'POST{"limit":3}'),
        ("/303", b"GET"),
    ):
        assert opened().fetch(f"{web.url}{page}", method="POST", body=sent).content == got


def test_the_end_of_an_address_is_found_for_a_byte(web, opened):
    sent = []

    def pixels(handler):
        sent.append(handler.headers["Range"])
        return (206, {"Content-Range": "bytes 0-0/9"}, b"I")

    web.pages |= {"/a.tif": moved("/b.tif?v=1"), "/b.tif": pixels}
    assert opened().find_end(f"{web.url}/a.tif") == f"{web.url}/b.tif?v=1"
    assert sent == ["bytes=0-0"]
