"""No spelling of a private place gets past, and no public place is kept out."""

import socket
from ipaddress import IPv4Address, ip_address

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from imagery.catalogs.web.links import (
    LinkRule,
    Origin,
    RefusedLinkError,
    check_link,
    find_address_refusal,
    find_refusal,
    look_up_addresses,
    origin_of,
    parse_address,
    resolve_host,
    without_query,
)

RULE = LinkRule()

PUBLIC = [
    "https://maxar-opendata.s3.amazonaws.com/events/catalog.json",
    "http://93.184.215.14/x.tif",
    "HTTPS://EXAMPLE.COM./x.tif",
    "https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]:8443/x.tif?a=b",
    "s3://maxar-opendata/events/x.tif",
    "https://host.example/vsitor/x.tif",
]
PRIVATE = [
    "http://127.0.0.1/x", "http://127.1/x", "http://2130706433/x", "http://0x7f000001/x",
    "http://0x7f.1/x", "http://0177.0.0.1/x", "http://017700000001/x", "http://0/x",
    "http://10.0.0.8/x", "http://172.16.3.4/x", "http://192.168.1.1:9000/x",
    "http://169.254.169.254/latest/meta-data/", "http://100.100.100.200/x",
    "http://168.63.129.16/x", "http://224.0.0.1/x", "http://255.255.255.255/x",
    "http://[::1]/x", "http://[::]/x", "http://[::ffff:127.0.0.1]/x", "http://[::ffff:7f00:1]/x",
    "http://[fe80::1]/x", "http://[fe80::1%25eth0]/x", "http://[fd00:ec2::254]/x",
    "http://[64:ff9b::a9fe:a9fe]/x", "http://[2002:7f00:1::]/x",
    "http://localhost/x", "http://LOCALHOST./x", "http://a.localhost/x",
    "http://metadata.google.internal/computeMetadata/v1/", "http://nas.local/x",
]  # fmt: skip
NO_ADDRESS = [
    "gs://bucket/x.tif", "ftp://example.com/x.tif", "zip+https://example.com/a.zip!x.tif",
    "zip://a.zip!x.tif", "/vsicurl/http://10.0.0.1/x", "/vsizip//vsicurl/http://example.com/a.zip",
    "/VSIcurl/http://example.com/x", "vsis3/x", "file:///vsizip/a.zip", "gtiff-dir:1:/etc/passwd",
    "NETCDF:/a.nc:v", "data:image/tiff;base64,AAAA", "javascript:1", "http:///x", "http://",
    "https://user:secret@example.com/x", "https://example.com/a.zip!x.tif", "s3://",
    "https://example.com\\@10.0.0.1/x", "https://example.com/x\n", "http://[::1", "http://a:b/x",
    "https://example.com:99999/x", "\x00",
]  # fmt: skip
FILES = ["/etc/passwd", "file:///etc/passwd", "file://host/share/x.tif", "\\\\host\\share", "//x/y"]


@pytest.mark.parametrize("href", PUBLIC)
def test_a_public_place_may_be_opened(href):
    for origin in Origin:
        assert find_refusal(href, origin, RULE) is None


@pytest.mark.parametrize("href", [*PRIVATE, *NO_ADDRESS])
def test_what_leads_elsewhere_is_refused_whoever_wrote_it(href):
    for origin in Origin:
        assert find_refusal(href, origin, RULE)


@pytest.mark.parametrize("href", FILES)
def test_files_are_for_catalogues_that_are_files_themselves(href):
    assert find_refusal(href, Origin.LOCAL, RULE) is None
    assert "local file" in find_refusal(href, Origin.REMOTE, RULE)


def test_relative_links_may_be_opened():
    for origin in Origin:
        assert find_refusal("../ard/17/x.tif", origin, RULE) is None


