"""Learn from a public set, examine, and leave model, table and card in a folder."""

from dataclasses import dataclass
from pathlib import Path

from autograder.errors import CourseError
from projects.fraud.learning.learning_run import Examined, Learned, LearningConfig, examine, learn
from projects.fraud.learning.material import Material
from projects.fraud.learning.model_card import card_of
from projects.fraud.learning.public_material import material_of_public
from projects.fraud.learning.registering import CARD_FILE, MODEL_FOLDER
from projects.fraud.learning.tuning import Progress
from projects.fraud.training import TrainingConfig
from projects.fraud.world.public_data import Kind, PublicData, load_public_data

TABLE_FILE = "table.csv"
_TOLD = {
    Kind.PAYMENTS: "Simulated payments of {name}, in the columns of the public set.",
    Kind.ANONYMISED: (
        "The anonymised card payments of {name}: V1 to V28 and the amount, split by time. It knows "
        "no cards, no terminals and no label delay, so precision at k counts payments, and each "
        "payment is drawn by itself for the intervals."
    ),
}


@dataclass(frozen=True)
class PublicRun:
    """Hold what came of learning from a public set; the card is Markdown."""

    material: Material
    learned: Learned
    examined: Examined
    card: str


def learn_from_public(
    path: Path,
    folder: Path,
    config: LearningConfig | None = None,
    training: TrainingConfig | None = None,
    progress: Progress = lambda _: None,
) -> PublicRun:
    """Read `path`, learn, look at the test period once, and write the outcome into `folder`.

    Raise CourseError where the file cannot be read, or does not cover the days that are needed.
    """
    config, training = config or LearningConfig(), training or TrainingConfig()
    data = load_public_data(path)
    progress(f"read {len(data.frame):,} payments ({data.kind})")
    try:
        material = material_of_public(data, training)
        learned = learn(material, config, progress=progress)
        examined = examine(material, learned, config, progress)
    except ValueError as error:
        raise CourseError(
            f"{path.name} cannot be learnt from: {error}.",
            mend=f"Training begins on day {training.start_day} and needs frauds in each period.",
        ) from error
    card = card_of(material, learned, examined, data=_said(data), config=config).to_markdown()
    learned.model.save(folder / MODEL_FOLDER)
    (folder / CARD_FILE).write_text(card, encoding="utf-8")
    examined.table.to_csv(folder / TABLE_FILE)
    return PublicRun(material, learned, examined, card)


def _said(data: PublicData) -> str:
    return _TOLD[data.kind].format(name=data.name)
