"""Make decisions of payments and their features, all of a batch in one call of the model."""

from collections.abc import Sequence

import numpy as np

from projects.fraud.contracts import Decision, Payment
from projects.fraud.scoring.models import Model


def decide(
    model: Model,
    payments: Sequence[Payment],
    rows: Sequence[np.ndarray],
    names: Sequence[str],
    *,
    reasons: int = 3,
) -> list[Decision]:
    """Return a decision for each payment, from its row (k,) of the features `names`.

    Raise ValueError for a model that asks for another feature, or a score that is no probability.
    """
    if not payments:
        return []
    matrix = np.stack(rows)[:, columns_of(model, names)]
    scores = model.scores(matrix)
    alerts = scores >= model.threshold
    return [
        Decision(
            transaction_id=payment.transaction_id,
            at=payment.at,
            customer_id=payment.customer_id,
            terminal_id=payment.terminal_id,
            amount_cents=payment.amount_cents,
            score=float(score),
            threshold=float(model.threshold),
            alert=bool(alert),
            model_version=model.version,
            reasons=tuple(model.reasons(row, reasons)) if alert and reasons else (),
        )
        for payment, score, alert, row in zip(payments, scores, alerts, matrix, strict=True)
    ]


def columns_of(model: Model, names: Sequence[str]) -> list[int]:
    """Return where each feature of the model stands among `names`."""
    missing = [name for name in model.features if name not in names]
    if missing:
        raise ValueError(
            f"Model {model.version} asks for {missing[0]!r}, which the windows do not compute; "
            f"they compute {list(names)}."
        )
    return [names.index(name) for name in model.features]
