"""Settings and an event file to concrete adapters: the only composition root."""

from collections.abc import Callable
from dataclasses import fields, replace
from datetime import datetime
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import URL

from claims.delivery.drop.file_drop import FileDrop
from claims.ledger.store import Ledger
from core.damage import AFFECTED_PROBABILITY
from core.hazards.kinds import EventKind, tell_event_kind
from core.licences import LicenceGate, LicenceOverride, Purpose
from core.provenance import content_key, sha256_of_bytes
from core.scenes import Scene
from detectors.calibrate import Calibrations
from detectors.fusion import FusionOptions, find_least_damaged
from detectors.local_rate import LocalRateOptions
from detectors.network.card import card_path, read_card, shipped_weights
from detectors.network.number_format import ChosenFormat
from detectors.network.options import PredictOptions
from flows.wiring.context import RunContext
from flows.wiring.event_file import EventFile
from flows.wiring.licence_gate import GatedCatalog, check_some_scene, check_weights_licence
from flows.wiring.number_format import choose_format
from flows.wiring.scene_listing import (
    WORLD,
    open_pixel_links,
    open_sources,
)
from flows.wiring.settings import GatewayKind, ImagerySettings, Pictured, Settings
from flows.wiring.storage.blue_sky_store import FOLDER, BlueSkyStore
from flows.wiring.storage.folders import DRAFTS, close_to_others, keep_private
from imagery.catalogs.catalog import SceneCatalog
from imagery.catalogs.web.pixel_links import PixelLinks
from imagery.chips.cut import CutOptions
from imagery.pairing.choose import PairingOptions
from imagery.pixels.read import SceneReader
from reports.summary.gates import GateLimits

if TYPE_CHECKING:
    from detectors.network.predict import SiameseDetector

LEDGER_FILE = "ledger.sqlite"
GATE_NAMES = tuple(each.name for each in fields(GateLimits))


def choose_gate(settings: Settings) -> LicenceGate:
    """What the purpose of the run's results allows."""
    use = settings.use
    overrides = (
        LicenceOverride(each.subject, each.by, each.reason) for each in use.licence_overrides
    )
    return LicenceGate(use.purpose, tuple(overrides))


def check_licences(source: EventFile, settings: Settings, as_of_utc: datetime) -> None:
    """Refuse weights, and an event without any scene, that the purpose does not allow.

    Raises:
        SettingsError: refused.
        SceneError, WeightsError: the catalogue or the card cannot be read.
    """
    gate = choose_gate(settings)
    check_weights_licence(read_card(card_path(choose_weights(settings))).ref, gate)
    if gate.purpose is Purpose.COMMERCIAL:
        listed = open_sources(source, settings.imagery, as_of_utc)
        scenes = listed.search(WORLD, as_of_utc).scenes
        check_some_scene(source.event_id, scenes, gate)


def open_catalog(run: RunContext) -> SceneCatalog:
    """Where the event's scenes are listed, without those that the run's purpose does not allow."""
    listed = open_sources(run.source, run.settings.imagery, run.as_of_utc)
    return GatedCatalog(listed, choose_gate(run.settings))


@lru_cache(maxsize=1)
def open_links(run: RunContext) -> PixelLinks:
    """Gives the addresses that a reader opens for scenes: judged, followed, signed.

    One for all of a run in a process, which remembers what servers said.
    """
    return open_pixel_links(run.source, run.settings.imagery)


def state_reader(run: RunContext) -> Callable[[Scene], str]:
    """Names the bytes of a scene's file as they are now; its store is asked once a run.

    What it gives raises SceneError or TransientError where the file is not there, or its store
    fails for now.
    """
    links, reader = open_links(run), open_reader(run)
    return lambda scene: links.read_state(scene) or reader.describe_layout(scene)


@lru_cache(maxsize=1)
def open_reader(run: RunContext) -> SceneReader:
    """Reads scenes by addresses that were judged; keeps them open for all tiles of the process."""
    return SceneReader(address=open_links(run).address)


def open_blue_sky(settings: Settings, cache: Path) -> BlueSkyStore:
    """What was prepared before any storm, good for this model and these chips."""
    return BlueSkyStore(cache / FOLDER, content_key(detector_key(settings), str(choose_cut())))


def choose_weights(settings: Settings) -> Path:
    """The weights that the settings name, or those shipped."""
    return settings.detector.weights or shipped_weights()


def choose_run_format(settings: Settings) -> ChosenFormat:
    """What the detector computes in on this machine, and why."""
    return choose_format(settings.detector.number_format, settings.detector.device)


