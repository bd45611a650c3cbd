"""The ladder of the model table: from chance, over rules and single models, to tuned trees."""

from projects.fraud.baselines import Candidate
from projects.fraud.baselines import candidates as baselines
from projects.fraud.learning.boosting import BoostingConfig, boosted_trees

RANDOM = "random"
FOREST = "forest"
DEFAULTS, TUNED = "boosted trees, defaults", "boosted trees, tuned"
# A weighted forest answers another question; see `imbalance`.
_LEFT_OUT = {"forest, balanced"}


def ladder(tuned: BoostingConfig, seed: int, trees: int) -> tuple[Candidate, ...]:
    """Return the candidates from the floor upwards; `trees` is the size of the forest."""
    known = [one for one in baselines(seed, trees) if one.name not in _LEFT_OUT]
    return (
        *known,
        Candidate(DEFAULTS, lambda: boosted_trees(BoostingConfig(), seed)),
        Candidate(TUNED, lambda: boosted_trees(tuned, seed)),
    )
