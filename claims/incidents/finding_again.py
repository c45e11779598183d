"""Which incident an insured location has already. Pure."""

import pandas as pd

from core.schemas.book import LOCATION_KEY

PART_KEY = ["policy_number", "location_number"]
"""What incidents were known by before OED's whole key was kept."""

_DECIDED = [
    "decided_by", "decided_role", "decided_at_utc", "decided_scene", "decided_tier", "decided_kind",
]  # fmt: skip
_KNOWN = ["incident_id", "state", "steps", "tier", "decision", "post_scene_id", *_DECIDED]
_RENAMED = {
    "tier": "tier_before", "decision": "decision_before", "post_scene_id": "scene_before",
}  # fmt: skip


def find_incidents(rows: pd.DataFrame, current: pd.DataFrame) -> pd.DataFrame:
    """Rows of FINDINGS with what the ledger knows of their incidents beside them.

    An incident whose key is known in part is found by policy and location where these name one
    home of ``rows`` that has no incident under its whole key. Where they name several, the
    building of its last assessment decides; where that does not either, nobody has it.

    Args:
        rows: LOCATION_KEY, ``building_id`` and what else to keep; in their order.
        current: ``Ledger.current`` of their event.

    Returns:
        ``rows`` with ``incident_id, state, steps, tier_before, decision_before, scene_before`` and
        what a person decided (``decided_by`` and so on), missing where there is no incident, and
        ``is_in_part`` where the key is still to be completed.
    """
    rows = rows.drop(columns="incident_id", errors="ignore").reset_index(drop=True)
    known = current.rename(columns=_RENAMED)[
        [*LOCATION_KEY, "building_id", *(_RENAMED.get(name, name) for name in _KNOWN)]
    ]
    is_in_part = known["account_number"].isna()
    found = rows.merge(
        known[~is_in_part].drop(columns="building_id"), on=LOCATION_KEY, how="left"
    ).assign(is_in_part=False)
    if not is_in_part.any():
        return found
    places = _match_in_part(rows[found["incident_id"].isna()], known[is_in_part])
    taken = known.loc[places.to_numpy()].set_axis(places.index)
    for name in known.columns.drop([*LOCATION_KEY, "building_id"]):
        found.loc[places.index, name] = taken[name]
    found.loc[places.index, "is_in_part"] = True
    return found


def _match_in_part(rows: pd.DataFrame, known: pd.DataFrame) -> "pd.Series[int]":
    """The label in ``known`` of the incident of a row, by the row's label; what is unclear not."""
    homes = rows[[*PART_KEY, "building_id"]].rename_axis("home").reset_index()
    places = known[[*PART_KEY, "building_id"]].rename_axis("place").reset_index()
    both = homes.merge(places, on=PART_KEY, suffixes=("", "_before"))
    is_same = (both["building_id"] == both["building_id_before"]) & both["building_id"].notna()
    has_same = is_same.groupby(both["place"]).transform("any")
    kept = both[is_same | ~has_same]
    kept = kept[~kept.duplicated("place", keep=False)]
    return kept.set_index("home")["place"]