@pytest.mark.parametrize(
    ("allowed", "is_open"),
    [
        ({"10.1.2.3"}, True), ({"10.1.2.3:9000"}, True), ({"10.1.2.3:80"}, False),
        ({"10.1.2"}, False), (set(), False), ({"*"}, False),
    ],
)  # fmt: skip
def test_a_private_host_is_open_where_it_is_listed_exactly(allowed, is_open):
    rule = LinkRule(frozenset(allowed))
    assert (find_refusal("http://10.1.2.3:9000/x", Origin.REMOTE, rule) is None) is is_open


def test_a_listed_host_opens_no_other_door():
    rule = LinkRule(frozenset({"127.0.0.1"}))
    for href in ("http://u:p@127.0.0.1/x", "/vsicurl/http://127.0.0.1/x", "ftp://127.0.0.1/x"):
        assert find_refusal(href, Origin.REMOTE, rule)


@given(st.integers(0, 2**32 - 1))
@example(0)
@example(2**32 - 1)
@settings(max_examples=200)
def test_all_spellings_of_an_address_are_judged_alike(number):
    address = IPv4Address(number)
    a, b, c, d = address.packed
    spellings = (
        str(address), str(number), hex(number), f"0{number:o}",
        f"{a}.{b}.{c * 256 + d}", f"{a}.{number % 2**24}", f"{a:#x}.{b:#x}.{c:#x}.{d:#x}",
        f"::ffff:{address}", f"64:ff9b::{a:02x}{b:02x}:{c:02x}{d:02x}",
    )  # fmt: skip
    refusal = find_address_refusal(address)
    for text in spellings:
        found = parse_address(text)
        assert found is not None, text
        assert (find_address_refusal(found) is None) == (refusal is None), text


@given(st.text(max_size=40))
@settings(max_examples=200)
def test_any_text_is_judged_without_an_error(text):
    for origin in Origin:
        refusal = find_refusal(text, origin, RULE)
        assert refusal is None or refusal
    assert isinstance(without_query(text), str)


def test_a_name_is_judged_by_all_that_it_resolves_to():
    hosts = {
        "good.example": ("93.184.215.14", "2606:2800:21f::1"),
        "rebind.example": ("93.184.215.14", "127.0.0.1"),
        "inner.example": ("fd00::1%eth0",),
    }
    rule = LinkRule(look_up=lambda host, _: hosts[host])
    assert resolve_host("GOOD.example.", 443, rule) == hosts["good.example"]
    for host in ("rebind.example", "inner.example"):
        with pytest.raises(RefusedLinkError, match="private address") as caught:
            resolve_host(host, 443, rule)
        assert "imagery.allowed_private_hosts" in caught.value.remedy
        allowed = LinkRule(frozenset({host}), rule.look_up)
        assert resolve_host(host, 443, allowed) == hosts[host]


def test_a_literal_address_is_never_looked_up():
    def fail(*_):
        raise AssertionError

    rule = LinkRule(look_up=fail)
    assert resolve_host("93.184.215.14", 80, rule) == ("93.184.215.14",)
    with pytest.raises(RefusedLinkError):
        resolve_host("0x7f.1", 80, rule)


def test_the_systems_resolver_gives_addresses():
    assert "127.0.0.1" in look_up_addresses("127.0.0.1", 80)
    with pytest.raises(socket.gaierror):
        look_up_addresses("nothing.invalid", 80)


def test_an_address_is_shown_without_what_is_secret():
    signed = "https://u:p@store.example/c/x.tif?sig=abc#f"
    assert without_query(signed) == "https://store.example/c/x.tif"
    with pytest.raises(RefusedLinkError) as caught:
        check_link(signed, Origin.REMOTE, RULE)
    assert "sig" not in str(caught.value)
    assert "u:p" not in str(caught.value)


@pytest.mark.parametrize("href", ["https://a/b", "http://a", "s3://b/k"])
def test_documents_on_servers_are_known_by_their_scheme(href):
    assert origin_of(href) is Origin.REMOTE
    assert origin_of("/a/b.json") is origin_of("file:///a") is Origin.LOCAL
    assert find_address_refusal(ip_address("8.8.8.8")) is None
