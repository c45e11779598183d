"""What strangers, and people without the right, cannot do (OWASP's basics)."""

import json

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings

from core.errors import InputError
from tests.reports.conftest import HOSTILE_POLICY
from tests.web.conftest import BASE, EVENT, HOSTILE_NAME, PASSWORD, RUN
from web.people.rights import DeskRole
from web.people.sessions import COOKIE
from web.routes.login import keep_local

PAGES = ("/", f"/events/{EVENT}", f"/events/{EVENT}/review")
APIS = (
    "/api/events", f"{BASE}/homes", f"{BASE}/homes.csv", f"{BASE}/homes/0", f"{BASE}/hazards",
    f"{BASE}/find?home=x", f"{BASE}/tiles/0/0/0.mvt", f"{BASE}/pictures/after/0/0/0.webp",
    f"{BASE}/homes/0/after.jpg", f"{BASE}/review/next", f"{BASE}/review/after.jpg?building=x",
)  # fmt: skip
CHANGES = (f"{BASE}/homes/0/contact", f"{BASE}/review", f"{BASE}/review/undo")


def test_nobody_sees_anything_before_they_log_in(shared):
    visit = shared.visit()
    for page in PAGES:
        answer = visit.get(page)
        assert (answer.status_code, answer.headers["location"][:12]) == (303, "/login?after")
    assert {visit.get(path).status_code for path in APIS} == {401}
    assert {visit.post(path).status_code for path in CHANGES} <= {401, 403}


def test_every_route_but_log_in_and_assets_asks_who_it_is(shared):
    """A route that somebody adds and forgets to guard fails here."""
    visit = shared.visit()
    fill = {"event_id": EVENT, "run_id": RUN, "z": 0, "x": 0, "y": 0, "row": 0, "side": "after"}
    asked = 0
    for path, methods in shared.app.openapi()["paths"].items():
        if path in ("/login", "/logout"):
            continue
        for method in methods:
            address = path.format(**fill)
            answer = visit.client.request(method, address, json={}, follow_redirects=False)
            assert answer.status_code in (303, 401, 403), address
            asked += 1
    assert asked > 12


def test_a_viewer_looks_and_does_nothing_else(served):
    visit = served.visit("viewer-1")
    assert visit.get(f"/events/{EVENT}").status_code == 200
    assert visit.get(f"{BASE}/homes/0").status_code == 200
    refused = [
        visit.get(f"/events/{EVENT}/review"), visit.get(f"{BASE}/review/next"),
        visit.post(f"{BASE}/review", {"building": "b", "tier": "T0"}),
        visit.post(f"{BASE}/homes/0/contact"),
    ]  # fmt: skip
    assert {answer.status_code for answer in refused} == {403}
    assert not served.views
    assert "Review homes" not in visit.get("/").text


def test_a_reviewer_sees_no_contact(served):
    visit = served.visit("reviewer-1")
    assert visit.post(f"{BASE}/homes/0/contact").status_code == 403
    assert not served.views


def test_each_look_at_a_contact_is_logged_and_masked(served):
    visit = served.visit("adjuster-1")
    said = visit.post(f"{BASE}/homes/0/contact").json()
    assert said["insured_name"]
    assert said["contact"] == ""
    (view,) = served.views
    assert (view.by, view.role, view.event_id) == ("adjuster-1", "adjuster", EVENT)
    assert view.masked == ("contact",)
    assert view.home == visit.get(f"{BASE}/homes/0").json()["home"]


def test_a_contact_that_cannot_be_logged_is_not_shown(serve):
    def refuse(_):
        raise InputError("logging", "the disk is full", "free some")

    visit = serve(log_view=refuse).visit("supervisor-1")
    answer = visit.post(f"{BASE}/homes/0/contact")
    assert answer.status_code == 500
    assert "insured_name" not in answer.text


