"""Make either public set into material, so that the same learning runs on both."""

import numpy as np
import pandas as pd

from projects.fraud import columns as c
from projects.fraud.features import add_features
from projects.fraud.learning.material import (
    EARLIER_WEEKS,
    Exam,
    Material,
    material_of_payments,
)
from projects.fraud.training import TrainingConfig
from projects.fraud.world.public_data import ANONYMISED_FEATURES, Kind, PublicData

# Shares of the time that the anonymised set covers: where training begins, ends, and the exam ends.
_TUNING, _REHEARSAL, _FINAL = (0.0, 0.4, 0.6), (0.2, 0.6, 0.8), (0.4, 0.8, 1.0)
PAYMENT_PRECISION = "payment precision (the data knows no cards)"


def material_of_public(data: PublicData, training: TrainingConfig) -> Material:
    """Return the exams of a public set.

    The simulated set is split as `material_of_payments` says. The anonymised set covers two days
    and does not say when labels became known: it is split by time without a delay, its features
    are V1 to V28 and the amount, and precision@k counts payments.
    """
    if data.kind is Kind.PAYMENTS:
        return material_of_payments(
            add_features(data.frame, training.features), training, EARLIER_WEEKS
        )
    frame = data.frame
    ends = np.quantile(frame[c.TX_TIME_SECONDS], np.unique([*_TUNING, *_REHEARSAL, *_FINAL]))
    at = dict(zip(np.unique([*_TUNING, *_REHEARSAL, *_FINAL]).tolist(), ends, strict=True))

    def between(low: float, high: float) -> pd.DataFrame:
        time = frame[c.TX_TIME_SECONDS]
        # The last part takes the last second in.
        return frame[(time >= at[low]) & ((time < at[high]) | (high == 1.0))]

    def exam(shares: tuple[float, float, float]) -> Exam:
        return Exam(between(*shares[:2]), between(*shares[1:]))

    return Material(
        features=ANONYMISED_FEATURES,
        tuning=(exam(_TUNING),),
        rehearsal=exam(_REHEARSAL),
        train=between(*_FINAL[:2]),
        cut_test=lambda: between(*_FINAL[1:]),
        precision=PAYMENT_PRECISION,
    )
