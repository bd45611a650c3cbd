"""Keep the files that a lab gives of earlier labs' answers as those labs leave them."""

from pathlib import Path

from autograder.chain.before import milestones_before
from autograder.chain.header import maker_of
from autograder.chain.leaving import Left, left_by
from autograder.chain.tidying import tidied
from autograder.contract.conventions import MANIFEST
from autograder.contract.manifest import LabManifest, load_manifest
from autograder.contract.telling import shown_as
from autograder.course.loading import load_course
from autograder.errors import CourseError
from autograder.paths import CoursePaths
from autograder.writing import write_in_one_step


def renew_given(paths: CoursePaths, folder: Path, *, write: bool = True) -> list[Path]:
    """Write what the lab in `folder` gives of earlier labs' answers, or only look.

    Return the files that differed from what they should be or were missing. What the lab leaves
    itself is made too, so that its author hears of it when it cannot be. Raise CourseError naming
    file, key and mend.
    """
    manifest = load_manifest(folder / MANIFEST)
    if manifest.milestone is None:
        return []
    before = _left_before(paths, folder, manifest)
    _refuse_orphans(paths, folder, manifest, before)
    wanted = {name: before[name] for name in manifest.give if name in before}
    _refuse_gaps(folder, manifest, wanted)
    changed = [
        path
        for name, left in wanted.items()
        if _differs(path := folder / name, _tidied(left, paths.labs / left.lab), write=write)
    ]
    for left in left_by(folder):
        _tidied(left, folder)
    return changed


def _left_before(paths: CoursePaths, folder: Path, manifest: LabManifest) -> dict[str, Left]:
    """Map names to the files that earlier milestones leave, of those that `manifest` may mean."""
    found: dict[str, Left] = {}
    for stone in milestones_before(load_course(paths), str(manifest.milestone)):
        maker = paths.labs / stone.id
        leaves = load_manifest(maker / MANIFEST).leaves if (maker / MANIFEST).is_file() else None
        if leaves is None:
            continue
        if manifest.leaves and manifest.leaves.module == leaves.module:
            raise CourseError(
                f"{shown_as(folder / MANIFEST)}: leaves.module: {maker.name} leaves a module "
                f"{leaves.module} already.",
                mend="Choose another name.",
            )
        if any(f"{Path(name).stem}_".startswith(f"{leaves.module}_") for name in manifest.give):
            found |= {left.name: left for left in left_by(maker)}
    return found


def _refuse_orphans(
    paths: CoursePaths, folder: Path, manifest: LabManifest, before: dict[str, Left]
) -> None:
    """Refuse a given file that says it was made from a lab that does not leave it, or no more."""
    for name in manifest.give:
        maker = maker_of(folder / name)
        if maker is None or (name in before and before[name].lab == maker):
            continue
        if not (paths.labs / maker / MANIFEST).is_file():
            why = "which is no lab of the course"
        elif name in before:
            why = f"but {before[name].lab} leaves a file of that name"
        else:
            why = "which is no earlier milestone that leaves it"
        raise CourseError(
            f"{shown_as(folder / MANIFEST)}: give: {name} was generated from {maker}, {why}.",
            mend=f"Delete {name} and take its name out of give, or bring back what leaves it.",
        )


def _refuse_gaps(folder: Path, manifest: LabManifest, wanted: dict[str, Left]) -> None:
    """Refuse to give a module without those that it imports."""
    for left in wanted.values():
        missing = sorted(left.needs - set(manifest.give))
        if missing:
            names = ", ".join(f'"{name}"' for name in (*manifest.give, *missing))
            raise CourseError(
                f"{shown_as(folder / MANIFEST)}: give: {left.name} imports {missing[0]}, which is "
                "not given.",
                mend=f"Write give = [{names}]",
            )


def _differs(path: Path, text: str, *, write: bool) -> bool:
    if path.is_file() and path.read_text(encoding="utf-8") == text:
        return False
    if path.exists() and maker_of(path) is None:
        raise CourseError(
            f"{shown_as(path)}: an earlier lab leaves a module of this name, but this file was "
            "not generated.",
            mend="Give your file another name, or delete it and run: lab fmt",
        )
    if write:
        write_in_one_step(path, text)
    return True


def _tidied(left: Left, maker: Path) -> str:
    return tidied(left.text, maker / left.name, shown_as(maker / MANIFEST))
