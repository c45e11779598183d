"""Settings of an installation: YAML in; FIRSTNOTICE_* variables override.

What a room decides by is that room's own options, taken as they are, so a default is said once.
"""

from enum import StrEnum
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import yaml
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    YamlConfigSettingsSource,
)

from claims.clocks.options import ClockOptions
from claims.delivery.feeding import FeedOptions
from claims.drafts.fnol import DraftOptions
from claims.incidents.authority import ClaimOptions
from claims.incidents.roles import UserOptions
from claims.incidents.states import IncidentState
from claims.outreach.options import OutreachOptions
from claims.staffing.options import CapacityOptions
from claims.triage.options import TriageOptions
from core.errors import SettingsError
from core.licences import Purpose
from detectors.fusion import FusionOptions
from detectors.network.number_format import FormatWish
from detectors.network.options import PredictOptions
from flows.wiring.sections.access import AccessOptions
from flows.wiring.sections.notify import NotifySettings
from flows.wiring.sections.runner import RunnerSettings
from flows.wiring.wording.yaml_problems import describe_problem
from imagery.catalogs.web.signing import TOKEN_ADDRESS
from imagery.pairing.choose import MAX_GSD_M
from policies.coverage.rules import CoverageRules
from policies.matching.match import MatchOptions
from reports.files.options import FileOptions
from reports.maps.base_map import BaseMap
from reports.summary.gates import GateLimits
from reports.summary.quality import QualityLimits

_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_SEE = "`firstnotice settings` prints each with its meaning"
_FUSION = FusionOptions()
_GATES = GateLimits()
_PREDICT = PredictOptions()


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class OverrideSettings(_Section):
    """One exception of the licence gate, in somebody's name."""

    subject: str = Field(pattern=r"\w", description="weights by name, or scene id or provider")
    by: str = Field(pattern=r"\w", description="who answers for it")
    reason: str = Field(pattern=r"\w", description="why, as in the number of a contract")


class UseSettings(_Section):
    """What results are for: commercial refuses weights and scenes not cleared for it."""

    purpose: Purpose = Field(Purpose.RESEARCH, description="research or commercial")
    licence_overrides: tuple[OverrideSettings, ...] = Field(
        (), description="exceptions, each with subject (weights, scene or provider), by and reason"
    )

    @model_validator(mode="before")
    @classmethod
    def _from_purpose(cls, given: Any) -> Any:
        """``use: commercial`` says the purpose alone."""
        return {"purpose": given} if isinstance(given, str) else given


class LedgerSettings(_Section):
    """The record of incidents."""

    store: str | None = Field(
        None, description="SQLAlchemy URL; absent = sqlite file OUT/ledger.sqlite"
    )


class BookSettings(_Section):
    """Where books are kept that `firstnotice book load` stores."""

    store: str | None = Field(
        None,
        description="a folder, or postgresql+psycopg://user@host/database; absent = OUT/books",
    )
    password: SecretStr | None = Field(
        None, description="of the database; better in FIRSTNOTICE_BOOK__PASSWORD than in a file"
    )
    password_file: Path | None = Field(
        None, description="file that holds the password alone, as orchestrators mount secrets"
    )
    retention_days: int | None = Field(
        None, ge=1, description="`firstnotice book expire` removes older loads; absent = none"
    )


class DetectorSettings(_Section):
    """The model."""

    weights: Path | None = Field(None, description=".npz weights; absent = the shipped ones")
    device: str = Field("cpu", description="cpu or cuda")
    batch: int = Field(_PREDICT.batch, ge=1, description="chips computed at once")
    flips: int = Field(
        _PREDICT.flips, ge=1, le=4,
        description="mirrored views averaged a building; 4 costs four times one",
    )  # fmt: skip
    number_format: FormatWish = Field(
        FormatWish.AUTO,
        description="auto, float32 or bfloat16; auto = bfloat16 where the processor does it fast",
    )

    @model_validator(mode="before")
    @classmethod
    def _was_is_half(cls, given: Any) -> Any:
        """What the setting was called."""
        if isinstance(given, dict) and "is_half" in given:
            raise ValueError(
                "is_half is now number_format: leave it out for auto, or write bfloat16 for true "
                "and float32 for false"
            )
        return given


class ImagerySettings(_Section):
    """Which scenes are graded on, and what catalogues may lead to."""

    max_gsd_m: float = Field(
        MAX_GSD_M, gt=0, description="coarser scenes are not graded on, metres a pixel"
    )
    allowed_private_hosts: tuple[str, ...] = Field(
        (), description="hosts (or host:port) on private addresses that may be asked; else refused"
    )
    token_url: str = Field(
        TOKEN_ADDRESS,
        description="token service for imagery.stac_api with sign: planetary_computer",
    )


