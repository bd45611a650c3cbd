"""The hidden checks of the repository."""

from checks import begun
from hidden_answers import refusal, word, world
from made_up import fake_secret
from template import TREE

from autograder.checks import Run, check, expect

DAY = "2026-04-10"


@check(
    "repository",
    points=1,
    needs="writes_the_tree_and_stages_it",
    feedback="Somebody runs it a second time, with a day's work in the folder; and somebody hands "
    "you paths that lead elsewhere.",
)
def spares_what_is_there(run: Run) -> None:
    draw = world(run, "second time")
    work, text = word(draw, 20) + "\n", "line\r\nümläut\n" + word(draw)
    folder = begun(run)
    steps = [["commit", "feat: begin"], ["write", "README.md", work], ["write", "own.py", "1\n"]]
    run.call("play", folder, steps)
    files = TREE | {"docs/deep/new.md": text, ".env": "FRAUD_X=1\n"}
    got = run.call("start_repository", folder, files)
    expect(got, "start_repository(… again)").to_equal([".env", "docs/deep/new.md"])
    disk = run.call("on_disk", folder)
    expect(disk, "the files").at("README.md").to_equal(work)
    expect(run.call("history", folder), "the history").to_equal(["feat: begin"])
    change = expect(run.call("staged_change", folder, "fix: x"), "staged_change(…)")
    paths = [expect(f, "a file").at("path").value for f in change.at("files").value]
    expect(paths, "what is staged").to_equal(["README.md", "docs/deep/new.md", "own.py"])
    change.at("files", 1, "text").to_equal(text)
    change.at("files", 1, "size").to_equal(len(text.encode()))
    for path in ("../out.txt", "a/../../out.txt", "/tmp-out.txt", ".git/hooks/pre-commit", ""):
        folder = run.call("fresh_folder")
        raised, _ = refusal(run, "start_repository", folder, {"good.txt": "x\n", path: "y\n"})
        expect(raised, f"what start_repository raises for {path!r}").to_equal("ValueError")
        expect(run.call("on_disk", folder), "the folder after the refusal").to_equal({})


@check(
    "repository",
    points=1,
    needs="reads_what_is_staged",
    feedback="Paths with spaces and umlauts, and a colleague who likes colours and no prefixes.",
)
def does_not_depend_on_taste(run: Run) -> None:
    draw = world(run, "taste")
    name, text = f"notes {word(draw, 5)}/prüfung ä.md", word(draw, 30) + "\n"
    folder = begun(run)
    steps = [
        ["config", "color.ui", "always"],
        ["config", "diff.noprefix", "true"],
        ["config", "core.pager", "false"],
        ["config", "diff.renames", "copies"],
        ["config", "core.quotePath", "true"],
        ["commit", "feat: begin"],
        ["write", name, text],
        ["write", "copy of main.tf", TREE["infra/main.tf"]],
        ["stage"],
    ]
    run.call("play", folder, steps)
    got = expect(run.call("staged_change", folder, "docs: x"), "staged_change(…)")
    due = [
        {"path": path, "status": "A", "size": len(content.encode()), "text": content}
        for path, content in (("copy of main.tf", TREE["infra/main.tf"]), (name, text))
    ]
    got.at("files").to_equal(due)
    lines = got.at("diff").to_be_a(str).value.split("\n")
    for line in ("+" + text.strip(), "+++ b/copy of main.tf\t"):
        expect(lines, "the lines of the diff").to_contain(line)


