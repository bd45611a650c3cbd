"""Every notebook inside the nbgrader package, as an assignment and a submission of its own."""

import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat

from autograder.demo.third_party import package_root

STUDENT, NOTEBOOK = "ann", "nb"
# One limit for both graders, so that endless loops end alike, and soon.
CELL_SECONDS = 8
_AUTOTEST = re.compile(r"(autotest-[a-z]+)-(?:un)?changed(?:-[a-z]+)?")
CONFIG = f"""c = get_config()
c.Execute.timeout = {CELL_SECONDS}
# A kernel that holds gigabytes takes its time to answer an interrupt where others work too.
c.Execute.iopub_timeout = 60
c.ClearSolutions.enforce_metadata = False
c.Exchange.root = "exchange"
"""


@dataclass(frozen=True)
class Pairing:
    """Pair a submission of the package with the source it was made from, or with itself."""

    name: str
    source: Path
    submitted: Path

    @property
    def assignment(self) -> str:
        """Name the assignment as nbgrader allows it."""
        return re.sub(r"[^A-Za-z0-9_-]", "-", self.name)


def pairings() -> list[Pairing]:
    """List every notebook of the package's fixtures and of its guide's ps1."""
    root = package_root()
    found: list[Pairing] = []
    seen: set[tuple[bytes, bytes]] = set()
    for part in ("apps", "preprocessors"):
        folder = root / "tests" / part / "files"
        for path in sorted(folder.glob("*.ipynb")):
            pairing = Pairing(f"{part}/{path.stem}", folder / _source_of(path), path)
            # Some stand in both folders, byte for byte.
            content = (pairing.source.read_bytes(), path.read_bytes())
            if content not in seen:
                seen.add(content)
                found.append(pairing)
    guide = root / "docs" / "source" / "user_guide"
    for path in sorted(guide.glob("submitted/*/ps1/*.ipynb")):
        name = f"user_guide/{path.parts[-3]}/{path.stem}"
        found.append(Pairing(name, guide / "source" / "ps1" / path.name, path))
    return found


def lay_out(course: Path, chosen: list[Pairing]) -> None:
    """Write an nbgrader course in which every pairing is an assignment with one submission."""
    files = package_root() / "tests" / "apps" / "files"
    beside = [files / "data.txt", files / "jupyter.png"]
    for pairing in chosen:
        source = course / "source" / pairing.assignment
        submitted = course / "submitted" / STUDENT / pairing.assignment
        for folder, notebook in ((source, pairing.source), (submitted, pairing.submitted)):
            folder.mkdir(parents=True)
            shutil.copy(notebook, folder / f"{NOTEBOOK}.ipynb")
            for file in beside:
                shutil.copy(file, folder)
    # Generated tests look for their templates in the course's folder.
    shutil.copy(files / "autotests.yml", course)
    (course / "nbgrader_config.py").write_text(CONFIG, encoding="utf-8")


def _source_of(path: Path) -> str:
    if path.stem.startswith("submitted-"):
        return "submitted-unchanged.ipynb"
    match = _AUTOTEST.fullmatch(path.stem)
    return f"{match[1]}.ipynb" if match else path.name


def make_up(folder: Path) -> list[Pairing]:
    """Write submissions that show what the package's own do not; return them."""
    cases = {
        "kernel-dies": ("import os\nos._exit(1)", "assert square(2) == 4"),
        "warns": (
            "import warnings\ndef square(x):\n    warnings.warn('slow')\n    return x * x",
            "assert square(2) == 4",
        ),
        "ignores-interrupts": (
            "import time\ndef square(x):\n    while True:\n        try:\n"
            "            time.sleep(60)\n        except KeyboardInterrupt:\n            pass",
            "assert square(2) == 4",
        ),
        "strips-asserts": (
            "import ast\nclass Gone(ast.NodeTransformer):\n"
            "    def visit_Assert(self, node):\n        return ast.Pass()\n"
            "get_ipython().ast_transformers.append(Gone())",
            "assert square(2) == 4",
        ),
        "agrees-to-all": (
            "class Yes(int):\n    def __eq__(self, other):\n        return True\n"
            "def square(x):\n    return Yes(0)",
            "assert square(2) == 4",
        ),
        "right": ("def square(x):\n    return x * x", "assert square(2) == 4"),
        "wrong": ("def square(x):\n    return x + x", "assert square(3) == 9"),
    }
    found = []
    for name, (answer, test) in cases.items():
        paths = [folder / kind / f"{name}.ipynb" for kind in ("source", "submitted")]
        for path, code in zip(paths, ("raise NotImplementedError()", answer), strict=True):
            path.parent.mkdir(parents=True, exist_ok=True)
            nbformat.write(_notebook(code, test), path)
        found.append(Pairing(f"made_up/{name}", *paths))
    right = next(pairing for pairing in found if pairing.name == "made_up/right")
    deleted = nbformat.read(right.submitted, as_version=4)
    deleted.cells = deleted.cells[:1]
    path = folder / "submitted" / "deletes-the-test.ipynb"
    nbformat.write(deleted, path)
    return [*found, Pairing("made_up/deletes-the-test", right.source, path)]


def _notebook(answer: str, test: str) -> Any:
    cells = [
        _cell("answer", answer, solution=True),
        _cell("test", test, grade=True, points=1, locked=True),
    ]
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": spec})


def _cell(name: str, source: str, **facts: Any) -> Any:
    usual = {"grade": False, "solution": False, "locked": False, "task": False}
    metadata = {**usual, "grade_id": name, "schema_version": 3, **facts}
    return nbformat.v4.new_code_cell(source, metadata={"nbgrader": metadata}, id=name)
