import dataclasses

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InputError
from core.schemas.book import LOCATION_KEY
from reports.lists.changes import DEPARTED_REASON, SEVERE_STEP
from reports.lists.columns import COLUMN_NAMES, KIND_DTYPES, LIST_COLUMNS, TEXT_COLUMNS
from reports.lists.daily_list import build_daily_list
from reports.lists.files import defuse_formulas, write_list_csv
from reports.lists.next_action import ADDRESS_STATUSES
from reports.lists.ranking import rank_findings


def list_of(world, previous=None, **changes):
    world = dataclasses.replace(world, **changes)
    return build_daily_list(
        world.findings, world.locations, world.contacts, world.context, previous
    )


def edited(table, place, **values):
    """The list with some cells of the row at ``place`` changed."""
    table = table.copy()
    for name, value in values.items():
        table.loc[place, name] = value
    return table


@pytest.fixture(scope="module")
def first(world):
    return list_of(world)


def flag_against(world, first, place=0, **before):
    """Change flag of the row at ``place`` when the previous list said ``before`` of it."""
    table = list_of(world, edited(first, place, **before))
    key = first.loc[place, ["policy_no", "loc_no"]]
    row = table[(table["policy_no"] == key.policy_no) & (table["loc_no"] == key.loc_no)]
    assert len(row) == 1
    return row["change_flag"].item()


def test_every_finding_is_listed_once_with_typed_columns(world, first):
    assert list(first.columns) == list(COLUMN_NAMES)
    listed = set(zip(first["policy_no"], first["loc_no"], strict=True))
    keys = world.findings[["policy_number", "location_number"]].itertuples(index=False, name=None)
    assert len(first) == len(world.findings)
    assert listed == set(keys)
    for column in LIST_COLUMNS:
        assert first[column.name].dtype == KIND_DTYPES[column.kind], column.name
    assert first["rank"].tolist() == list(range(1, len(first) + 1))
    assert set(first["change_flag"]) == {"new"}


def test_order_is_steps_first_then_expected_severe_loss(first):
    has_step = first["decision"] != "none"
    assert has_step.is_monotonic_decreasing
    for rows in (first[has_step], first[~has_step]):
        median = first.loc[first["building_tiv"] > 0, "building_tiv"].median()
        above = (rows["building_tiv"] - rows["deductible_amt"].fillna(0)).clip(lower=0)
        loss = rows["p_severe"] * above.where(rows["building_tiv"] > 0, median)
        plain = ~rows["status_reason"].str.contains("looks_changed")
        assert (loss[plain].diff().dropna() <= 50).all()  # chances are listed to 1 in 10,000
        told = rows["building_tiv"] > 0
        assert np.allclose(rows.loc[told, "severe_loss"], loss[told], rtol=1e-3, atol=50)
    assert first.loc[first["building_tiv"] == 0, "severe_loss"].isna().all()


def test_the_place_by_severity_alone_stands_beside_the_rank(first):
    by_severity = first.sort_values("severity_rank")
    assert sorted(first["severity_rank"]) == list(range(1, len(first) + 1))
    assert by_severity["p_severe"].is_monotonic_decreasing
    assert (first["severity_rank"] != first["rank"]).any()


def test_homes_not_seen_are_ranked_by_hazard_alone(world, first):
    unseen = first[first["status"] != "graded"].sort_values("hazard_rank")
    assert unseen["hazard_rank"].tolist() == list(range(1, len(unseen) + 1))
    assert first.loc[first["status"] == "graded", "hazard_rank"].isna().all()
    prior = world.findings.set_index("policy_number")["prior_damage"]
    assert prior[unseen["policy_no"].tolist()].is_monotonic_decreasing


def test_a_shuffled_book_gives_the_same_list(world, first):
    rng = np.random.default_rng(3)
    shuffled = {
        name: getattr(world, name).iloc[rng.permutation(len(world.findings))]
        for name in ("findings", "locations", "contacts")
    }
    pd.testing.assert_frame_equal(list_of(world, **shuffled), first)


