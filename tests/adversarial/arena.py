"""Grade hostile submissions among good ones as an instructor would, and see what became of all."""

import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from autograder.contract.lab import Lab, load_lab
from autograder.grading.layout import OutputLayout
from autograder.scoring import Scorecard, read_scorecard

from . import machine
from .attack import Attack, submit_honestly

_SAMPLES = Path(__file__).parents[1] / "samples"
_LABS = Path(__file__).parent / "labs"
# Hostile submissions run to their limits, so the limits are short; honest ones need a tenth.
_LIMITS = """[limits]
seconds = 30
cell_seconds = 4
probe_seconds = 4
memory_mb = 600
output_mb = 1
file_mb = 64
"""
_PROGRAM = "from autograder.cli.app import main; main()"
_WITHOUT_WALLS = f"""
from autograder.cli import cohort
from autograder.execution import detect_confinement
cohort.detect_confinement = lambda: detect_confinement(wanted=False)
{_PROGRAM}
"""
HELD_OUT = "271828"
_GOOD_EVERY = 12
_MOST_SECONDS = 1500


@dataclass(frozen=True)
class Arena:
    """Name the folders of one course, cohort and machine that attacks are let loose on."""

    root: Path
    secret: str

    @property
    def course(self) -> Path:
        return self.root / "course"

    @property
    def submitted(self) -> Path:
        return self.root / "submitted"

    @property
    def output(self) -> Path:
        return self.root / "graded"

    @property
    def home(self) -> Path:
        return self.root / "home"

    @property
    def tmp(self) -> Path:
        return self.root / "tmp"


@dataclass
class Outcome:
    """Hold what came of a cohort."""

    arena: Arena
    cards: dict[tuple[str, str], Scorecard] = field(default_factory=dict)
    """Student and lab to scorecard."""
    exit_codes: list[int] = field(default_factory=list)
    said: str = ""
    seconds: float = 0.0
    harm: list[str] = field(default_factory=list)
    """What is not as it was, in words."""

    def layout(self) -> OutputLayout:
        return OutputLayout(self.arena.output)


@contextmanager
def arena() -> Iterator[Arena]:
    """Make a course with secrets in it, and a home and temporary folder with canaries."""
    # Not pytest's folder: its path is too long for the sockets below it.
    with tempfile.TemporaryDirectory(prefix="arena-") as folder:
        made = Arena(Path(folder), f"secret-{secrets.token_hex(12)}")
        made.root.chmod(0o755)
        shutil.copytree(_SAMPLES, made.course)
        shutil.copytree(_LABS, made.course / "labs", dirs_exist_ok=True)
        for lab in (made.course / "labs").iterdir():
            _shorten(lab / "lab.toml")
            for name in ("hidden_checks.py", "mutants.toml", "lab.toml"):
                with (lab / name).open("a") as file:
                    file.write(f"\n# {made.secret}\n")
        for place in (made.home, made.tmp, made.submitted, made.course / ".git"):
            place.mkdir()
        for name in (".bashrc", ".netrc", "notes.txt"):
            (made.home / name).write_text(f"{made.secret}\n")
        (made.course / ".git" / "HEAD").write_text(made.secret)
        (made.course / "gradebook.db").write_bytes(made.secret.encode())
        yield made


def _shorten(manifest: Path) -> None:
    text = re.sub(r"\[limits\]\n([a-z_]+ = .*\n)+", _LIMITS, manifest.read_text())
    manifest.write_text(text.replace("90210", HELD_OUT))


def student(number: int, attack: Attack) -> str:
    """Return the name under which an attack is handed in."""
    return f"{number:03d}-{attack.name}"


def honest_student(name: str) -> str:
    """Return the name under which an honest twin is handed in."""
    return f"000-{name.replace(', ', '-').replace(' ', '-')}"


