"""Find the revision of a release to go back to, in what `helm history --output json` says."""

import json
import re
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from autograder.errors import CourseError

_RAN = {"deployed", "superseded"}
Revision = Mapping[str, Any]


def promoted(history: Sequence[Revision]) -> list[int]:
    """Return the revisions that were promoted and not gone back from, oldest first."""
    standing: list[int] = []
    for revision in sorted(history, key=lambda found: int(found["revision"])):
        if revision["status"] not in _RAN:
            continue
        said = str(revision["description"])
        if said.startswith("promoted "):
            standing.append(int(revision["revision"]))
        elif back := re.match(r"Rollback to (\d+)", said):
            target = int(back.group(1))
            while standing and standing[-1] != target:
                standing.pop()
    return standing


def stands_at(history: Sequence[Revision]) -> int | None:
    """Return which promoted revision runs now, if one does and nothing was begun since."""
    newest = max(history, key=lambda found: int(found["revision"]))
    if newest["status"] != "deployed":
        return None
    said = str(newest["description"])
    if said.startswith("promoted "):
        return int(newest["revision"])
    back = re.match(r"Rollback to (\d+)", said)
    return int(back.group(1)) if back else None


def to_undo(history: Sequence[Revision]) -> int | None:
    """Return where undoing leads: nowhere, when what was begun was also promoted."""
    standing = promoted(history)
    if stands_at(history) in standing:
        return None
    if not standing:
        raise CourseError(
            "No revision was ever promoted, so there is none to go back to.",
            mend="Look at `helm history` and name one: helm rollback RELEASE REVISION",
        )
    return standing[-1]


def before(history: Sequence[Revision]) -> int:
    """Return the promoted revision before the one that runs."""
    standing = promoted(history)
    earlier = standing[:-1] if stands_at(history) in standing else standing
    if not earlier:
        raise CourseError(
            "Nothing was promoted before what runs now.",
            mend="Look at `helm history` and name one: helm rollback RELEASE REVISION",
        )
    return earlier[-1]


def main(arguments: list[str]) -> int:
    """Read the history from standard input and print the revision, if there is one to go to."""
    ways = {"undo": to_undo, "before": before}
    if len(arguments) != 1 or arguments[0] not in ways:
        print("helm history … --output json | revisions undo|before", file=sys.stderr)
        return 2
    try:
        found = ways[arguments[0]](json.load(sys.stdin))
    except CourseError as error:
        print(error, file=sys.stderr)
        return 1
    print("" if found is None else found)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
