"""The hidden checks of the gate."""

import json

from hidden_answers import word, world

from autograder.checks import Run, check, expect

MANIFEST = '[project]\nname = "x"\nversion = "1"\ndependencies = [{}]\n'


def broken(run: Run, what: str, **parts: object) -> list[list[str]]:
    """Return [path, rule] of the problems, having held the exit code against them."""
    change = {"message": "fix: x", "files": [], "manifest": None, "lock": None} | parts
    got = expect(run.call("gate", change), f"gate({what})")
    problems = got.at("problems").to_be_a(list).value
    found = [[expect(p, "a problem").at(key).value for key in ("path", "rule")] for p in problems]
    got.at("exit_code").to_equal(1 if found else 0)
    return found


def file(path: str, text: str | None, status: str = "A", size: int = 10) -> dict:
    """Return one file of a change."""
    return {"path": path, "status": status, "size": size, "text": text}


def notebook(*cells: dict) -> str:
    """Return the text of a notebook of these cells."""
    return json.dumps({"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def code(outputs: list, count: int | None) -> dict:
    """Return a code cell."""
    return {"cell_type": "code", "outputs": outputs, "execution_count": count, "source": "1"}


@check(
    "gate",
    points=1,
    needs="lets_good_pass_and_stops_bad",
    feedback="Somebody wants to delete the pickles and the large files of last year.",
)
def lets_people_clean_up(run: Run) -> None:
    files = [
        file("big.csv", None, "D", 9_000_000),
        file("m/old.joblib", None, "D", 0),
        file("n.ipynb", None, "D", 0),
    ]
    expect(broken(run, "deletions", files=files), "gate(deletions)").to_equal([])
    files = [file("m/old.joblib", None, "M"), file("m/New.Pickle", None)]
    due = [["m/New.Pickle", "pickle"], ["m/old.joblib", "pickle"]]
    expect(broken(run, "two pickles", files=files), "gate(two pickles)").to_equal(due)


@check(
    "gate",
    points=1,
    needs="lets_good_pass_and_stops_bad",
    feedback="Notebooks: an execution count alone, markdown cells, files that are no notebook.",
)
def looks_into_notebooks(run: Run) -> None:
    printed = {"output_type": "stream", "name": "stdout", "text": "customer 4711"}
    prose = {"cell_type": "markdown", "source": "outputs"}
    good = [
        file("a.ipynb", notebook(prose, code([], None))),
        file("b.ipynb", notebook()),
        file("c.ipynb.md", "not json"),
    ]
    expect(broken(run, "clean notebooks", files=good), "gate(clean notebooks)").to_equal([])
    bad = [
        file("d.ipynb", notebook(prose, code([], None), code([printed], None))),
        file("e.ipynb", notebook(code([], 3))),
        file("f.ipynb", "{not json"),
        file("g.ipynb", None),
        file("h.ipynb", '{"metadata": {}}'),
        file("i.ipynb", "[]"),
    ]
    due = [[one["path"], "notebook_outputs"] for one in bad]
    expect(broken(run, "bad notebooks", files=bad), "gate(bad notebooks)").to_equal(due)


@check(
    "gate",
    points=1,
    needs="lets_good_pass_and_stops_bad",
    feedback="Messages at the edge: 72 characters, scopes, a breaking change, a second line.",
)
def reads_commit_messages(run: Run) -> None:
    subject = word(world(run, "message"), 6)
    room = 72 - len("feat: ")
    good = (
        f"feat: {subject}",
        f"fix(stream-2): {subject}",
        f"refactor!: {subject}",
        f"ci(a b)!: {subject}",
        "feat: " + "x" * room,
        f"docs: {subject}\n\nLong lines may follow: {'y' * 100}\n",
        f"docs: {subject}\n",
        f"chore: {subject}\n \nmore",
    )
    for message in good:
        found = broken(run, repr(message), message=message)
        expect(found, f"gate(the message {message!r})").to_equal([])
    bad = (
        subject,
        "",
        f"Feat: {subject}",
        f"feature: {subject}",
        f"feat {subject}",
        f"feat:{subject}",
        f"feat:  {subject}",
        "feat: ",
        f"feat(): {subject}",
        f"(api): {subject}",
        f"see feat: {subject}",
        "feat: " + "x" * (room + 1),
        f"fix: {subject}\nand at once more",
        f"\nfix: {subject}",
    )
    for message in bad:
        found = broken(run, repr(message), message=message)
        expect(found, f"gate(the message {message!r})").to_equal([["", "commit_message"]])


@check(
    "gate",
    points=1,
    needs="lets_good_pass_and_stops_bad",
    feedback="Just at the limit is not above it; a marker stands at the start of a line; and a "
    "heading may be underlined.",
)
def stops_at_the_edge_and_not_before(run: Run) -> None:
    marks = {"left": "<" * 7 + " HEAD\n", "right": ">" * 7 + " theirs\n"}
    good = [
        file("a.csv", None, size=500_000),
        file("b.md", "Heading\n=======\n\ntext\n"),
        file("c.py", "x = '" + marks["left"].strip() + "'\n  " + marks["right"]),
        file("d.py", "<" * 7 + "\n" + "<" * 8 + " x\n" + ">" * 6 + " x\n"),
        file("pickle.py", "import pickle\n"),
        file("a.pkl.md", "x"),
    ]
    expect(broken(run, "just allowed", files=good), "gate(what is just allowed)").to_equal([])
    bad = [
        file("z.csv", None, size=500_001),
        file("y.py", "a\n" + marks["right"]),
        file("x.py", marks["left"] + marks["left"]),
    ]
    due = [["x.py", "merge_marker"], ["y.py", "merge_marker"], ["z.csv", "too_large"]]
    expect(broken(run, "just too much", files=bad), "gate(what is just too much)").to_equal(due)


@check(
    "gate",
    points=1,
    needs="holds_the_lock_to_the_manifest",
    feedback="Names in other spellings, extras, 2.10 against 2.9, pins that nobody asked for, and "
    "a lock or manifest that is not there.",
)
def compares_names_and_versions_as_pip_does(run: Run) -> None:
    other = word(world(run, "package"))
    good = (
        ('"Scikit_Learn>=1.5"', "scikit-learn==1.10.0"),
        ('"pandas>=2.9"', "pandas==2.10.0 \\\n    --hash=sha256:00"),
        ('"ruamel.yaml"', f"{other}==1.0\nruamel-yaml==0.18"),
        ('"uvicorn[standard]>=0.30,<1"', "# uvicorn==9\nuvicorn==0.34.0"),
        ("", ""),
        (f'"{other}==1.0"', f"{other}==1.0"),
    )
    for needed, lock in good:
        found = broken(run, lock, manifest=MANIFEST.format(needed), lock=lock)
        expect(found, f"gate({needed} with the lock {lock!r})").to_equal([])
    bad = (
        (f'"pandas", "{other}"', "pandas==2.2.3", other),
        ('"pandas>=2.10"', "pandas==2.9.1", "pandas"),
        ('"Uvicorn[standard]>=0.30,<1"', "uvicorn==1.0", "Uvicorn"),
        ('"numpy"', "numpy-financial==1.0\n# numpy==1.0", "numpy"),
        ('"numpy"', None, "numpy"),
    )
    for needed, lock, name in bad:
        parts = {"manifest": MANIFEST.format(needed), "lock": lock}
        found = broken(run, needed, **parts)
        place = f"gate({needed} with the lock {lock!r})"
        expect(found, place).to_equal([["requirements.lock", "lock_disagrees"]])
        change = {"message": "fix: x", "files": [], **parts}
        mend = expect(run.call("gate", change), place).at("problems", 0, "mend").to_be_a(str)
        mend.to_contain(name)
    bare = '[project]\nname = "x"\nversion = "1"\n'
    for manifest in (None, bare, "[tool.ruff]\nline-length = 100\n"):
        found = broken(run, "nothing asked for", manifest=manifest, lock=None)
        expect(found, f"gate(the manifest {manifest!r}, no lock)").to_equal([])