class WeatherSettings(_Section):
    """Live services of weather, for events that name some."""

    contact: str | None = Field(
        None, description="who asks, as in claims-ops@example.com; told to services, as they ask"
    )
    firms_key: SecretStr | None = Field(None, description="key of NASA FIRMS, for fire points")
    max_age_h: float = Field(
        24.0, gt=0, description="a run whose live weather is older, hours, is incomplete"
    )


class FusionSettings(_Section):
    """Image beside hazard."""

    prior_weight: float = Field(
        _FUSION.prior_weight, ge=0, le=1,
        description="weight of the log-odds of hazard and homes around, beside the image's",
    )  # fmt: skip
    fire_weight: float = Field(
        _FUSION.fire_weight, ge=0, le=1, description="the same where a fire leads"
    )
    wind_weight: float = Field(
        _FUSION.wind_weight, ge=0, le=1, description="the same where a storm's wind or rain leads"
    )
    reach_m: float = Field(
        _FUSION.local.reach_m, gt=0, description="homes around count from so near, metres"
    )
    hazard_homes: float = Field(
        _FUSION.local.hazard_homes, gt=0,
        description="as many homes around as the hazard's own chance counts for",
    )  # fmt: skip
    base_rate: float | None = Field(
        None, gt=0, lt=1,
        description="share of damaged homes behind the calibration; none = what the weights say",
    )  # fmt: skip


class Pictured(StrEnum):
    """Of which homes pictures are kept."""

    LOOKED_AT = "looked_at"
    ALL = "all"


class RunSettings(_Section):
    """How work is cut and when a run counts as complete."""

    buildings_per_batch: int = Field(256, ge=1, description="buildings graded in one task")
    pictures: Pictured = Field(
        Pictured.LOOKED_AT,
        description="before and after pictures in the map: looked_at, of homes that may be T1 or "
        "worse, that are unclear or were not assessed; or all",
    )
    further_looks: int = Field(
        2, ge=0,
        description="homes that come back unseen are looked at with so many other pairs of scenes",
    )  # fmt: skip
    max_rejected_frac: float = Field(
        _GATES.max_rejected_frac, ge=0, le=1,
        description="a run that loses a larger part of the book to rejects ends incomplete",
    )  # fmt: skip
    min_in_path_frac: float = Field(
        _GATES.min_in_path_frac, ge=0, le=1,
        description="... that finds a smaller part of the homes read in the path, or none",
    )  # fmt: skip
    max_too_coarse_frac: float = Field(
        _GATES.max_too_coarse_frac, ge=0, le=1,
        description="... in which a larger part of the homes in the path is placed too coarsely",
    )  # fmt: skip
    min_matched_frac: float = Field(
        _GATES.min_matched_frac, ge=0, le=1,
        description="... that finds buildings for a smaller part of the homes placed well enough",
    )  # fmt: skip
    min_assessed_frac: float = Field(
        _GATES.min_assessed_frac, ge=0, le=1,
        description="... that grades a smaller part of the homes with a building",
    )  # fmt: skip


def is_private(url: str) -> bool:
    """Whether nobody between can read what goes to an address."""
    split = urlsplit(url)
    return split.scheme == "https" or split.hostname in _LOOPBACK


class GatewayKind(StrEnum):
    """How drafts reach the claims system."""

    DROP = "drop"
    CLAIM_CENTER = "claim_center"
    WEBHOOK = "webhook"


