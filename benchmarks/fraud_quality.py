"""What the fraud simulator and its models are worth: `python -m benchmarks.fraud_quality`.

Simulates the default world in a process of its own, learns on it, looks at the test week once, and
writes FRAUD_QUALITY.md and FRAUD_MODEL_CARD.md beside this file. Takes minutes. Exits 1 when a
promise is not kept; whether the models' order holds is told, not demanded.
"""

import argparse
import json
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import lightgbm
import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from projects.fraud import columns as c
from projects.fraud.baselines import forest
from projects.fraud.features import add_features
from projects.fraud.learning.imbalance import Weighing
from projects.fraud.learning.learning_run import Examined, Learned, LearningConfig, examine, learn
from projects.fraud.learning.material import Material, material_of_payments
from projects.fraud.learning.model_card import card_of
from projects.fraud.learning.resampling import FIGURES
from projects.fraud.learning.tuning import TuningConfig
from projects.fraud.simulation import SimulationConfig, simulate
from projects.fraud.training import TrainingConfig

HERE = Path(__file__).parent
_SEED = 0
_SIMULATE = "--only-simulate"
_ROUNDS = 7


@dataclass(frozen=True)
class Promise:
    """Hold a figure, and the bound it must stay under, or over where `least`."""

    what: str
    value: float
    bound: float
    unit: str
    least: bool = False

    @property
    def is_kept(self) -> bool:
        return self.value >= self.bound if self.least else self.value < self.bound


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, write both pages, and return 1 when a promise is not kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=TuningConfig().trials)
    parser.add_argument("--seed", type=int, default=_SEED, help="another world; only printed")
    parser.add_argument(_SIMULATE, action="store_true")
    options = parser.parse_args(arguments)
    if options.only_simulate:
        print(json.dumps(_simulated()))
        return 0
    promises = _promises_of_simulator()
    config = LearningConfig(tuning=TuningConfig(trials=options.trials))
    payments = simulate(SimulationConfig(), options.seed)
    material = material_of_payments(add_features(payments), TrainingConfig())
    begun = time.process_time()
    learned = learn(material, config, progress=_say)
    examined = examine(material, learned, config, progress=_say)
    seconds = time.process_time() - begun
    promises += _promises_of_speed(material, learned)
    page = _page(promises, learned, examined, options.seed, seconds)
    print(page)
    if options.seed == _SEED:
        data = f"The simulator's default world, seed {_SEED}: {len(payments):,} payments."
        card = card_of(material, learned, examined, data=data, config=config).to_markdown()
        (HERE / "FRAUD_QUALITY.md").write_text(page, encoding="utf-8")
        (HERE / "FRAUD_MODEL_CARD.md").write_text(card, encoding="utf-8")
    return 0 if all(promise.is_kept for promise in promises) else 1


def _simulated() -> dict[str, float]:
    begun = time.process_time()
    table = simulate(SimulationConfig(), _SEED)
    return {
        "seconds": time.process_time() - begun,
        "rows": len(table),
        "frauds": float(table[c.TX_FRAUD].mean()),
        "gigabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9,
    }


def _promises_of_simulator() -> list[Promise]:
    command = [sys.executable, "-m", "benchmarks.fraud_quality", _SIMULATE]
    found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    world = SimulationConfig()
    what = f"{world.customers:,} customers, {world.terminals:,} terminals, {world.days} days"
    return [
        Promise(f"payments of {what}", found["rows"], 1_500_000, "payments", least=True),
        Promise("simulating them, processor time", found["seconds"], 20, "s"),
        Promise("resident memory at its highest, all told", found["gigabytes"], 1.5, "GB"),
    ]


def _promises_of_speed(material: Material, learned: Learned) -> list[Promise]:
    """Return how one row at a time fares, by processor time, the better of several rounds."""
    rows = material.matrix(material.final.test)
    trees = forest(_SEED).fit(material.matrix(material.train), material.train[c.TX_FRAUD])
    trees.set_params(n_jobs=1)
    with threadpool_limits(1):
        theirs = _per_call(lambda row: trees.predict_proba(row), rows, 30)
        ours = _per_call(learned.model.scores, rows, 3_000)
        begun = time.process_time()
        margins = learned.model.margins(rows)
        batch = len(rows) / (time.process_time() - begun)
    said = lightgbm.Booster(model_str=learned.model.trees).predict(rows, num_threads=1)
    gap = np.abs(1 / (1 + np.exp(-margins)) - said).max()
    return [
        Promise("one row, forest's predict_proba over ONNX's scores", theirs / ours, 20, "x", True),
        Promise("one row, scores", ours * 1e6, 1_000, "us"),
        Promise("one row, forest's predict_proba", theirs * 1e3, 1_000, "ms"),
        Promise("all rows at once, scores", batch, 50_000, "rows/s", True),
        Promise("probability, ONNX against LightGBM", float(gap), 1e-6, ""),
    ]


def _per_call(call: Callable[[np.ndarray], object], rows: np.ndarray, calls: int) -> float:
    found = []
    for _ in range(_ROUNDS):
        begun = time.process_time()
        for number in range(calls):
            call(rows[number : number + 1])
        found.append((time.process_time() - begun) / calls)
    return min(found)


def _page(
    promises: Sequence[Promise], learned: Learned, examined: Examined, seed: int, seconds: float
) -> str:
    promised = pd.DataFrame(
        {
            "figure": [one.what for one in promises],
            "measured": [f"{one.value:,.4g} {one.unit}".strip() for one in promises],
            "bound": [f"{'≥' if one.least else '<'} {one.bound:,.4g}" for one in promises],
            "kept": ["yes" if one.is_kept else "NO" for one in promises],
        }
    )
    models = pd.DataFrame(
        {
            name: [str(row[figure]) for figure in FIGURES]
            for name, row in examined.estimates.items()
        },
        index=list(FIGURES),
    ).T
    parts = [
        "# Fraud: the simulator's promise, and what the models are worth",
        f"By `python -m benchmarks.fraud_quality`, Python {platform.python_version()}; times are "
        "of the processor, one thread where rows are scored.",
        _markdown(promised),
        f"Models on the test week of the default world, seed {seed}, 95 % intervals over cards; "
        f"precision at k is card precision@100. Learning and examining took {seconds:.0f} s.",
        _markdown(models.rename_axis("candidate").reset_index()),
        examined.ordering.sentence(),
        f"Parameters found in {len(learned.trials)} trials on earlier weeks: "
        + ", ".join(f"{name} {value:.4g}" for name, value in learned.boosting.parameters().items()),
        "What to do about one fraud in a hundred, by cost on earlier weeks, euros a week:",
        _markdown(_weighings(learned.weighings)),
    ]
    return "\n\n".join(parts) + "\n"


def _weighings(found: Sequence[Weighing]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "weight of frauds": [one.name for one in found],
            "cost": [f"{one.cost:,.0f}" for one in found],
            "cost of doing nothing": [f"{one.nothing:,.0f}" for one in found],
            "alerts": [f"{one.alerts:,.0f}" for one in found],
            "average precision": [f"{one.average_precision:.3f}" for one in found],
            "calibration error": [f"{one.calibration_error:.4f}" for one in found],
        }
    )


def _markdown(table: pd.DataFrame) -> str:
    lines = [list(table.columns), ["---"] * len(table.columns), *table.to_numpy().tolist()]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def _say(line: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
