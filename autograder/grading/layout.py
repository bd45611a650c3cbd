"""Where grading puts what it found, below one output folder for all labs of a cohort."""

from dataclasses import dataclass
from pathlib import Path

from autograder.errors import CourseError
from autograder.recording.addresses import sqlite_url, without_password
from autograder.writing import write_in_one_step


@dataclass(frozen=True)
class OutputLayout:
    """Name the files of a graded cohort; all lie below `root`."""

    root: Path

    @property
    def gradebook(self) -> Path:
        return self.root / "gradebook.db"

    @property
    def gradebook_url(self) -> str:
        """Return the address of the gradebook: the database it was graded into, else SQLite."""
        try:
            return self._address.read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return sqlite_url(self.gradebook)
        except OSError as error:
            raise CourseError(f"Cannot read {self._address}: {error.strerror}.") from error

    @property
    def has_gradebook(self) -> bool:
        """Tell whether a gradebook was written; a database elsewhere is taken at its word."""
        return self._address.is_file() or self.gradebook.is_file()

    def keep_gradebook_at(self, db_url: str) -> None:
        """Remember that the gradebook is at `db_url`; its password is not kept."""
        if db_url == sqlite_url(self.gradebook):
            self._address.unlink(missing_ok=True)
        else:
            write_in_one_step(self._address, without_password(db_url) + "\n")

    @property
    def _address(self) -> Path:
        return self.root / "gradebook.url"

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

    def folders(self, lab: str) -> list[Path]:
        """Return the folders with what was found of each submission for `lab`."""
        kinds = ("scorecards", "autograded", "feedback")
        return [path for kind in kinds for path in (self.root / kind).glob(f"*/{lab}")]

    def draft(self, lab: str) -> "OutputLayout":
        """Return where findings stand until they are decided on."""
        return OutputLayout(self.root / ".regrade" / lab)