class DeliverySettings(_Section):
    """The claims system, and how drafts reach it; see docs/delivery.md."""

    gateway: GatewayKind = Field(
        GatewayKind.DROP,
        description="drop (a folder of files, written with each run), claim_center (its Cloud API) "
        "or webhook; these two by `firstnotice claims deliver`",
    )  # fmt: skip
    folder: Path | None = Field(
        None, description="drop: folder that holds a drop an event; absent = OUT/<event_id>/drafts"
    )
    url: str | None = Field(
        None, pattern=r"^https?://\S+$",
        description="address of the API, as in https://host/cc/rest, or of the webhook",
    )  # fmt: skip
    reference_field: str = Field(
        "firstnoticeIncident_Ext", pattern=r"^\w+$",
        description="claim_center: your field for our incident's id; it must be searchable",
    )  # fmt: skip
    document_type: str | None = Field(
        "photo",
        description="claim_center: your DocumentType of the pictures; null = none are brought",
    )
    token_url: str | None = Field(
        None, pattern=r"^https?://\S+$", description="OAuth 2.0 token endpoint; absent = no sign-in"
    )
    client_id: str | None = Field(None, description="who signs in")
    client_secret: SecretStr | None = Field(
        None, description="its secret; better in FIRSTNOTICE_DELIVERY__CLIENT_SECRET or a file"
    )
    client_secret_file: Path | None = Field(None, description="... a file that holds it alone")
    private_key_file: Path | None = Field(
        None, description="PEM key that the client signs with instead of telling a secret"
    )
    key_algorithm: str = Field("RS256", description="... RS256, PS256, ES256")
    scope: str | None = Field(None, description="OAuth scopes, separated by spaces")
    token: SecretStr | None = Field(None, description="bearer token that somebody else renews")
    webhook_secret: SecretStr | None = Field(None, description="webhook: signs each draft")
    webhook_secret_file: Path | None = Field(None, description="... a file that holds it alone")
    concurrency: int = Field(8, ge=1, le=64, description="drafts on their way at once")
    timeout_s: float = Field(30.0, gt=0, description="of one try of one request")
    tries: int = Field(6, ge=1, description="... so many, with longer and longer waits")
    longest_wait_s: float = Field(30.0, gt=0, description="... at most so long")
    closed_outcomes: dict[str, IncidentState] = Field(
        default_factory=lambda: dict(FeedOptions().closed_outcomes),
        description="what becomes of an incident by the code with which its claim is closed; "
        "any other code is CWOP",
    )

    @model_validator(mode="before")
    @classmethod
    def _from_gateway(cls, given: Any) -> Any:
        """``delivery: drop`` says the gateway alone."""
        return {"gateway": given} if isinstance(given, str) else given

    @model_validator(mode="after")
    def _has_address(self) -> Self:
        if self.gateway is not GatewayKind.DROP and self.url is None:
            raise ValueError(f"gateway {self.gateway} needs url")
        for name, url in (("url", self.url), ("token_url", self.token_url)):
            if url is not None and not is_private(url):
                raise ValueError(f"{name} is not https, so anybody between could read names")
        return self


class Settings(BaseSettings):
    """All settings; every default is written out by ``firstnotice settings``."""

    model_config = SettingsConfigDict(
        env_prefix="FIRSTNOTICE_", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    use: UseSettings = Field(default_factory=lambda: UseSettings.model_validate({}))
    ledger: LedgerSettings = Field(default_factory=lambda: LedgerSettings.model_validate({}))
    book: BookSettings = Field(default_factory=lambda: BookSettings.model_validate({}))
    detector: DetectorSettings = Field(default_factory=lambda: DetectorSettings.model_validate({}))
    imagery: ImagerySettings = Field(default_factory=lambda: ImagerySettings.model_validate({}))
    weather: WeatherSettings = Field(default_factory=lambda: WeatherSettings.model_validate({}))
    fusion: FusionSettings = Field(default_factory=lambda: FusionSettings.model_validate({}))
    run: RunSettings = Field(default_factory=lambda: RunSettings.model_validate({}))
    gates: QualityLimits = Field(default_factory=QualityLimits)
    runner: RunnerSettings = Field(default_factory=lambda: RunnerSettings.model_validate({}))
    matching: MatchOptions = Field(default_factory=MatchOptions)
    coverage: CoverageRules = Field(default_factory=CoverageRules)
    triage: TriageOptions = Field(default_factory=TriageOptions)
    drafts: DraftOptions = Field(default_factory=DraftOptions)
    clocks: ClockOptions = Field(default_factory=ClockOptions)
    claims: ClaimOptions = Field(default_factory=ClaimOptions)
    capacity: CapacityOptions = Field(default_factory=CapacityOptions)
    outreach: OutreachOptions = Field(default_factory=OutreachOptions)
    files: FileOptions = Field(default_factory=FileOptions)
    map: BaseMap = Field(default_factory=BaseMap)
    users: UserOptions = Field(default_factory=UserOptions)
    delivery: DeliverySettings = Field(default_factory=lambda: DeliverySettings.model_validate({}))
    access: AccessOptions = Field(default_factory=AccessOptions)
    notify: NotifySettings = Field(default_factory=lambda: NotifySettings.model_validate({}))

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003  not a source of ours
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003  not a source of ours
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, then environment, then the YAML file."""
        return init_settings, env_settings, YamlConfigSettingsSource(settings_cls)

    @classmethod
    def read(cls, path: Path | None) -> Self:
        """Settings from a YAML file (all optional) and the environment.

        Raises:
            SettingsError: the file is missing, or a value is unknown or wrong.
        """
        work = f"reading settings from {path or 'the environment'}"
        if path is not None and not path.is_file():
            raise SettingsError(work, "there is no such file", "firstnotice settings writes one")
        text = path.read_text(encoding="utf-8-sig", errors="replace") if path is not None else ""

        class _FromFile(cls):  # type: ignore[valid-type, misc]  # one class a file
            model_config = SettingsConfigDict(yaml_file=path)

        try:
            loaded: Self = _FromFile()
        except ValidationError as error:
            problem = describe_problem(error, text, cls)
            raise SettingsError(work, problem, _SEE) from None
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            problem = f"it is no YAML: {describe_problem(error, text, cls)}"
            raise SettingsError(work, problem, _SEE) from None
        return loaded