def test_names_and_contacts_are_on_no_page(supervisor, world):
    names = set(world.contacts["insured_name"].dropna()) | set(world.contacts["email"].dropna())
    for path in (*PAGES, *APIS):
        text = supervisor.get(path).text
        assert not [name for name in names if name in text], path


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-CSRF-Token": "forged"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
def test_another_site_changes_nothing(served, headers):
    visit = served.visit("adjuster-1")
    token = {} if not headers or "X-CSRF-Token" in headers else {"X-CSRF-Token": visit.csrf}
    for path in CHANGES:
        assert visit.post(path, {"building": "b", "tier": "T0"}, token | headers).status_code == 403
    assert not served.views


def test_nobody_is_logged_in_by_a_form_of_another_site(shared):
    visit = shared.visit()
    form = {"csrf": "", "name": "viewer-1", "password": PASSWORD}
    assert visit.client.post("/login", data=form).status_code == 403


def test_a_session_prepared_by_a_stranger_is_worth_nothing(served):
    stranger, victim = served.visit(), served.visit()
    stranger.get("/login")
    planted = stranger.client.cookies[COOKIE]
    victim.client.cookies.set(COOKIE, planted, domain="127.0.0.1", path="/")
    victim.log_in("adjuster-1")
    assert planted not in [cookie.value for cookie in victim.client.cookies.jar]
    assert stranger.get("/").status_code == 303


def test_a_cookie_is_http_only_same_site_and_secure_behind_https(serve):
    set_cookie = serve(is_https=True).visit().get("/login").headers["set-cookie"].lower()
    assert all(word in set_cookie for word in ("httponly", "samesite=strict", "secure"))


@pytest.mark.parametrize("cookie", ["", "x", "InZpZXdlci0xIg.forged", "../../etc/passwd"])
def test_a_forged_cookie_is_nobody_s(shared, cookie):
    visit = shared.visit()
    visit.client.cookies.set(COOKIE, cookie)
    assert visit.get("/").status_code == 303


def test_sessions_end_by_log_out_idleness_and_removal(served):
    visit = served.visit("viewer-1")
    kept = visit.client.cookies[COOKIE]
    visit.client.post("/logout", data={"csrf": visit.csrf}, follow_redirects=False)
    visit.client.cookies.set(COOKIE, kept)
    assert visit.get("/").status_code == 303
    idle = served.visit("viewer-1")
    served.clock.turn(minutes=61)
    assert idle.get("/").status_code == 303
    removed = served.visit("viewer-1")
    served.users.remove("viewer-1")
    assert removed.get("/").status_code == 303


def test_a_role_that_is_taken_away_is_gone_at_once(served):
    visit = served.visit("reviewer-1")
    assert visit.get(f"{BASE}/review/next").status_code == 200
    served.users.put("reviewer-1", DeskRole.VIEWER, PASSWORD)
    assert visit.get(f"{BASE}/review/next").status_code == 403


def test_guessing_is_slowed_and_tells_nothing(served):
    visit = served.visit()
    said = {visit.log_in(name, "wrong password!").text for name in ("viewer-1", "nobody")}
    assert all("Name or password is wrong" in text for text in said)
    for _ in range(8):
        visit.log_in("viewer-1", "wrong password!")
    assert visit.log_in("viewer-1").status_code == 429
    served.clock.turn(minutes=11)
    assert visit.log_in("viewer-1").status_code == 303


@pytest.mark.parametrize(
    "path",
    [
        "/api/events/..%2f..%2fetc/x/homes", f"/api/events/{EVENT}/..%2f../homes",
        f"/api/events/{EVENT}/../../../etc/passwd", f"/api/events/{EVENT}/latest/homes",
        f"/api/events/.web/{RUN}/homes", f"/api/events/{EVENT}/reviews/homes",
        f"{BASE}/tiles/0/0/..%2f..%2f..%2frun.json", f"{BASE}/tiles/-1/0/0.mvt",
        f"{BASE}/tiles/3/8/0.mvt", f"{BASE}/tiles/99999999999999999999/0/0.mvt",
        f"{BASE}/pictures/..%2fafter/0/0/0.webp", f"{BASE}/pictures/during/0/0/0.webp",
        f"{BASE}/homes/120", f"{BASE}/homes/-1", f"{BASE}/homes/1e9", f"{BASE}/homes/0/run.json",
        f"{BASE}/find?home=inc-000000000000000000000000", f"{BASE}/find?home=home~1~2~3~4",
        f"{BASE}/review/after.jpg?building=..%2f..%2fetc", f"/events/{EVENT}%00",
        "/assets/..%2f..%2fapp.py", "/assets/../../pyproject.toml", "/assets/%2e%2e/app.py",
    ],
)  # fmt: skip
def test_forged_names_and_ways_out_of_the_folder_find_nothing(shared, supervisor, path):
    answer = supervisor.get(path)
    assert answer.status_code in (404, 422), answer.text
    assert "root:" not in answer.text
    assert str(shared.out) not in answer.text