def run_cohorts(
    made: Arena, attacks: Sequence[Attack], workers: int = 2, *, walls: bool = True
) -> Outcome:
    """Hand in `attacks`, their honest twins and good work between them; grade all of it.

    Without `walls` the limits alone are in force, to show that it is the walls that hold.
    """
    outcome = Outcome(made)
    with machine.listening(made.tmp) as listener, machine.victim() as victim:
        for lab_id in sorted({attack.lab for attack in attacks}):
            lab = load_lab(made.course / "labs" / lab_id)
            _hand_in(made, lab, [a for a in attacks if a.lab == lab_id], listener.port)
        labs = sorted({attack.lab for attack in attacks})
        machine.adopt_orphans()
        running = machine.descendants()
        before = machine.tree_digest(made.course, made.home, made.submitted)
        begun = time.monotonic()
        for lab_id in labs:
            _grade(outcome, lab_id, workers, _PROGRAM if walls else _WITHOUT_WALLS)
        outcome.seconds = time.monotonic() - begun
        outcome.harm += [f"still running: {line}" for line in machine.left_running(running)]
        after = machine.tree_digest(made.course, made.home, made.submitted)
        outcome.harm += [
            f"changed: {path}"
            for path in sorted(before.keys() | after.keys())
            if before.get(path) != after.get(path) and not _is_cache(path)
        ]
        outcome.harm += [f"left: {path}" for path in machine.marks_left(made.root)]
        stray = [p for p in made.tmp.iterdir() if p.name != "listener"]
        outcome.harm += [f"temporary: {path}" for path in stray]
        outcome.harm += [f"called: {words!r}" for words in listener.heard]
        if victim.poll() is not None:
            outcome.harm.append("a process of the grader's user was killed")
    for lab_id in labs:
        for path in outcome.layout().scorecards(lab_id):
            card = read_scorecard(path)
            outcome.cards[card.student, lab_id] = card
    return outcome


def _is_cache(path: str) -> bool:
    """Tell whether grading itself keeps something there, such as Matplotlib's list of fonts."""
    return "/home/.cache" in path or "__pycache__" in path or path.endswith("/home/.config")


def _hand_in(made: Arena, lab: Lab, attacks: Sequence[Attack], port: int) -> None:
    places = {
        "@COURSE@": str(made.course),
        "@OUTPUT@": str(made.output),
        "@SUBMITTED@": str(made.submitted),
        "@HOME@": str(made.home),
        "@TMP@": str(made.tmp),
        "@PORT@": str(port),
        "@PREFIX@": sys.prefix,
        "@BASE@": sys.base_prefix,
    }
    for honest in {attack.honest for attack in attacks}:
        submit_honestly(lab, honest, _folder(made, honest_student(honest), lab))
    for number, attack in enumerate(attacks, start=1):
        folder = _folder(made, student(number, attack), lab)
        attack.submit(lab, folder)
        _fill_in(folder, places)
        if number % _GOOD_EVERY == 0:
            submit_honestly(lab, "solution", _folder(made, f"{number:03d}~good", lab))
    for name in ("000-good", "999-good"):
        submit_honestly(lab, "solution", _folder(made, name, lab))


def _folder(made: Arena, name: str, lab: Lab) -> Path:
    folder = made.submitted / name / lab.manifest.id
    folder.mkdir(parents=True)
    return folder


def _fill_in(folder: Path, places: dict[str, str]) -> None:
    """Tell an attack where everything lies: it is to be stopped by walls, not by ignorance."""
    for path in (folder, *folder.glob("*")) if not folder.is_symlink() else (folder,):
        if path.is_symlink():
            target = _told(str(path.readlink()), places)
            path.unlink()
            path.symlink_to(target)
        elif path.is_file() and path.stat().st_size < 30 << 20:
            content = path.read_bytes()
            if b"@" in content:
                for sign, place in places.items():
                    content = content.replace(sign.encode(), json.dumps(place)[1:-1].encode())
                path.write_bytes(content)


def _told(text: str, places: dict[str, str]) -> str:
    for sign, place in places.items():
        text = text.replace(sign, place)
    return text


def _grade(outcome: Outcome, lab_id: str, workers: int, program: str) -> None:
    made = outcome.arena
    environment = {
        **os.environ,
        "HOME": str(made.home),
        "TMPDIR": str(made.tmp),
        "GRADER_SECRET": made.secret,
        "LAB_COURSE": str(made.course),
    }
    environment.pop("XDG_CACHE_HOME", None)
    command = [sys.executable, "-c", program, "grade", lab_id]
    command += ["--submitted", str(made.submitted), "--output", str(made.output)]
    command += ["--workers", str(workers), "--json"]
    done = subprocess.run(
        command, env=environment, cwd=made.course, text=True, errors="replace",
        timeout=_MOST_SECONDS,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    outcome.exit_codes.append(done.returncode)
    outcome.said += done.stdout
