"""Train and examine on one of the public sets, by the same code as on the simulator's world."""

from pathlib import Path

from rich.console import Console

from projects.fraud.learning.learning_run import LearningConfig
from projects.fraud.learning.public_material import PAYMENT_PRECISION
from projects.fraud.learning.public_run import learn_from_public
from projects.fraud.story.cards import cards_by_day
from projects.fraud.story.page import write_page
from projects.fraud.story.telling import Teller
from projects.fraud.story.told import Told


def examine_public_data(path: Path, config: LearningConfig, output: Path, console: Console) -> Path:
    """Write the model, its table and card, and a page about the set at `path`; return the page.

    No server is needed. Raise CourseError where the set cannot be read or is too short to be split.
    """
    output.mkdir(parents=True, exist_ok=True)
    teller, told = Teller(console, steps=1), Told()
    with teller.step("learn and examine") as step:
        run = learn_from_public(path, output, config, progress=teller.progress)
        step.say(run.examined.ordering.sentence())
    exam, model = run.material.final, run.learned.model
    margins = model.margins(run.material.matrix(exam.test))
    told.shown = {
        "table": run.examined.table,
        "curves": (exam.labels, {"tuned model": margins}),
    }
    if run.material.precision != PAYMENT_PRECISION:
        champion = ("tuned model", model)
        cards = cards_by_day(run.material, run.learned, run.examined, champion, config)
        told.shown["cards"], told.figures["cards"] = cards, cards.as_figures()
    told.figures["models"] = {
        name: {figure: vars(one) for figure, one in row.items()}
        for name, row in run.examined.estimates.items()
    }
    told.write_figures(output)
    console.print(run.examined.table.round(3).to_string(), highlight=False)
    page = write_page(told, teller.steps, output)
    console.print(f"\nPage: {page}", highlight=False)
    return page