def test_values_by_construction(world, first):
    row = first[first["policy_no"] == "000123"].iloc[0]
    source = world.findings[world.findings["policy_number"] == "000123"].iloc[0]
    assert row["gust_mph"] == round(source["gust_mps"] * 2.2369362920544, 1)
    assert (row["lon"], row["lat"]) == (round(source.geometry.x, 6), round(source.geometry.y, 6))
    assert row["post_date"] == pd.Timestamp("2018-10-11")
    assert row["days_since_event"] == 1
    assert (row["cat_code"], row["list_version"]) == ("CAT-77", 1)


@pytest.mark.parametrize(
    ("source", "loss", "above"),
    [
        (("T3", 100_000.0, 5_000.0), 37_500.0, "y"),
        (("T1", 100_000.0, 5_000.0), 5_000.0, "n"),
        (("T3", 0.0, 5_000.0), None, "?"),
        (("T3", 100_000.0, np.nan), 37_500.0, "?"),
        (("T0", 0.0, np.nan), 0.0, "n"),
        (("U", 100_000.0, 5_000.0), None, "?"),
    ],
)
def test_loss_is_compared_with_the_deductible_only_where_both_are_known(world, source, loss, above):
    tier, value, deductible = source
    findings = world.findings.iloc[[5]].assign(
        tier=tier, building_tiv=value, deductible_amount=deductible
    )
    row = list_of(world, findings=findings).iloc[0]
    assert row["est_above_deductible"] == above
    assert (pd.isna(row["est_loss"]) and loss is None) or row["est_loss"] == loss


def test_ties_fall_to_the_key(world):
    same = world.findings.iloc[:4].assign(
        decision="none", p_damage=0.1, p_severe=0.0, building_tiv=1.0
    )
    assert rank_findings(same)["policy_number"].is_monotonic_increasing


def test_same_list_again_is_all_same(world, first):
    again = list_of(world, first)
    assert set(again["change_flag"]) == {"unchanged"}
    assert (again["previous_tier"] == again["tier"]).all()


@pytest.mark.parametrize(
    ("before", "flag"),
    [
        ({"tier": "T2"}, "upgraded"),
        ({"tier": "U", "p_severe": 0.1}, "upgraded"),
        ({"tier": "U", "p_severe": 0.999}, "downgraded"),
        ({"decision": "none"}, "upgraded"),
        ({"p_severe": 0.5}, "upgraded"),
    ],
)
def test_change_flags_of_the_worst_row(world, first, before, flag):
    worst = first.index[first["p_severe"].between(0.75, 0.94)][0]
    assert flag_against(world, first, worst, **before) == flag


def test_a_tier_lower_than_before_is_down(world, first):
    place = first.index[(first["tier"] == "T1") & (first["decision"] != "none")][0]
    assert flag_against(world, first, place, tier="T3") == "downgraded"


def test_noise_below_the_step_is_same(world, first):
    chance = first.loc[0, "p_severe"]
    assert flag_against(world, first, p_severe=chance - SEVERE_STEP + 0.002) == "unchanged"
    assert flag_against(world, first, p_severe=chance - SEVERE_STEP - 0.002) == "upgraded"


@pytest.mark.parametrize("decision", ["open_draft", "review", "outreach"])
def test_a_step_that_is_gone_is_cleared_and_ranks_behind_the_steps(world, first, decision):
    is_seen = (first["decision"] == "none") & (first["status"] == "graded")
    place = first.index[is_seen & (first["coverage_result"] != "fail")][-1]
    table = list_of(world, edited(first, place, decision=decision, tier="T3"))
    row = table[table["change_flag"] == "cleared"]
    assert row["change_reason"].str.startswith("no step now: ").all()
    assert row["policy_no"].tolist() == [first.loc[place, "policy_no"]]
    assert row["previous_tier"].item() == "T3"
    assert row["rank"].item() == (table["decision"] != "none").sum() + 1
    assert "a person confirms" in row["next_action"].item()


