"""The model that serves: trees in ONNX, their calibration, the threshold, and exact reasons."""

from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Self

import lightgbm
import numpy as np
import onnxruntime

from projects.fraud.contracts import Reason
from projects.fraud.learning import model_folder
from projects.fraud.learning.calibration import Calibration
from projects.fraud.learning.exact_onnx import INPUT, exact_onnx

# No probability is so high: the threshold of a model that never alerts.
NEVER = 2.0


@dataclass(frozen=True)
class ScoringModel:
    """Score payments; the same row gives the same bytes, alone or among others.

    `features` names the columns in the order in which rows hold them. `onnx` decides; `trees`, the
    same trees in LightGBM's own text, gives the reasons.
    """

    version: str
    features: tuple[str, ...]
    threshold: float
    calibration: Calibration = field(repr=False)
    onnx: bytes = field(repr=False)
    trees: str = field(repr=False)

    @classmethod
    def of(
        cls,
        booster: lightgbm.Booster,
        calibration: Calibration,
        threshold: float,
        features: tuple[str, ...],
        version: str = "unregistered",
    ) -> Self:
        """Export a booster; an infinite threshold, which is no JSON number, becomes `NEVER`."""
        return cls(
            version=version,
            features=features,
            threshold=min(float(threshold), NEVER),
            calibration=calibration,
            onnx=exact_onnx(booster),
            trees=booster.model_to_string(),
        )

    def scores(self, matrix: np.ndarray) -> np.ndarray:
        """Return calibrated probabilities (n,) of fraud for finite rows (n, k)."""
        return self.calibration.apply(self.margins(matrix))

    def alerts(self, matrix: np.ndarray) -> np.ndarray:
        """Return booleans (n,): which rows to put before an investigator."""
        return self.scores(matrix) >= self.threshold

    def margins(self, matrix: np.ndarray) -> np.ndarray:
        """Return the trees' sums (n,) in log-odds; they rank more finely than the scores.

        Raise ValueError for rows of another width or with a value that is not finite.
        """
        rows = np.ascontiguousarray(matrix, dtype=np.float64)
        if rows.ndim != 2 or rows.shape[1] != len(self.features):
            raise ValueError(f"rows must be (n, {len(self.features)}), are {rows.shape}")
        if not np.isfinite(rows).all():
            first = int(np.argwhere(~np.isfinite(rows))[0, 1])
            raise ValueError(f"feature {self.features[first]} has a value that is not finite")
        if not len(rows):
            return np.empty(0)
        found: np.ndarray = self._session.run(None, {INPUT: rows})[0]
        return found[:, 0].astype(np.float64)

    def reasons(self, row: np.ndarray, top: int = 3) -> tuple[Reason, ...]:
        """Return the features of one row (k,) that did most to raise its margin, at most `top`.

        Contributions are exact Shapley values of the trees, in log-odds (TreeSHAP: Lundberg, Erion
        and Lee, 2018), as LightGBM computes them.
        """
        rows = np.asarray(row, dtype=np.float64).reshape(1, len(self.features))
        found = self.contributions(rows)[0, :-1]
        order = [int(one) for one in np.argsort(-found, kind="stable")[:top] if found[one] > 0]
        return tuple(
            Reason(
                feature=self.features[one],
                value=float(rows[0, one]),
                contribution=float(found[one]),
            )
            for one in order
        )

    def contributions(self, matrix: np.ndarray) -> np.ndarray:
        """Return (n, k + 1): each feature's part of the margin, and last what all rows share."""
        found = self._booster.predict(
            np.asarray(matrix, dtype=np.float64), pred_contrib=True, num_threads=1
        )
        return np.asarray(found)

    def renamed(self, version: str) -> Self:
        """Return the same model under the name that a registry gave it."""
        return replace(self, version=version)

    def save(self, folder: Path) -> None:
        """Write model.onnx, trees.txt and card.json into `folder`."""
        card = model_folder.Card(
            version=self.version,
            features=self.features,
            threshold=self.threshold,
            margins=self.calibration.margins,
            probabilities=self.calibration.probabilities,
        )
        model_folder.write(folder, card, self.onnx, self.trees)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote and make it ready; raise CourseError for a part that is not it."""
        card, onnx, trees = model_folder.read(folder)
        calibration = Calibration(card.margins, card.probabilities)
        model = cls(card.version, card.features, card.threshold, calibration, onnx, trees)
        # The first call of each library sets it up: nobody's payment shall wait for that.
        model.reasons(np.zeros(len(model.features)))
        model.scores(np.zeros((1, len(model.features))))
        return model

    @cached_property
    def _session(self) -> onnxruntime.InferenceSession:
        options = onnxruntime.SessionOptions()
        # One row is done before a second thread has woken up.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        return onnxruntime.InferenceSession(self.onnx, options, providers=["CPUExecutionProvider"])

    @cached_property
    def _booster(self) -> lightgbm.Booster:
        return lightgbm.Booster(model_str=self.trees)
