"""Where grading puts what it found, below one output folder for all labs of a cohort."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class OutputLayout:
    """Name the files of a graded cohort; all lie below `root`."""

    root: Path

    @property
    def gradebook(self) -> Path:
        return self.root / "gradebook.db"

    def report(self, lab: str) -> Path:
        return self.root / "reports" / f"{lab}.html"

    def scorecard(self, student: str, lab: str) -> Path:
        return self.root / "scorecards" / student / lab / "scorecard.json"

    def executed(self, student: str, lab: str) -> Path:
        """Return where nbgrader, too, looks for a submission that was run."""
        return self.root / "autograded" / student / lab / "lab.ipynb"

    def feedback(self, student: str, lab: str) -> Path:
        return self.root / "feedback" / student / lab / "lab.html"

    def scorecards(self, lab: str) -> list[Path]:
        """Return the scorecards there are for `lab`, by student."""
        return sorted((self.root / "scorecards").glob(f"*/{lab}/scorecard.json"))
