"""How fast an event's imagery becomes grades, beside its parts and beside what others pay.

Every figure is taken in a process of its own, contenders in turns. docs/speed.md says what was
measured, how, and what came of it. ``python benchmarks/imagery_bench.py quick`` takes small sizes.
"""

import json
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from itertools import count
from pathlib import Path

import yaml
from dense_suburb import AS_OF_UTC, SuburbOptions, write_suburb
from measuring import SIGNIFICANT_DIGITS, Figure
from real_scenes import NoScenesError, write_real_scenes
from slow_server import COUNTS

FOLDER = Path(__file__).parent
KIB_PER_MIB = 1024
MS_PER_S = 1000
RATE = "buildings/s"

Answer = dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How large and how often; results of another scale than ``FULL`` are not comparable."""

    homes: int = 10_000
    """Of the suburb that rates are taken on."""
    near_rounds: int = 3
    """Turns of local rates; the median counts."""
    far_rounds: int = 1
    """Turns over HTTP and with the cache."""
    sizes: tuple[int, ...] = (5_000, 20_000, 80_000)
    """Homes of the suburbs that memory is taken on."""
    sparse_homes: int = 20_000
    """Of the suburb where one home in ten is insured."""
    insured_every: int = 10
    real_every: int = 5
    """One pair of real scenes in so many."""


FULL = Scale()
QUICK = Scale(
    homes=1_500,
    near_rounds=1,
    far_rounds=1,
    sizes=(500, 1_000, 2_000),
    sparse_homes=2_000,
    real_every=24,
)


@dataclass(slots=True)
class Bench:
    """Runs parts in processes of their own and keeps what they answer.

    Attributes:
        work: scratch folder.
        answers: of each part, by name.
    """

    work: Path
    answers: dict[str, list[Answer]] = field(default_factory=lambda: defaultdict(list))
    _numbers: Iterator[int] = field(default_factory=count)

    def take(self, name: str, part: str, event_file: Path, settings: Path | None = None) -> Answer:
        """Do one part of ``imagery_parts`` and note its answer under a name."""
        out = self.work / f"out-{next(self._numbers)}"
        given = [part, str(event_file), str(out), *([str(settings)] if settings else [])]
        answer: Answer = json.loads(_run(str(FOLDER / "imagery_parts.py"), *given))
        self.answers[name].append(answer)
        print(f"  {name}: {answer}", flush=True)
        return answer

    def rate(self, name: str, seconds: str = "seconds") -> float:
        """Buildings a second, by the median of the turns."""
        return statistics.median(each["buildings"] / each[seconds] for each in self.answers[name])

    def typical(self, name: str, value: str) -> float:
        """A value of a part, by the median of the turns."""
        return statistics.median(each[value] for each in self.answers[name])


def _run(*command: str) -> str:
    """The last line that a Python script says; its errors go through."""
    done = subprocess.run([sys.executable, *command], stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout.strip().rpartition("\n")[2]


def measure_imagery(scale: Scale = FULL, parts: Collection[str] | None = None) -> list[Figure]:
    """Figures of the imagery room, of some of ``PARTS`` or of all; see docs/speed.md."""
    with tempfile.TemporaryDirectory(prefix="firstnotice-bench-") as folder:
        bench = Bench(Path(folder))
        found = [
            figure
            for name, measure in PARTS.items()
            if parts is None or name in parts
            for figure in measure(bench, scale)
        ]
    return [
        Figure(each.name, float(f"{each.value:.{SIGNIFICANT_DIGITS}g}"), each.unit)
        for each in found
    ]


def _measure_rates(bench: Bench, scale: Scale) -> Iterator[Figure]:
    """The whole and its parts, on this disk and from afar, with and without the cache."""
    suburb = write_suburb(SuburbOptions(homes=scale.homes))
    small_blocks = write_suburb(SuburbOptions(homes=scale.homes, block_px=256))
    for _ in range(scale.near_rounds):
        for part in ("decode", "model", "grade"):
            bench.take(part, part, suburb)
    bench.take("decode_256", "decode", small_blocks)
    bench.take("grade_256", "grade", small_blocks)
    for _ in range(scale.far_rounds):
        bench.take("prepared", "grade_prepared", suburb)
        for part in ("decode", "grade"):
            with _far_away(suburb, bench.work) as far:
                bench.take(f"far_{part}", part, far.event_file, far.settings)
                bench.answers[f"far_{part}_counts"].append(far.read_counts())
    slower = min(bench.rate("decode"), bench.rate("model"))
    figures = {
        "decode_only": bench.rate("decode"),
        "decode_only_256px": bench.rate("decode_256"),
        "model_only": bench.rate("model"),
        "model_only_cached": bench.rate("model", "after_seconds"),
        "end_to_end": bench.rate("grade"),
        "end_to_end_256px": bench.rate("grade_256"),
        "http_30ms_decode_only": bench.rate("far_decode"),
        "http_30ms": bench.rate("far_grade"),
        "cached": bench.rate("prepared"),
        "prepare": bench.rate("prepared", "prepare_s"),
    }
    for name, value in figures.items():
        yield Figure(f"imagery.{name}_buildings_per_s", value, RATE)
    ratios = {
        "end_to_end_over_slower_part": figures["end_to_end"] / slower,
        "cached_over_uncached": figures["cached"] / figures["end_to_end"],
        "cached_over_slower_part": figures["cached"]
        / min(bench.rate("decode"), figures["model_only_cached"]),
    }
    for name, value in ratios.items():
        yield Figure(f"imagery.{name}", value, "ratio")
    homes = bench.typical("prepared", "buildings")
    kept_kib = bench.typical("prepared", "kept_mib") * KIB_PER_MIB / homes
    yield Figure("imagery.cached_kib_per_building", kept_kib, "KiB")
    ground = bench.typical("grade", "ground_mpx") / homes
    yield Figure("imagery.ground_mpx_per_building", ground, "Mpx")
    mpx = bench.typical("decode", "mpx")
    yield Figure("imagery.decode_only_mpx_per_s", mpx / bench.typical("decode", "seconds"), "Mpx/s")
    yield Figure("imagery.decoded_mpx_per_building", mpx / homes, "Mpx")
    for name, unit in (("requests", "requests"), ("sent_kib", "KiB")):
        each = bench.typical("far_grade_counts", name) / homes
        yield Figure(f"imagery.http_{name}_per_building", each, unit)


@dataclass(frozen=True, slots=True)
class Far:
    """An event whose imagery lies on a server 30 ms away."""

    event_file: Path
    settings: Path
    port: int

    def read_counts(self) -> Answer:
        """What the server gave so far."""
        link = HTTPConnection("127.0.0.1", self.port)
        link.request("GET", COUNTS)
        given = json.loads(link.getresponse().read())
        link.close()
        return {"requests": given["requests"], "sent_kib": given["sent_bytes"] / 1024}


@contextmanager
def _far_away(event_file: Path, work: Path) -> Iterator[Far]:
    """The event moved behind a slow server, with settings that allow to ask it."""
    near = event_file.parent
    command = [sys.executable, str(FOLDER / "slow_server.py"), str(near / "imagery")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            port = int(server.stdout.readline()) if server.stdout else 0
            content = yaml.safe_load(event_file.read_text(encoding="utf-8"))
            content["imagery"]["catalog"] = f"http://127.0.0.1:{port}/catalog.json"
            content["footprints"] = str(near / content["footprints"])
            for name in ("location", "account", "contacts"):
                content["policies"][name] = str(near / content["policies"][name])
            far = Far(work / f"event-{port}.yaml", work / f"settings-{port}.yaml", port)
            far.event_file.write_text(yaml.safe_dump(content), encoding="utf-8")
            allowed = {"imagery": {"allowed_private_hosts": [f"127.0.0.1:{port}"]}}
            far.settings.write_text(yaml.safe_dump(allowed), encoding="utf-8")
            yield far
        finally:
            server.kill()


def _measure_memory(bench: Bench, scale: Scale) -> Iterator[Figure]:
    """The peak of a process that grades larger and larger suburbs."""
    for homes in scale.sizes:
        name = f"grade_{homes}"
        bench.take(name, "grade", write_suburb(SuburbOptions(homes=homes)))
        yield Figure(f"imagery.peak_memory_mib_{homes}", bench.typical(name, "peak_mib"), "MiB")
        yield Figure(f"imagery.end_to_end_{homes}_buildings_per_s", bench.rate(name), RATE)


def _measure_dense(bench: Bench, scale: Scale) -> Iterator[Figure]:
    """What an insured home costs where one in ten is insured, and what the dense network asks."""
    options = SuburbOptions(homes=scale.sparse_homes, insured_every=scale.insured_every)
    sparse = write_suburb(options)
    bench.take("sparse", "grade", sparse)
    price = bench.take("dense", "dense", sparse)
    ours_s = 1 / bench.rate("sparse")
    yield Figure("imagery.one_in_ten_buildings_per_s", 1 / ours_s, RATE)
    ground = bench.typical("sparse", "ground_mpx") / bench.typical("sparse", "buildings")
    yield Figure("imagery.one_in_ten_ground_mpx_per_building", ground, "Mpx")
    yield Figure("imagery.dense_unet_mpx_per_building", price["mpx_per_building"], "Mpx")
    for kind, name in (("fp32", "dense_unet"), ("bf16", "dense_unet_bf16")):
        seconds = price[f"{kind}_s_per_mpx"]
        yield Figure(f"imagery.{name}_s_per_mpx", seconds, "s")
        dearer = seconds * price["mpx_per_building"] / ours_s
        yield Figure(f"imagery.over_{name}_one_in_ten", dearer, "ratio")


def _measure_real(bench: Bench, scale: Scale) -> Iterator[Figure]:
    """Real scenes with some tens of insured homes each; none where they are not on this machine."""
    try:
        scenes = write_real_scenes(scale.real_every)
    except NoScenesError as missing:
        print(f"  sparse_scenes: skipped, {missing}", flush=True)
        return
    for _ in range(scale.near_rounds):
        bench.take("real", "grade", scenes)
    homes = bench.typical("real", "buildings")
    yield Figure("imagery.sparse_scenes_buildings_per_s", bench.rate("real"), RATE)
    cpu_ms = MS_PER_S * bench.typical("real", "cpu_s") / homes
    yield Figure("imagery.sparse_scenes_cpu_ms_per_building", cpu_ms, "ms")
    ground = bench.typical("real", "ground_mpx") / homes
    yield Figure("imagery.sparse_scenes_ground_mpx_per_building", ground, "Mpx")


def _measure_flow(bench: Bench, scale: Scale) -> Iterator[Figure]:
    """A whole run through the orchestrator, by its own record."""
    out, homes = bench.work / "flow", scale.sizes[0]
    event_file = write_suburb(SuburbOptions(homes=homes))
    command = [str(Path(sys.executable).with_name("firstnotice")), "run", str(event_file)]
    given = ["--out", str(out), "--as-of", AS_OF_UTC.isoformat()]
    subprocess.run([*command, *given], check=True, stdout=subprocess.DEVNULL)
    record = json.loads(next(out.glob("suburb-*/latest/run.json")).read_text(encoding="utf-8"))
    laps_s = record["timings_s"]
    print(f"  flow: {laps_s}", flush=True)
    seen_s = sum(laps_s[name] for name in ("plan imagery", "grade buildings", "gather grades"))
    yield Figure("imagery.flow_buildings_per_s", homes / seen_s, RATE)
    yield Figure("flow.whole_run_s", sum(laps_s.values()), "s")


PARTS: dict[str, Callable[[Bench, Scale], Iterator[Figure]]] = {
    "imagery.rates": _measure_rates,
    "imagery.memory": _measure_memory,
    "imagery.one_in_ten": _measure_dense,
    "imagery.sparse_scenes": _measure_real,
    "imagery.flow": _measure_flow,
}
"""What can be measured by itself."""

if __name__ == "__main__":
    for figure in measure_imagery(QUICK if sys.argv[1:] == ["quick"] else FULL):
        print(f"{figure.name:50s} {figure.value:10.4g} {figure.unit}")
