"""A draft says what speaks against it."""

from claims.drafts.evidence import name_doubts


def doubts(findings_of, **change):
    (row,) = findings_of(change).to_dict("records")
    return " ".join(name_doubts(row))


def test_a_sure_home_has_no_doubts(findings_of):
    assert doubts(findings_of, p_severe=1.0) == ""


def test_each_doubt_is_said(findings_of):
    said = doubts(
        findings_of,
        p_severe=0.85,
        prior_damage=0.2,
        match_method="nearest",
        match_distance_m=12.0,
        deductible_amount=None,
    )
    for words in ("15%", "20%", "12 m beside", "no deductible"):
        assert words in said