@check(
    "repository",
    points=1,
    needs="reads_what_is_staged",
    feedback="Before the first commit; after a rename and a deletion; with a file that is no text; "
    "and with a manifest that was changed but not staged.",
)
def knows_every_kind_of_change(run: Run) -> None:
    draw = world(run, "kinds")
    text, blob = word(draw, 40) + "\n", b"\x89PNG\xff\xfe\x00" + draw.randbytes(50)
    folder = begun(run, {"keep.py": "k\n", "old.py": text, "bye.md": "b\n"})
    first = expect(run.call("staged_change", folder, "feat: x"), "staged_change(no commit yet)")
    first.at("files").to_have_length(3).at(0).to_equal(
        {"path": "bye.md", "status": "A", "size": 2, "text": "b\n"}
    )
    first.at("manifest").to_equal(None)
    first.at("lock").to_equal(None)
    steps = [
        ["commit", "feat: begin"],
        ["delete", "old.py"],
        ["write", "new.py", text],
        ["delete", "bye.md"],
        ["write", "logo.png", blob],
        ["write", "pyproject.toml", "# staged\n"],
        ["stage"],
        ["write", "pyproject.toml", "# later\n"],
        ["write", "requirements.lock", "# not staged\n"],
        ["delete", "keep.py"],
    ]
    run.call("play", folder, steps)
    got = expect(run.call("staged_change", folder, "fix: y"), "staged_change(…)")
    gone = {"status": "D", "size": 0, "text": None}
    due = [
        {"path": "bye.md", **gone},
        {"path": "logo.png", "status": "A", "size": len(blob), "text": None},
        {"path": "new.py", "status": "A", "size": len(text), "text": text},
        {"path": "old.py", **gone},
        {"path": "pyproject.toml", "status": "A", "size": 9, "text": "# staged\n"},
    ]
    got.at("files").to_equal(due)
    got.at("manifest").to_equal("# staged\n")
    got.at("lock").to_equal(None)
    expect(got.at("diff").to_be_a(str).value.split("\n"), "the diff").to_contain("+" + text.strip())


@check(
    "repository",
    points=1,
    needs="commits_only_what_passes",
    feedback="A refusal leaves everything staged as it was; an allowed finding may pass; nothing "
    "staged is nothing to commit; and a message has more than one line.",
)
def refuses_without_a_trace(run: Run) -> None:
    draw = world(run, "refusals")
    folder = begun(run)
    message = f"feat: {word(draw)}\n\nWhy: {word(draw)}\n"
    for bad in ("stuff", "Feat: stuff"):
        got = expect(run.call("try_commit", folder, bad, [], DAY), f"try_commit(…, {bad!r})")
        got.at("committed").to_equal(False)
        rules = [p["rule"] for p in got.at("problems").to_have_length(1).value]
        expect(rules, "the problems").to_equal(["commit_message"])
        expect(run.call("history", folder), "the history").to_equal([])
    token = fake_secret("github_token", draw.random())
    steps = [["write", "tests/keys.py", f"t = '{token}'\n"], ["stage"]]
    # In the editor it is gone already, and something else has come that nobody staged.
    steps += [["write", "tests/keys.py", "t = None\n"], ["write", "later.py", "x = 1\n"]]
    run.call("play", folder, steps)
    finding = {"path": "tests/keys.py", "line": 1, "rule": "github_token"}
    got = expect(run.call("try_commit", folder, message, [], DAY), "try_commit(a staged token)")
    got.to_equal({"committed": False, "problems": [], "findings": [finding]})
    entry = {"path": "tests/keys.py", "rule": "github_token", "reason": "fake", "until": DAY}
    got = expect(run.call("try_commit", folder, message, [entry], DAY), "try_commit(…, allowed)")
    got.to_equal({"committed": True, "problems": [], "findings": []})
    expect(run.call("history", folder), "the history").to_equal([message.split("\n")[0]])
    told = run.call("last_message", folder)
    expect(told, "the message of the commit").to_equal(message.strip())
    kept = run.call("committed", folder, "tests/keys.py")
    expect(kept, "the file as committed").to_equal(f"t = '{token}'\n")
    disk = expect(run.call("on_disk", folder), "the files in the folder")
    disk.at("tests/keys.py").to_equal("t = None\n")
    disk.at("later.py").to_equal("x = 1\n")
    got = expect(run.call("try_commit", folder, message, [], DAY), "try_commit(nothing staged)")
    got.to_equal({"committed": False, "problems": [], "findings": []})
    expect(run.call("history", folder), "the history").to_have_length(1)
