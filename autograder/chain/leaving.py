"""Make the module that a lab leaves out of its official answers."""

import ast
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode

from autograder.chain.header import header, maker_of
from autograder.chain.names import (
    Import,
    bound_by,
    inner_imports,
    names_of,
    renamed,
    roots,
    single_imports,
    with_replaced,
)
from autograder.contract.conventions import (
    BEGIN_SOLUTION,
    END_SOLUTION,
    MANIFEST,
    NOTEBOOK,
    SETUP,
)
from autograder.contract.deriving import solution_of
from autograder.contract.manifest import LabManifest, Leaves, load_manifest
from autograder.contract.notebooks import cells_by_grade_id, read_notebook
from autograder.contract.syntax import bound_names, parsed
from autograder.contract.telling import known_names, shown_as
from autograder.errors import CourseError

_WIDTH = 95


@dataclass(frozen=True)
class Left:
    """Hold one file that a lab leaves, and which other files of the chain it imports."""

    lab: str
    name: str
    text: str
    needs: frozenset[str]


def left_by(folder: Path) -> list[Left]:
    """Make the files that the lab in `folder` leaves: its module, then what that imports.

    The lab's own given files go along as MODULE_NAME.py; those that it was given by earlier labs
    keep their names. Without a table `leaves` the list is empty. Raise CourseError where a cell
    could not stand in a module.
    """
    manifest = load_manifest(folder / MANIFEST)
    if manifest.leaves is None:
        return []
    shown = shown_as(folder / NOTEBOOK)
    notebook = solution_of(read_notebook(folder / NOTEBOOK, strict_ids=True, shown_as=shown), shown)
    return _Leaving(folder, manifest, manifest.leaves, notebook).files()