def test_a_location_that_left_the_path_is_carried_over_once(world, first):
    gone = first.iloc[0]
    findings = world.findings[world.findings["policy_number"] != gone.policy_no]
    table = list_of(world, first, findings=findings)
    row = table[table["policy_no"] == gone.policy_no].iloc[0]
    assert len(table) == len(first)
    assert (row["change_flag"], row["decision"]) == ("withdrawn", "none")
    assert row["change_reason"] == "not in the path or the book any more"
    assert (row["decision_reasons"], row["incident_id"]) == (DEPARTED_REASON, gone.incident_id)
    assert gone.incident_id in row["next_action"]
    third = list_of(world, table, findings=findings)
    assert gone.policy_no not in set(third["policy_no"])


def test_a_home_under_another_number_is_one_row_and_is_not_told_to_be_withdrawn(world, first):
    old = first.iloc[0]
    findings = world.findings.copy()
    is_home = findings["policy_number"] == old.policy_no
    reasons = f"known_under_other_number;known_as:{old.policy_no}/1;severe_damage"
    renamed = {"policy_number": "NEW-1", "decision": "review", "decision_reasons": reasons}
    for name, value in renamed.items():
        findings.loc[is_home, name] = value
    locations = world.locations.copy()
    locations.loc[locations["policy_number"] == old.policy_no, "policy_number"] = "NEW-1"
    table = list_of(world, first, findings=findings, locations=locations)
    assert len(table) == len(first)
    row = table[table["policy_no"] == "NEW-1"].iloc[0]
    assert row["incident_id"] == old.incident_id
    assert row["next_action"] == (
        f"Known under another number: join it with {old.incident_id}, no second claim"
    )


def test_a_new_location_is_new(world, first):
    table = list_of(world, first.iloc[1:])
    assert table.loc[table["change_flag"] == "new", "policy_no"].tolist() == [first.policy_no[0]]


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (lambda t: t.assign(event_id="ian-2022"), "it lists event 'ian-2022'"),
        (lambda t: t.drop(columns="p_severe"), "it has no column 'p_severe'"),
        (lambda t: pd.concat([t, t.head(1)]), "twice"),
    ],
)
def test_a_wrong_previous_list_is_refused(world, first, spoil, problem):
    with pytest.raises(InputError, match=problem):
        list_of(world, spoil(first))


def test_a_finding_outside_the_book_is_refused(world):
    with pytest.raises(InputError, match="1 of 300 findings are not in the book"):
        list_of(world, locations=world.locations.iloc[1:])


def test_a_location_without_contacts_stays(world):
    table = list_of(world, contacts=world.contacts.iloc[:0])
    assert len(table) == len(world.findings)
    assert table["insured_name"].isna().all()
    outreach = table[table["decision"] == "outreach"]
    said = outreach["next_action"]
    is_unplaced = outreach["status"].isin(ADDRESS_STATUSES)
    assert said.str.startswith("Ask through the agent: no consent on file").all()
    assert said.str.contains("address").tolist() == is_unplaced.tolist()


def test_consent_rules_outreach(first):
    outreach = first[first["decision"] == "outreach"]
    asked = outreach["next_action"].str.startswith("Ask the insured by ")
    assert (asked == (outreach["consent"] == "yes")).all()


def test_not_seen_is_never_told_as_no_damage(first):
    unseen = first[(first["status"] != "graded") & (first["decision"] == "none")]
    assert not unseen["next_action"].str.contains("No step").any()


def test_no_findings_no_rows(empty_world, first):
    table = list_of(empty_world)
    assert table.empty
    pd.testing.assert_series_equal(table.dtypes, first.dtypes)
    assert list_of(empty_world, table).empty
    departed = list_of(empty_world, first)
    assert set(departed["change_flag"]) == {"withdrawn"}


def test_one_row_without_any_picture(world):
    lone = world.findings[world.findings["status"] == "no_imagery"].iloc[[0]]
    row = list_of(world, findings=gpd.GeoDataFrame(lone)).iloc[0]
    assert pd.isna(row["post_date"])
    assert pd.isna(row["days_since_event"])


