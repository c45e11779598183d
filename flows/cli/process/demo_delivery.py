"""The demo's claims system: a simulator on loopback that fails once in ten, while drafts arrive."""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from claims.delivery.simulator.misbehaving import Fault, fail_once_in
from claims.delivery.simulator.server import open_simulator, serving
from claims.ledger.letters import LetterState
from flows.stages.drafts.deliver import deliver
from flows.wiring.settings import Settings
from flows.wiring.storage.folders import atomic_path

FAILS_ONCE_IN = 10
_SEED = 3
_MOST_ROUNDS = 5
_SETTINGS = """\
# The demo's claims system: a simulator that `firstnotice demo` starts. See docs/delivery.md.
delivery:
  gateway: claim_center
  url: http://127.0.0.1:8899
"""


@dataclass(frozen=True, slots=True)
class Simulated:
    """What the demo's claims system saw.

    Attributes:
        drafts: drafts that arrived.
        pictures: pictures that arrived with them.
        requests: requests.
        failed: of those, on which it failed.
    """

    drafts: int
    pictures: int
    requests: int
    failed: int


def write_demo_settings(out: Path) -> Path:
    """Settings by which the demo's run leaves its drafts in the outbox."""
    path = out / "settings.yaml"
    with atomic_path(path) as partial:
        partial.write_text(_SETTINGS, encoding="utf-8")
    return path


def deliver_to_simulator(out: Path, settings_file: Path) -> Simulated:
    """Deliver what waits to a simulator that is there for the moment.

    Raises:
        FirstNoticeError: see ``deliver``.
    """
    settings = Settings.read(settings_file)
    field = settings.delivery.reference_field
    with TemporaryDirectory() as folder:
        ordered = fail_once_in(FAILS_ONCE_IN, _SEED)
        with serving(open_simulator(Path(folder) / "claims.sqlite", field, ordered)) as simulator:
            delivery = settings.delivery.model_copy(update={"url": simulator.url})
            here = settings.model_copy(update={"delivery": delivery})
            for _ in range(_MOST_ROUNDS):
                if LetterState.PENDING not in deliver(out, here).counts:
                    break
            drawn = simulator.chance.drawn.copy()
            arrived = simulator.store.count(), simulator.store.count_documents()
    return Simulated(*arrived, drawn.total(), drawn.total() - drawn[Fault.NONE])