@dataclass(frozen=True)
class _Leaving:
    """Hold what all steps of making one lab's module ask for."""

    folder: Path
    manifest: LabManifest
    leaves: Leaves
    notebook: NotebookNode

    def files(self) -> list[Left]:
        trees = {name: self._tree(name, source) for name, source in self._sources().items()}
        imports = [node for _, tree in trees.values() for node in single_imports(tree)]
        imports += self._imports_of_setup(trees)
        inner = [node for _, tree in trees.values() for node in inner_imports(tree)]
        head = "\n".join(sorted({renamed(node, self._new_names()) for node in imports}))
        bodies = [self._without_imports(source, tree) for source, tree in trees.values()]
        module = Left(
            self.manifest.id,
            f"{self.leaves.module}.py",
            "\n\n\n".join([header(self.manifest.id, NOTEBOOK) + self._docstring(), head, *bodies]),
            self._needs([*imports, *inner]),
        )
        return [module, *self._companions(module.needs)]

    def _sources(self) -> dict[str, str]:
        """Give the source of each cell in its solution form, the marks taken out."""
        cells = cells_by_grade_id(self.notebook)
        found = {}
        for name in self.leaves.cells:
            if name not in cells or cells[name].cell_type != "code":
                raise self._refused(
                    f"{NOTEBOOK} has no code cell {name!r}.", known_names(name, list(cells))
                )
            kept = (
                line
                for line in cells[name].source.splitlines()
                if BEGIN_SOLUTION not in line and END_SOLUTION not in line
            )
            found[name] = "\n".join(kept).strip("\n") + "\n"
        return found

    def _tree(self, name: str, source: str) -> tuple[str, ast.Module]:
        try:
            return source, ast.parse(source)
        except (SyntaxError, ValueError) as error:
            raise self._refused(
                f"the cell {name!r} is no Python that a module could hold ({error}).",
                "Take magics out of it, or take the cell out of leaves.cells.",
            ) from error

    def _imports_of_setup(self, trees: dict[str, tuple[str, ast.Module]]) -> list[Import]:
        """Find the imports of the setup cell that the cells use; refuse names nobody would have."""
        cells = cells_by_grade_id(self.notebook)
        names = {name: names_of(source) for name, (source, _) in trees.items()}
        made = {name for of_cell in names.values() for name in of_cell.made}
        opening = parsed(cells[SETUP].source) if SETUP in cells else None
        offered = single_imports(opening) if opening else []
        known = {bound_by(node.names[0]) for node in offered}
        for cell, of_cell in names.items():
            if lost := sorted(of_cell.used - made - known):
                raise self._refused(
                    f"the cell {cell!r} uses {lost[0]!r}, which it would not have as a module"
                    f"{self._whence(lost[0])}.",
                    f"Let the cell take {lost[0]!r} as an argument or make it itself, or take the "
                    "cell out of leaves.cells.",
                )
        wanted = {name for of_cell in names.values() for name in of_cell.used} - made
        return [node for node in offered if bound_by(node.names[0]) in wanted]

    def _whence(self, name: str) -> str:
        for cell in self.notebook.cells:
            if cell.cell_type == "code" and name in bound_names(parsed(cell.source)):
                return f" (the cell {cell.id!r} of the notebook makes it)"
        return ""

    def _without_imports(self, source: str, tree: ast.Module) -> str:
        """Give a cell's text without its imports at the top, which all stand at the module's."""
        gone = [(node, "") for node in tree.body if isinstance(node, Import)]
        text = with_replaced(source, [*gone, *self._changes(inner_imports(tree))])
        try:
            ast.parse(text)
        except SyntaxError as error:
            raise self._refused(
                "an import shares its line with another statement.",
                f"Give it a line of its own: {(error.text or '').strip()}",
            ) from error
        return text.strip("\n")

    def _changes(self, imports: Iterable[Import]) -> list[tuple[ast.stmt, str]]:
        own = set(self._new_names())
        return [(node, renamed(node, self._new_names())) for node in imports if roots([node]) & own]

    def _new_names(self) -> dict[str, str]:
        """Map the modules among the lab's own given files to the names they go along under."""
        own = [name for name in self._modules_given() if name not in self._inherited()]
        return {Path(name).stem: f"{self.leaves.module}_{Path(name).stem}" for name in own}

    def _modules_given(self) -> list[str]:
        return [name for name in self.manifest.give if "/" not in name and name.endswith(".py")]

    def _inherited(self) -> set[str]:
        """Name the given modules that earlier labs leave; one not made yet can only be such."""
        paths = [self.folder / name for name in self._modules_given()]
        return {path.name for path in paths if maker_of(path) or not path.exists()}

    def _needs(self, imports: Iterable[Import]) -> frozenset[str]:
        """Name the files of the chain that `imports` load."""
        loaded = roots(imports)
        for name in self.manifest.give:
            path = Path(name)
            if len(path.parts) > 1 and path.parts[0] in loaded:
                raise self._refused(
                    f"the cells import from the folder {path.parts[0]}/, which stays behind.",
                    "Give what they import as one file beside the notebook.",
                )
        own = {f"{new}.py" for stem, new in self._new_names().items() if stem in loaded}
        return frozenset(own | {n for n in self._inherited() if Path(n).stem in loaded})

    def _companions(self, needs: Iterable[str]) -> list[Left]:
        """Make the given files that the module imports, and those that they import."""
        files = {f"{new}.py": f"{stem}.py" for stem, new in self._new_names().items()}
        todo = sorted(name for name in needs if name in files)
        made: dict[str, Left] = {}
        while todo:
            name = todo.pop()
            text = (self.folder / files[name]).read_text(encoding="utf-8")
            tree = ast.parse(text, filename=shown_as(self.folder / files[name]))
            imports = [node for node in ast.walk(tree) if isinstance(node, Import)]
            text = header(self.manifest.id, files[name]) + with_replaced(
                text, self._changes(imports)
            )
            made[name] = Left(self.manifest.id, name, text, self._needs(imports))
            todo += sorted(new for new in made[name].needs if new in files and new not in made)
        return [made[name] for name in sorted(made)]

    def _docstring(self) -> str:
        title = self.manifest.title.replace("\\", "\\\\").replace('"', '\\"')
        said = textwrap.fill(f"{title}. Generated from the lab's notebook.", _WIDTH)
        return f'"""The official answers of {self.manifest.id}, as a module.\n\n{said}\n"""\n'

    def _refused(self, told: str, mend: str) -> CourseError:
        return CourseError(f"{shown_as(self.folder / MANIFEST)}: leaves.cells: {told}", mend=mend)