def read_back(path):
    """Every cell as it stands in the file."""
    return pd.read_csv(path, dtype="str", keep_default_na=False)


def test_the_csv_holds_each_cell_as_it_is(first, tmp_path):
    path = tmp_path / "daily_list.csv"
    write_list_csv(first, path)
    read = read_back(path)
    assert list(read) == list(first)
    for name in TEXT_COLUMNS:
        assert read[name].tolist() == defuse_formulas(first[name]).fillna("").tolist()
    chances = pd.to_numeric(read["p_severe"])
    assert chances.tolist() == first["p_severe"].tolist()
    days = first["post_date"].dt.strftime("%Y-%m-%d").fillna("")
    assert read["post_date"].tolist() == days.tolist()
    assert not path.read_bytes().startswith(b"\xef\xbb\xbf")
    text = path.read_text(encoding="utf-8")
    assert '"000123"' in text
    assert "\"'=HYPERLINK" in text
    assert "nan" not in text.lower().replace("finan", "")


def test_the_csv_of_nothing_has_its_header(empty_world, tmp_path):
    table = list_of(empty_world)
    write_list_csv(table, tmp_path / "empty.csv")
    assert list(read_back(tmp_path / "empty.csv")) == list(table)


@pytest.mark.parametrize("name", ["NA", "None", "null", "nan"])
def test_a_person_may_be_called_like_a_missing_value(first, tmp_path, name):
    write_list_csv(edited(first, 0, insured_name=name), tmp_path / "list.csv")
    assert read_back(tmp_path / "list.csv").loc[0, "insured_name"] == name


TRICKY = st.text(alphabet="'=+-@\t\r\nab0 ", max_size=6)


@settings(max_examples=60, deadline=None)
@given(st.lists(TRICKY, min_size=1, max_size=20))
def test_defused_texts_never_start_a_formula_and_stay_apart(texts):
    given_texts = pd.Series(texts, dtype="str")
    safe = defuse_formulas(given_texts)
    assert not safe.str.startswith(("=", "+", "-", "@", "\t", "\r", "\n")).any()
    assert safe.nunique() == given_texts.nunique()
    assert all(now in {text, f"'{text}"} for text, now in zip(texts, safe, strict=True))


def test_missing_text_stays_missing():
    texts = pd.Series([None, "=1"], dtype="str")
    assert defuse_formulas(texts).isna().tolist() == [True, False]


def test_the_list_says_why_a_home_is_in_the_path_and_whether_wind_or_water(world, first):
    words = ["portfolio_no", "account_no", "policy_no", "loc_no"]
    keys = dict(zip(LOCATION_KEY, words, strict=True))
    told = ["hazard_reason", "wind_or_water", "hazards_in_words"]
    wanted = pd.DataFrame(world.findings)[[*LOCATION_KEY, *told]]
    listed = first.merge(wanted.rename(columns=keys), on=words, validate="one_to_one")
    assert len(listed) == len(world.findings)
    assert (listed["why_in_path"] == listed["hazard_reason"]).all()
    assert (listed["wind_or_water_x"] == listed["wind_or_water_y"]).all()
    assert (listed["hazards"] == listed["hazards_in_words"]).all()
    assert (listed["loss_date"] == pd.Timestamp("2018-10-10")).all()


