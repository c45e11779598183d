"""A pack as files: made anew bit for bit, two pages whatever is in it, and any change shows."""

import json

import pypdfium2
import pytest

from claims.evidence.insured import share_with_insured
from claims.evidence.pack import build_pack
from claims.evidence.packing import MANIFEST_FILE, PACK_FILE, SHEET_FILE, find_changed, pack_files
from core.provenance import sha256_of_bytes


def _read(pdf):
    document = pypdfium2.PdfDocument(pdf)
    try:
        pages = [page.get_textpage().get_text_bounded() for page in document]
    finally:
        document.close()
    return pages


@pytest.fixture(scope="module")
def made(sources_of):
    sources = sources_of()
    return pack_files(build_pack(sources), sources.pictures)


def test_the_sheet_has_two_pages_that_say_what_was_seen_and_what_stands_behind_it(made):
    first, second = _read(made[SHEET_FILE])
    for words in ("Tier T4, destroyed", "2018-10-11 16:30 UTC", "CC0-1.0", "P0000", "1 Sample St",
                  "of 100 homes with such a score about 97", "never the sole basis"):  # fmt: skip
        assert words in " ".join(first.split()), words
    for words in ("148 mph", "Peril covered", "adj-7 (adjuster): looked at the roof", "2026-10-19",
                  "ab" * 32, "storms, licence CC-BY-NC-SA-4.0"):  # fmt: skip
        assert words in " ".join(second.split()), words
    assert sha256_of_bytes(made[PACK_FILE]) in first


def test_files_are_made_anew_bit_for_bit(made, sources_of):
    sources = sources_of()
    assert pack_files(build_pack(sources), sources.pictures) == made
    assert find_changed(made) == ()


def test_the_manifest_holds_the_digest_of_every_file(made):
    told = json.loads(made[MANIFEST_FILE])["sha256"]
    assert told == {
        name: sha256_of_bytes(content) for name, content in made.items() if name != MANIFEST_FILE
    }


def _forge(made, name, content):
    """A file changed together with its digest."""
    manifest = json.loads(made[MANIFEST_FILE])
    manifest["sha256"][name] = sha256_of_bytes(content)
    return made | {name: content, MANIFEST_FILE: json.dumps(manifest).encode()}


def test_any_change_shows(made):
    pdf, text = made[SHEET_FILE], made[PACK_FILE]
    assert find_changed(made | {SHEET_FILE: pdf + b" "}) == ("evidence.pdf was changed",)
    assert find_changed({n: c for n, c in made.items() if n != SHEET_FILE}) == (
        "evidence.pdf is gone",
    )
    gone = {n: c for n, c in made.items() if n != MANIFEST_FILE}
    assert "manifest.json" in find_changed(gone)[0]
    assert "evidence.json" in find_changed(made | {PACK_FILE: b"{"})[0]
    forged = text.replace(b'"p_severe": 0.95', b'"p_severe": 0.15')
    assert forged != text
    assert "evidence.pdf is not what it is made from" in find_changed(
        _forge(made, PACK_FILE, forged)
    )
    other = _forge(made, "pictures/after.jpg", made["pictures/before.jpg"])
    assert "evidence.pdf is not what it is made from" in find_changed(other)


@pytest.mark.parametrize(
    "name",
    [
        "<b>bold</b> & <font size=99>big</font>", "x" * 100_000, "=cmd|' /C calc'!A0",
        "Nguyễn Thị Ánh, Łukasz Žižek, Ελένη, Юлия", "line\nbreak\x00\x07 tab\t", "山田太郎", "",
    ],
    ids=["markup", "long", "formula", "letters", "control", "kanji", "empty"],
)  # fmt: skip
def test_whatever_a_book_holds_there_are_two_pages(sources_of, name):
    sources = sources_of({"policy_number": name or "P"}, contact={"insured_name": name})
    pack = build_pack(sources)
    pack["event"]["name"] = name
    for each in (pack, share_with_insured(pack)):
        assert len(_read(pack_files(each, sources.pictures)[SHEET_FILE])) == 2


def test_letters_of_many_languages_can_be_read(sources_of):
    sources = sources_of(contact={"insured_name": "Nguyễn Thị Ánh, Łukasz Žižek, Юлия"})
    first, _ = _read(pack_files(build_pack(sources), {})[SHEET_FILE])
    assert "Nguyễn Thị Ánh, Łukasz Žižek, Юлия" in first


def test_much_to_say_is_set_smaller_and_stays_two_pages(sources_of):
    many = ";".join(f"rule_of_some_length_{number}" for number in range(60))
    sources = sources_of(
        {"coverage_reasons": many, "evidence": "a change; " * 300},
        hazard_rows=[sources_of().hazard_rows[0]] * 40,
    )
    first, second = _read(pack_files(build_pack(sources), sources.pictures)[SHEET_FILE])
    assert "never the sole basis" in first
    assert "48 more in evidence.json" in second
    assert "never the sole basis" in second


def test_a_pack_without_pictures_says_so(sources_of):
    sources = sources_of(pictures={})
    first, _ = _read(pack_files(build_pack(sources), {})[SHEET_FILE])
    assert "no picture of the home" in first