def test_no_request_names_an_address_that_the_server_would_open(shared):
    """Nothing to forge a request with: scenes are the run's own, found by side and tile."""
    names = {
        parameter["name"]
        for methods in shared.app.openapi()["paths"].values()
        for each in methods.values()
        for parameter in each.get("parameters", ())
    }
    assert not names & {"href", "url", "uri", "file", "path", "scene", "scene_id"}


def test_stored_texts_are_only_text(supervisor):
    for page in PAGES:
        text = supervisor.get(page).text
        assert "<script>window.hacked" not in text
        assert HOSTILE_POLICY not in text
    told = supervisor.get(f"/events/{EVENT}").text.split('type="application/json">')[1]
    assert json.loads(told.split("</script>")[0])["name"] == HOSTILE_NAME
    found = supervisor.get(f"{BASE}/homes", params={"q": HOSTILE_POLICY}).json()
    assert [home["policy_number"] for home in found["homes"]] == [HOSTILE_POLICY]


def test_pages_load_nothing_from_elsewhere_and_run_no_script_of_theirs(served):
    answer = served.visit("viewer-1").get(f"/events/{EVENT}")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_another_host_name_is_refused(shared):
    """A page elsewhere whose name is made to point here (DNS rebinding) gets nothing."""
    assert shared.visit().get("/login", headers={"Host": "evil.example"}).status_code == 400


def test_too_much_is_refused(served):
    visit = served.visit("reviewer-1")
    assert visit.post(f"{BASE}/review", {"building": "b" * 70_000}).status_code == 413


@pytest.mark.parametrize(
    "address",
    ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/a\nb"],
)
def test_log_in_leads_nowhere_else(shared, address):
    assert keep_local(address) == "/"
    assert shared.visit().log_in("viewer-1", after=address).headers["location"] == "/"


def test_log_in_leads_back_to_the_home_that_was_asked_for(shared):
    visit = shared.visit()
    way = visit.get(f"/events/{EVENT}?home=inc-1").headers["location"]
    page = visit.client.get(way).text
    assert f'name="after" value="/events/{EVENT}?home=inc-1"' in page


def test_the_api_keeps_its_word_whatever_is_sent(served):
    """schemathesis: whatever the schema allows, no answer is an error of the server's."""
    visit = served.visit("supervisor-1")
    schema = schemathesis.openapi.from_dict(served.app.openapi())
    operations = [result.ok() for result in schema.get_all_operations()]
    tried = [each for each in operations if each.path.startswith(("/api", "/events"))]
    assert len(tried) > 10
    for operation in tried:
        _send_any(visit, operation)


def _send_any(visit, operation):
    @settings(
        max_examples=3, deadline=None, database=None, derandomize=True,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy())
    def send(case):
        body = case.body if isinstance(case.body, dict) else None
        query = {name: str(value) for name, value in dict(case.query or {}).items()}
        address = case.formatted_path
        for place in ((EVENT, RUN), (None, None)):  # of this event, and of any
            if place[0]:
                known = dict(case.path_parameters or {}) | {"event_id": EVENT, "run_id": RUN}
                address = operation.path.format(**known)
            answer = visit.client.request(
                case.method, address, params=query, json=body, follow_redirects=False,
                headers={"X-CSRF-Token": visit.csrf},
            )  # fmt: skip
            assert answer.status_code < 500, (address, answer.text)

    send()
