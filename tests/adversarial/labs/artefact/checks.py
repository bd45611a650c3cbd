"""What learners see of the checks."""

from autograder.checks import Run, check, expect


@check("files", points=1, once=True)
def writes_its_files(run: Run) -> None:
    names = run.files.names()
    for name in ("model.json", "table.csv", "table.parquet", "store.db"):
        expect(names, "the names of the files").to_contain(name)
