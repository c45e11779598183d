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

LOWEST_STOREYS_CODE = -3
"""OED NumberOfStoreys -1, -2 and -3 say unknown low, mid and high rise."""

TIV_COLUMNS = ("BuildingTIV", "OtherTIV", "ContentsTIV", "BITIV")
"""All values insured at a location; a blanket deductible (6All) is measured against their sum."""


@dataclass(frozen=True, slots=True)
class DeductibleFields:
    """The OED fields of one deductible, by level and coverage.

    Attributes:
        level: ``Loc`` or ``Pol``.
        coverage: ``1Building`` or ``6All``.
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


LOCATION_DEDUCTIBLES = (DeductibleFields("Loc", "1Building"), DeductibleFields("Loc", "6All"))
POLICY_DEDUCTIBLES = (DeductibleFields("Pol", "6All"), DeductibleFields("Pol", "1Building"))


@dataclass(frozen=True, slots=True)
class FileColumns:
    """The columns that a file of the book is read for.

    Attributes:
        required: without one of these the file cannot be used at all.
        optional: read where present; absent means missing in every row.
    """

    required: tuple[str, ...]
    optional: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """All columns, required ones first."""
        return self.required + self.optional


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
        "LocInceptionDate",
        "LocExpiryDate",
        "LocPeril",
        "CondTag",
        *(column for fields in LOCATION_DEDUCTIBLES for column in fields.columns),
    ),
)
"""OED calls latitude and longitude optional; a home without them cannot be found in an image."""

ACCOUNT_COLUMNS = FileColumns(
    ("PortNumber", "AccNumber", "PolNumber", "PolPerilsCovered"),
    (
        "PolStatus",
        "PolInceptionDate",
        "PolExpiryDate",
        *(column for fields in POLICY_DEDUCTIBLES for column in fields.columns),
    ),
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
)
"""OED holds no way to reach people, so contacts come in a file of our own on the OED key."""
