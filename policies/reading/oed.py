"""The Open Exposure Data (OED 3.x to 5.x) vocabulary that this room reads.

Field names, defaults and codes are those of ``OEDInputFields.csv``, ``OtherValues.csv`` and
``FinancialCodeValues.csv`` of the standard (OasisLMF, CC0). Fields not listed here are ignored.
"""

from dataclasses import dataclass

UNKNOWN_OCCUPANCY = 1000
UNKNOWN_CONSTRUCTION = 5000

DED_TYPE_AMOUNT = 0
DED_TYPE_FRACTION_OF_LOSS = 1
DED_TYPE_FRACTION_OF_TIV = 2
DED_TYPES = (DED_TYPE_AMOUNT, DED_TYPE_FRACTION_OF_LOSS, DED_TYPE_FRACTION_OF_TIV)
REGULAR_DED_CODE = 0
"""Other DedCodes (annual aggregate, franchise, ...) are no plain per-loss deductible."""
UNREAD_DED_CODE = -1
"""Ours, of no standard: there is a deductible, and what it comes to cannot be read."""

LOWEST_STOREYS_CODE = -3
"""OED NumberOfStoreys -1, -2 and -3 say unknown low, mid and high rise."""

TIV_COLUMNS = ("BuildingTIV", "OtherTIV", "ContentsTIV", "BITIV")
"""All values insured at a location; a blanket deductible (6All) is measured against their sum."""
PROPERTY_TIV_COLUMNS = TIV_COLUMNS[:3]
"""What a property damage deductible (5PD) is measured against."""


@dataclass(frozen=True, slots=True)
class DeductibleFields:
    """The OED fields of one deductible, by level and coverage.

    Attributes:
        level: ``Loc``, ``Cond``, ``Pol`` or ``Acc``.
        coverage: one of ``BUILDING_COVERAGES``.
    """

    level: str
    coverage: str

    @property
    def amount(self) -> str:
        """The deductible itself."""
        return f"{self.level}Ded{self.coverage}"

    @property
    def kind(self) -> str:
        """Amount, fraction of loss or fraction of TIV."""
        return f"{self.level}DedType{self.coverage}"

    @property
    def code(self) -> str:
        """Regular or special deductible."""
        return f"{self.level}DedCode{self.coverage}"

    @property
    def minimum(self) -> str:
        """The least it can come to, in money."""
        return f"{self.level}MinDed{self.coverage}"

    @property
    def maximum(self) -> str:
        """The most it can come to, in money."""
        return f"{self.level}MaxDed{self.coverage}"

    @property
    def columns(self) -> tuple[str, ...]:
        """All five fields."""
        return (self.amount, self.kind, self.code, self.minimum, self.maximum)


BUILDING, PROPERTY_DAMAGE, ALL = "1Building", "5PD", "6All"
BUILDING_COVERAGES = (BUILDING, PROPERTY_DAMAGE, ALL)
"""Coverages that a loss of the building falls under, the most specific first; 2Other, 3Contents and
4BI take nothing off it."""


def _fields_of(level: str) -> tuple[DeductibleFields, ...]:
    return tuple(DeductibleFields(level, coverage) for coverage in BUILDING_COVERAGES)


LOCATION_DEDUCTIBLES = _fields_of("Loc")
CONDITION_DEDUCTIBLES = _fields_of("Cond")
POLICY_DEDUCTIBLES = _fields_of("Pol")
ACCOUNT_DEDUCTIBLES = _fields_of("Acc")


def _columns_of(*levels: tuple[DeductibleFields, ...]) -> tuple[str, ...]:
    return tuple(column for level in levels for fields in level for column in fields.columns)


@dataclass(frozen=True, slots=True)
class FileColumns:
    """The columns that a file of the book is read for.

    Attributes:
        required: without one of these the file cannot be used at all.
        optional: read where present; absent means missing in every row.
        where_present: read where present, and no column otherwise: most files lack most of them.
        keys: of the required ones, those of which keys are made.
    """

    required: tuple[str, ...]
    optional: tuple[str, ...]
    where_present: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """All columns, required ones first."""
        return self.required + self.optional + self.where_present


VACANT_SINCE, OCCUPIED_FRAC = "FlexiLocVacantSince", "FlexiLocOccupiedFrac"
HURRICANE_DED, HURRICANE_DED_TYPE = "FlexiLocHurricaneDed", "FlexiLocHurricaneDedType"
HURRICANE_DED_TRIGGER = "FlexiLocHurricaneDedTrigger"
HURRICANE_DED_USED, HURRICANE_DED_YEAR = "FlexiLocHurricaneDedUsed", "FlexiLocHurricaneDedYear"
CARRIER_EXTRAS = (
    VACANT_SINCE, OCCUPIED_FRAC, HURRICANE_DED, HURRICANE_DED_TYPE, HURRICANE_DED_TRIGGER,
    HURRICANE_DED_USED, HURRICANE_DED_YEAR,
)  # fmt: skip
"""OED has no field for these; ``FlexiLoc`` is its prefix for what a carrier adds."""

LOCATION_COLUMNS = FileColumns(
    (
        "PortNumber",
        "AccNumber",
        "LocNumber",
        "CountryCode",
        "Latitude",
        "Longitude",
        "LocPerilsCovered",
        "LocCurrency",
    ),
    (
        "AddressMatch",
        "AreaCode",
        "PostalCode",
        "OccupancyCode",
        "ConstructionCode",
        "YearBuilt",
        "NumberOfStoreys",
        *TIV_COLUMNS,
        "NumberOfBuildings",
        "IsAggregate",
        "LocInceptionDate",
        "LocExpiryDate",
    ),
    ("LocPeril", "CondTag", "CondNumber", *CARRIER_EXTRAS, *_columns_of(LOCATION_DEDUCTIBLES)),
    ("PortNumber", "AccNumber", "LocNumber"),
)
"""OED calls latitude and longitude optional; a home without them cannot be found in an image."""

ACCOUNT_COLUMNS = FileColumns(
    ("PortNumber", "AccNumber", "PolNumber", "PolPerilsCovered"),
    (
        "PolStatus",
        "PolInceptionDate",
        "PolExpiryDate",
        "LayerNumber",
        "LayerAttachment",
    ),
    (
        "PolPeril",
        "CondPeril",
        "AccPeril",
        "StepTriggerType",
        *_columns_of(CONDITION_DEDUCTIBLES, POLICY_DEDUCTIBLES, ACCOUNT_DEDUCTIBLES),
    ),
    ("PortNumber", "AccNumber", "PolNumber"),
)

CONTACT_COLUMNS = FileColumns(
    ("PortNumber", "AccNumber", "LocNumber"),
    (
        "InsuredName",
        "StreetAddress",
        "City",
        "Phone",
        "Email",
        "PreferredChannel",
        "Language",
        "ContactConsent",
    ),
    (),
    ("PortNumber", "AccNumber", "LocNumber"),
)
"""OED holds no way to reach people, so contacts come in a file of our own on the OED key."""
