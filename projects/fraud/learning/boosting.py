"""Boosted trees by LightGBM, the same for the same data whatever the machine's number of cores."""

from dataclasses import asdict, dataclass

from lightgbm import LGBMClassifier


@dataclass(frozen=True)
class BoostingConfig:
    """Configure boosted trees; the defaults are LightGBM's own, by its names.

    `max_bin` is how many parts a feature's values are cut into, each as full as the next: of 255
    parts all frauds, one payment in a hundred, share two or three. `fraud_weight` multiplies the
    weight of frauds in the loss; above 1 it moves the probabilities away from what is observed,
    which calibration has to bring back.
    """

    n_estimators: int = 100
    learning_rate: float = 0.1
    num_leaves: int = 31
    min_child_samples: int = 20
    min_child_weight: float = 1e-3
    colsample_bytree: float = 1.0
    subsample: float = 1.0
    reg_lambda: float = 0.0
    path_smooth: float = 0.0
    max_bin: int = 255
    fraud_weight: float = 1.0

    def __post_init__(self) -> None:
        if self.fraud_weight <= 0:
            raise ValueError(f"fraud_weight must be above 0, is {self.fraud_weight}")

    def parameters(self) -> dict[str, float]:
        """Return the parameters as plain numbers, for a run's record."""
        return asdict(self)


def boosted_trees(config: BoostingConfig, seed: int) -> LGBMClassifier:
    """Return an unfitted classifier."""
    options = config.parameters()
    return LGBMClassifier(
        scale_pos_weight=options.pop("fraud_weight"),
        # LightGBM draws rows only where it is told how often.
        subsample_freq=int(config.subsample < 1),
        random_state=seed,
        deterministic=True,
        force_row_wise=True,
        n_jobs=1,
        verbosity=-1,
        **options,
    )
