"""Pulling: bytes are kept as they came, asked for once, and a failure costs freshness alone."""

import json
import time
from datetime import timedelta
from hashlib import sha256

import pytest

from tests.weather.feeds.conftest import MARKS, OneProduct
from weather.feeds.evidence import PULLS, Outcome, find_freshness
from weather.feeds.feed import Wanted

OTHER = MARKS + "2,34.6,-77.8,1\n"


def versioned(content, etag):
    """A page that answers 304 to who has its version."""

    def page(request):
        if request.headers.get("If-None-Match") == etag:
            return (304, {"ETag": etag}, b"")
        return (200, {"ETag": etag}, content)

    return page


def test_what_came_is_kept_with_its_digest_and_time(web, puller, evidence, clock):
    web.pages["/m"] = MARKS
    (pull,) = puller.pull([OneProduct(f"{web.url}/m")])
    assert (pull.outcome, pull.asked_at_utc) == (Outcome.NEW, clock.at)
    assert pull.sha256 == sha256(MARKS.encode()).hexdigest()
    assert evidence.read_kept(pull.sha256) == MARKS.encode()
    assert evidence.path("marks", "marks.csv").read_text() == MARKS


def test_a_version_that_is_here_is_not_sent_again(web, puller):
    web.pages["/m"] = versioned(MARKS, '"v1"')
    feed = OneProduct(f"{web.url}/m")
    outcomes = [puller.pull([feed])[0].outcome for _ in range(3)]
    assert outcomes == [Outcome.NEW, Outcome.UNCHANGED, Outcome.UNCHANGED]


def test_a_server_without_versions_is_told_by_the_bytes(web, puller):
    web.pages["/m"] = MARKS
    feed = OneProduct(f"{web.url}/m")
    assert [puller.pull([feed])[0].outcome for _ in range(2)] == [Outcome.NEW, Outcome.UNCHANGED]


def test_a_product_that_changes_keeps_both_versions(web, puller, evidence):
    feed = OneProduct(f"{web.url}/m")
    web.pages["/m"] = versioned(MARKS, '"v1"')
    (first,) = puller.pull([feed])
    web.pages["/m"] = versioned(OTHER, '"v2"')
    (second,) = puller.pull([feed])
    assert second.outcome is Outcome.NEW
    assert [evidence.read_kept(each.sha256).decode() for each in (first, second)] == [MARKS, OTHER]
    assert evidence.path("marks", "marks.csv").read_text() == OTHER


def test_a_file_that_someone_removed_is_fetched_whole(web, puller, evidence):
    web.pages["/m"] = versioned(MARKS, '"v1"')
    feed = OneProduct(f"{web.url}/m")
    puller.pull([feed])
    evidence.path("marks", "marks.csv").unlink()
    puller.pull([feed])
    assert evidence.path("marks", "marks.csv").read_text() == MARKS


def test_a_busy_server_is_asked_again_after_the_pause_that_it_wants(web, puller, clock):
    answers = iter([(429, {"Retry-After": "7"}, b""), (503, {}, b""), (200, {}, MARKS)])
    web.pages["/m"] = lambda _: next(answers)
    (pull,) = puller.pull([OneProduct(f"{web.url}/m")])
    assert pull.outcome is Outcome.NEW
    assert clock.slept_s == [7.0, 2.0]


def test_a_server_that_wants_peace_for_an_hour_is_left_alone(web, puller, clock):
    web.pages["/m"] = lambda _: (429, {"Retry-After": "3600"}, b"")
    (pull,) = puller.pull([OneProduct(f"{web.url}/m")])
    assert (pull.outcome, pull.problem) == (Outcome.FAILED, "the server answers 429")
    assert len(web.asked) == 1
    assert clock.slept_s == []


def stall(request):
    request.send_response(200)
    request.send_header("Content-Length", "1000")
    request.end_headers()
    request.wfile.write(b"hwm")
    request.wfile.flush()
    time.sleep(1)


def cut(request):
    request.send_response(200)
    request.send_header("Content-Length", "1000")
    request.end_headers()
    request.wfile.write(b"hwm_id,latitude")
    request.close_connection = True


@pytest.mark.parametrize("fault", [stall, cut], ids=["stall", "cut"])
def test_half_an_answer_is_none(web, puller, evidence, fault):
    web.pages["/m"] = fault
    (pull,) = puller.pull([OneProduct(f"{web.url}/m")])
    assert pull.outcome is Outcome.FAILED
    assert pull.problem.startswith("no answer")
    assert len(web.asked) == 3
    assert not evidence.path("marks", "marks.csv").exists()


