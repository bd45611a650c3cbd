"""Train and examine on one of the public sets, by the same code as on the simulator's world."""

import json
from pathlib import Path

from rich.console import Console

from autograder.errors import CourseError
from projects.fraud.learning.learning_run import LearningConfig, examine, learn
from projects.fraud.learning.model_card import card_of
from projects.fraud.learning.public_material import material_of_public
from projects.fraud.story.page import write_page
from projects.fraud.story.play import FIGURES, Told
from projects.fraud.story.telling import Teller
from projects.fraud.training import TrainingConfig
from projects.fraud.world.public_data import load_public_data

_STEPS = 3


def examine_public_data(path: Path, config: LearningConfig, output: Path, console: Console) -> Path:
    """Write the model table, the card and a page about the set at `path`; return the page.

    No server is needed. Raise CourseError where the set cannot be read or is too short to be split.
    """
    output.mkdir(parents=True, exist_ok=True)
    teller, told = Teller(console, _STEPS), Told()
    with teller.step("load") as step:
        data = load_public_data(path)
        step.say(f"{len(data.frame):,} payments: {data.kind.value}")
        try:
            material = material_of_public(data, TrainingConfig())
        except ValueError as error:
            raise CourseError(
                f"{path} cannot be split into weeks: {error}.", mend="Give all of the set's days."
            ) from error
    with teller.step("train") as step:
        learned = learn(material, config, progress=teller.progress)
        step.say(f"{len(learned.trials)} trials of the search")
    with teller.step("examine") as step:
        found = examine(material, learned, config, progress=teller.progress)
        step.say(found.ordering.sentence())
    card = card_of(material, learned, found, data=data.name, config=config)
    (output / "model_card.md").write_text(card.to_markdown(), encoding="utf-8")
    exam = material.final
    told.shown["table"] = found.table
    told.shown["curves"] = (
        exam.labels,
        {"tuned model": learned.model.margins(material.matrix(exam.test))},
    )
    told.figures["models"] = {
        name: {figure: vars(one) for figure, one in row.items()}
        for name, row in found.estimates.items()
    }
    (output / FIGURES).write_text(json.dumps(told.figures, indent=2) + "\n", encoding="utf-8")
    console.print(found.table.to_string(), highlight=False)
    page = write_page(told, teller.steps, output)
    console.print(f"\nPage: {page}", highlight=False)
    return page