def test_contact_is_what_the_channel_needs_and_only_with_consent(world):
    contacts = world.contacts.head(5).assign(
        preferred_channel=["email", "sms", "phone", "agent", None],
        phone=["+1 555 0100", "+1 555 0101", "+1 555 0102", "+1 555 0103", "+1 555 0104"],
        email=[f"a{n}@example.org" for n in range(5)],
        has_contact_consent=True,
    )
    refused = world.contacts.iloc[5:6].assign(phone="+1 555 0105", has_contact_consent=False)
    everyone = pd.concat([contacts, refused, world.contacts.iloc[6:]])
    table = build_daily_list(world.findings, world.locations, everyone, world.context)
    said = table.set_index(["policy_no", "loc_no"])["contact"]
    keys = [tuple(key) for key in everyone[["policy_number", "location_number"]].head(6).to_numpy()]
    assert [None if pd.isna(said[key]) else said[key] for key in keys] == [
        "a0@example.org", "+1 555 0101", "+1 555 0102", None, "+1 555 0104", None,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("before", "reason"),
    [
        ({"tier": "T1", "post_date": pd.Timestamp("2018-10-09")},
         "tier T1 to {}; another picture, of 2018-10-11"),
        ({"tier": "U", "p_severe": 0.1, "status": "obscured"},
         "tier U to {}; first picture that could be graded, of 2018-10-11"),
        ({"p_severe": 0.5}, "; the hazard, the homes around or the reviews say otherwise"),
        ({"decision": "none", "tier": "T2"}, "tier T2 to {}; a step now: "),
    ],
)  # fmt: skip
def test_each_change_says_what_moved_and_through_what(world, first, before, reason):
    acts = (first["decision"] != "none") & (first["status"] == "graded")
    place = first.index[acts & first["p_severe"].between(0.75, 0.94)][0]
    table = list_of(world, edited(first, place, **before))
    row = table[table["policy_no"] == first.loc[place, "policy_no"]].iloc[0]
    assert row["change_flag"] == "upgraded"
    assert reason.format(first.loc[place, "tier"]) in row["change_reason"]


@pytest.mark.parametrize(
    ("now", "flag"),
    [
        ({"status": "graded", "decision_reasons": "no_marked_damage"}, "cleared"),
        ({"status": "obscured", "decision_reasons": "not_assessed"}, "withdrawn"),
        ({"status": "graded", "decision_reasons": "claim_exists:C-1;noticed:2018-10-11"},
         "withdrawn"),
        ({"status": "obscured", "decision_reasons": "reviewed_no_damage"}, "cleared"),
        ({"status": "graded", "decision_reasons":
          "person_decided:WITHDRAWN_NO_DAMAGE;by:adj-7;on:2018-10-12;severe_damage"}, "cleared"),
        ({"status": "graded", "decision_reasons":
          "person_decided:CLAIM_OPEN;by:adj-7;on:2018-10-12"}, "withdrawn"),
    ],
)  # fmt: skip
def test_cleared_is_what_was_found_undamaged_and_nothing_else(world, first, now, flag):
    findings = world.findings.iloc[[0]].assign(decision="none", coverage_result="pass", **now)
    row = list_of(world, first, findings=findings).set_index("policy_no").iloc[0]
    assert row["change_flag"] == flag
    assert "adj-7" not in row["change_reason"]


def test_struck_homes_of_one_policy_name_each_other(world):
    rows = world.findings[world.findings["decision"] == "open_draft"].index[:3]
    policy = world.findings.loc[rows[0], ["portfolio_number", "account_number", "policy_number"]]
    findings, locations = world.findings.copy(), world.locations.copy()
    keys = world.findings.loc[rows, LOCATION_KEY]
    for row, key in zip(rows, keys.itertuples(index=False, name=None), strict=True):
        is_home = (world.locations[LOCATION_KEY] == list(key)).all(axis=1)
        for table, where in ((findings, row), (locations, is_home)):
            table.loc[where, list(policy.index)] = policy.to_list()
            table.loc[where, "location_number"] = f"L{row}"
    table = build_daily_list(findings, locations, world.contacts, world.context)
    said = table[table["loc_no"].str.startswith("L")].set_index("loc_no")["next_action"]
    assert len(said) == 3
    for home, words in said.items():
        told = words.partition("; struck too on this policy: location ")[2]
        assert told.endswith("; settle together")
        assert {each for each in said.index if each in told} == set(said.index) - {home}
    others = table.loc[~table["loc_no"].str.startswith("L"), "next_action"]
    assert not others.str.contains("struck too").any()