def test_what_cannot_be_read_is_kept_and_the_version_before_stays_in_use(web, puller, evidence):
    feed = OneProduct(f"{web.url}/m")
    web.pages["/m"] = versioned(MARKS, '"v1"')
    puller.pull([feed])
    web.pages["/m"] = versioned("<html>maintenance</html>", '"v2"')
    (pull,) = puller.pull([feed])
    assert pull.outcome is Outcome.UNREADABLE
    assert pull.problem
    assert evidence.path("marks", "marks.csv").read_text() == MARKS
    assert evidence.read_kept(sha256(b"<html>maintenance</html>").hexdigest())


def test_six_hours_of_failure_cost_freshness_and_nothing_else(web, puller, evidence, clock):
    feed = OneProduct(f"{web.url}/m")
    web.pages["/m"] = MARKS
    puller.pull([feed])
    web.pages["/m"] = lambda _: (500, {}, b"")
    for _ in range(6):
        clock.go(hours=1)
        puller.pull([feed])
    (fresh,) = find_freshness(evidence.read_pulls())
    assert fresh.age(clock.at) == timedelta(hours=6)
    assert fresh.pull.outcome is Outcome.FAILED
    assert evidence.path("marks", "marks.csv").read_text() == MARKS
    web.pages["/m"] = OTHER
    assert puller.pull([feed])[0].outcome is Outcome.NEW
    assert find_freshness(evidence.read_pulls())[0].age(clock.at) == timedelta(0)


def test_one_service_that_fails_keeps_none_of_the_others(web, puller):
    web.pages["/b"] = MARKS
    pulls = puller.pull(
        [OneProduct(f"{web.url}/a", name="a"), OneProduct(f"{web.url}/b", name="b")]
    )
    assert [pull.outcome for pull in pulls] == [Outcome.FAILED, Outcome.NEW]


def test_a_product_that_need_not_be_there_is_absent_and_known(web, puller, evidence, clock):
    (pull,) = puller.pull([OneProduct(f"{web.url}/none", may_be_absent=True)])
    assert (pull.outcome, pull.problem) == (Outcome.ABSENT, "")
    assert find_freshness(evidence.read_pulls())[0].known_at_utc == clock.at


def test_a_key_is_told_nowhere(web, puller, evidence):
    web.pages["/key-123/m"] = lambda _: (403, {}, b"")
    (pull,) = puller.pull([OneProduct(f"{web.url}/key-123/m", secret="key-123")])  # noqa: S106
    assert pull.url == f"{web.url}/***/m"
    assert "key-123" not in (evidence.folder / PULLS).read_text()


def test_servers_are_told_who_asks(web, puller):
    agents = []

    def page(request):
        agents.append(request.headers["User-Agent"])
        return (200, {}, MARKS)

    web.pages["/m"] = page
    puller.pull([OneProduct(f"{web.url}/m")])
    assert agents[0].startswith("firstnotice (")


def test_an_answer_leads_on_and_never_in_circles(web, puller):
    class Leading(OneProduct):
        def first(self):
            return (Wanted("list", f"{self.url}/list"),)

        def follow(self, wanted, content):
            return (Wanted("list", wanted.url), Wanted("marks.csv", f"{self.url}/m", self.kind))

    web.pages |= {"/list": "x", "/m": MARKS}
    pulls = puller.pull([Leading(web.url)])
    assert [(pull.name, pull.outcome) for pull in pulls] == [
        ("list", Outcome.NEW), ("marks.csv", Outcome.NEW),
    ]  # fmt: skip


def test_a_line_that_a_killed_process_left_half_written_is_none(web, puller, evidence):
    web.pages["/m"] = MARKS
    puller.pull([OneProduct(f"{web.url}/m")])
    with (evidence.folder / PULLS).open("a") as file:
        file.write(json.dumps({"feed": "marks"})[:8])
    assert len(evidence.read_pulls()) == 1


def test_what_was_asked_later_was_not_known_then(web, puller, evidence, clock):
    web.pages["/m"] = MARKS
    puller.pull([OneProduct(f"{web.url}/m")])
    asked_first = clock.at
    clock.go(hours=1)
    puller.pull([OneProduct(f"{web.url}/m")])
    assert len(evidence.read_pulls(asked_first)) == 1
