"""Compare what was served online with what the same definition gives in batch, as Chronon does."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from infra.features.batch import require_columns, window_features
from infra.features.definition import FeatureSet
from infra.features.errors import FeatureError


@dataclass(frozen=True)
class ConsistencyConfig:
    """Configure what counts as equal, and how many of the worst differences are shown.

    Values are equal when |served - due| <= `absolute` + `relative` * |due|, or both are missing.
    """

    absolute: float = 1e-9
    relative: float = 0.0
    worst: int = 5


@dataclass(frozen=True)
class FeatureConsistency:
    """Hold how one feature fared; `one_missing` counts mismatches where one side has no value."""

    feature: str
    compared: int
    mismatches: int
    one_missing: int
    largest: float
    mean: float

    @property
    def rate(self) -> float:
        """Return the share of mismatches among what was compared; 0 where nothing was."""
        return self.mismatches / self.compared if self.compared else 0.0


@dataclass(frozen=True)
class Difference:
    """Hold one mismatch: whose feature, when, what was served and what was due."""

    feature: str
    key: dict[str, Any]
    served: float
    due: float


@dataclass(frozen=True)
class ConsistencyReport:
    """Hold the comparison of served rows; `without_due` of them had nothing to be held against."""

    name: str
    served: int
    without_due: int
    features: tuple[FeatureConsistency, ...]
    worst: tuple[Difference, ...]

    @property
    def is_consistent(self) -> bool:
        """Say whether every row that was served could be compared and agreed."""
        return not self.without_due and all(not f.mismatches for f in self.features)


def consistency_of_served(
    features: FeatureSet,
    events: pd.DataFrame,
    served: pd.DataFrame,
    config: ConsistencyConfig | None = None,
) -> ConsistencyReport:
    """Compute in batch what was due for each served row and compare, row by row.

    `served` is the log of what went out: entity, the time it was asked for, and the features.
    """
    require_columns(served, (features.entity, features.time, *features.names), "the served rows")
    due = window_features(features, events, served)
    keys = served[[features.entity, features.time]]
    both = [frame[list(features.names)].reset_index(drop=True) for frame in (served, due)]
    plain = keys.reset_index(drop=True)
    return _compare(features.name, plain, both[0], both[1], np.ones(len(plain), bool), config)


def measure_consistency(
    name: str,
    served: pd.DataFrame,
    backfilled: pd.DataFrame,
    *,
    keys: Sequence[str],
    features: Sequence[str],
    config: ConsistencyConfig | None = None,
) -> ConsistencyReport:
    """Compare served rows with the backfilled ones of the same `keys`, entity and time as a rule.

    Raise FeatureError for backfilled keys that are there twice, since either could be the due one.
    """
    keys, features = list(keys), list(features)
    require_columns(served, [*keys, *features], "the served rows")
    require_columns(backfilled, [*keys, *features], "the backfilled rows")
    twice = backfilled[backfilled.duplicated(keys)]
    if len(twice):
        raise FeatureError(
            f"{len(twice)} backfilled rows repeat a key, first {twice.iloc[0][keys].to_dict()}: "
            "keep one row for each."
        )
    joined = served[keys].merge(backfilled[[*keys, *features]], on=keys, how="left", indicator=True)
    plain = served.reset_index(drop=True)
    found = (joined["_merge"] == "both").to_numpy()
    return _compare(name, plain[keys], plain[features], joined[features], found, config)


def _compare(
    name: str,
    keys: pd.DataFrame,
    served: pd.DataFrame,
    due: pd.DataFrame,
    found: Any,
    config: ConsistencyConfig | None,
) -> ConsistencyReport:
    config = config or ConsistencyConfig()
    lines, worst = [], []
    for feature in served.columns:
        left, right = (
            frame[feature].astype("float64").to_numpy(na_value=np.nan)[found]
            for frame in (served, due)
        )
        lacking = np.isnan(left) ^ np.isnan(right)
        gap = np.abs(left - right)
        apart = lacking | (gap > config.absolute + config.relative * np.abs(right))
        known = gap[~np.isnan(gap)]
        lines.append(
            FeatureConsistency(
                feature,
                compared=len(left),
                mismatches=int(apart.sum()),
                one_missing=int(lacking.sum()),
                largest=float(known.max(initial=0.0)),
                mean=float(known.mean()) if len(known) else 0.0,
            )
        )
        # A value that only one side has is worse than any number apart.
        size = np.where(lacking, np.inf, np.nan_to_num(gap))
        places = [i for i in np.argsort(-size, kind="stable")[: config.worst] if apart[i]]
        rows = keys[found].iloc[places].to_dict("records")
        for place, key in zip(places, rows, strict=True):
            named = {str(column): value for column, value in key.items()}
            worst.append(Difference(feature, named, float(left[place]), float(right[place])))
    return ConsistencyReport(name, len(keys), int((~found).sum()), tuple(lines), tuple(worst))