def tell_kind(source: EventFile) -> EventKind:
    """The kind of an event by its primary peril, which stands first."""
    return tell_event_kind(source.perils[0])


def open_detector(run: RunContext) -> "SiameseDetector":
    """The detector of a run's event, loaded once a process.

    Raises:
        WeightsError: the weights are missing, damaged or of another kind.
    """
    settings = run.settings
    chosen = settings.detector
    number_format = choose_run_format(settings).number_format
    options = PredictOptions(chosen.device, chosen.batch, chosen.flips, number_format)
    return _load_detector(choose_weights(settings), options, tell_kind(run.source))


@lru_cache(maxsize=2)
def _load_detector(weights: Path, options: PredictOptions, kind: EventKind) -> "SiameseDetector":
    from detectors.network.predict import SiameseDetector  # noqa: PLC0415  torch: seconds

    return SiameseDetector.load(weights, options, kind)


def detector_key(settings: Settings) -> str:
    """What names the judgement in a cache key: code, weights, calibration, how it computes."""
    card = card_path(choose_weights(settings))
    return content_key(
        version("firstnotice"), read_card(card).sha256, sha256_of_bytes(card.read_bytes()),
        settings.detector.model_dump(mode="json", exclude={"weights", "number_format"}),
        choose_run_format(settings).number_format,
    )  # fmt: skip


def choose_pairing(source: EventFile, imagery: ImagerySettings) -> PairingOptions:
    """Pairing options: the coarsest scenes of the settings, the oldest of the event."""
    options = PairingOptions(max_gsd_m=imagery.max_gsd_m)
    if source.imagery.max_pre_age_days is None:
        return options
    return replace(options, max_pre_age_days=source.imagery.max_pre_age_days)


def choose_limits(source: EventFile, settings: Settings) -> GateLimits:
    """What a run must reach to count as complete: the event's own limits before the settings'."""
    return GateLimits(**{
        name: getattr(settings.run, name) if getattr(source, name) is None
        else getattr(source, name)
        for name in GATE_NAMES
    })  # fmt: skip


def choose_cut() -> CutOptions:
    """How chips are cut; the same for training and for grading."""
    return CutOptions()


def read_calibrations(settings: Settings) -> Calibrations:
    """The calibrations of the weights.

    Raises:
        WeightsError: the weights have no card.
    """
    return read_card(card_path(choose_weights(settings))).calibrations


def choose_fusion(settings: Settings, kind: EventKind) -> FusionOptions:
    """How image and hazard are weighed in an event of a kind."""
    given = settings.fusion
    local = LocalRateOptions(reach_m=given.reach_m, hazard_homes=given.hazard_homes)
    base_rate = given.base_rate
    if base_rate is None:
        base_rate = read_calibrations(settings).choose(kind).base_rate
    return FusionOptions(base_rate, given.prior_weight, given.fire_weight, given.wind_weight, local)


def choose_pictured_from(settings: Settings, kind: EventKind) -> float:
    """The image's P(damaged) from which a home's pictures are kept: it may come out as T1."""
    if settings.run.pictures is Pictured.ALL:
        return 0.0
    return find_least_damaged(AFFECTED_PROBABILITY, choose_fusion(settings, kind))


def ledger_url(settings: Settings, out: Path) -> str | URL:
    """Where the ledger is."""
    # a path may hold ?, # or %, which mean something in a URL's text
    return settings.ledger.store or URL.create("sqlite", database=str(out.resolve() / LEDGER_FILE))


def find_ledger(settings: Settings, out: Path) -> Ledger | None:
    """The ledger, if it is there; None where the first run is yet to make it.

    Raises:
        LedgerError, TransientError: it cannot be opened, or never will be where it is to lie.
    """
    if settings.ledger.store is None and not out.exists():
        return None
    return Ledger.find(ledger_url(settings, out))


def open_ledger(settings: Settings, out: Path) -> Ledger:
    """The ledger, made if it is not there."""
    keep_private()
    out.mkdir(parents=True, exist_ok=True)
    close_to_others(out / LEDGER_FILE)
    return Ledger.open(ledger_url(settings, out))


def is_delivered_with_run(settings: Settings) -> bool:
    """Whether a run delivers what it queued; else ``firstnotice claims deliver`` does."""
    return settings.delivery.gateway is GatewayKind.DROP


def open_drop(settings: Settings, out: Path, event_id: str) -> FileDrop:
    """The folder that an event's drafts are put into."""
    folder = settings.delivery.folder
    return FileDrop((out / event_id / DRAFTS) if folder is None else folder / event_id)
