"""Schemas of what is known to be so, and of what a model says of it. Never read by a run.

They are documented with the other tables, see ``core.tables``.
"""

import pandera.pandas as pa

from core.damage import PROBABILITIES, XBD_SUBTYPES, DamageGrade, Status
from core.estimates import SplitKind
from core.schemas.fields import Field, fraction, table_schema, text

TRUTH = table_schema(
    "truth",
    ["building_id", "location_number"],
    "What is known to be so, beside an imported or rendered event; never read by a run.",
    {
        "building_id": text("the building"),
        "location_number": text("OED LocNumber of its location"),
        "grade": text("xBD word of the label", of=list(XBD_SUBTYPES)),
        "expected_status": text("status that an honest run gives", of=Status),
    },
)

SCORES = table_schema(
    "scores",
    ["split", "seed", "event_id", "building_id"],
    "What a model says of homes whose truth is known and that it was not trained on.",
    {
        "event_id": text("the event"),
        "building_id": text("the building"),
        "scene_id": text("scene after the event"),
        "area": text("spatial block, trained on whole or not at all"),
        "fold": Field("int64", "fold that the area belongs to", "fold"),
        "split": text("which part was kept back, as in fold-1"),
        "kind": text("how it was chosen", of=SplitKind),
        "seed": Field("int64", "seed of the training; -1 for weights that were there", "seed"),
        "grade": Field(
            "int64", "truth on the xBD scale: 0 no damage, 1 minor, 2 major, 3 destroyed", "grade",
            False, (pa.Check.in_range(DamageGrade.NO_DAMAGE, DamageGrade.DESTROYED),),
        ),
        **{name: fraction("image only, calibrated") for name in PROBABILITIES},
    },
)  # fmt: skip
