"""A small simulator of a move from one colour to the other; a payment comes in every second.

A release is a dict: `live` and `new` (names of colours), `expands` (the new version needs columns
that the old one knows nothing of), `removes` (it no longer writes columns that the old one needs).
An action is a text of two words. It takes some seconds, in which requests and payments come in:

    migrate expand      add columns; whoever does not know them is not disturbed
    migrate contract    remove the columns that the old version needs; while it is up, it needs them
    start COLOUR        bring up its API and its scorer; the API is cold, the scorer reads nothing
    warm COLOUR         send it sample requests until it is quick
    check COLOUR        try it without customers: before it has requests or payments
    pause COLOUR        its scorer stops reading payments and commits where it stands
    carry COLOUR        give this colour's consumer group the other one's committed place; the other
                        must have one, and neither may be reading
    consume COLOUR      its scorer reads on from its group's place; a group that has none begins
                        with the next payment
    route COLOUR        send all requests to it
    watch COLOUR        look at it under all traffic for half an hour
    stop COLOUR         end it
"""

from typing import Any

SECONDS = {
    "migrate": 20,
    "start": 60,
    "warm": 30,
    "check": 20,
    "pause": 4,
    "carry": 2,
    "consume": 4,
    "route": 5,
    "watch": 1800,
    "stop": 10,
}
ARGUMENTS = {"migrate": ("expand", "contract")}


def begin(release: dict[str, Any]) -> dict[str, Any]:
    """Return the state before the move: the live colour has the requests and the payments."""
    return {
        "second": 0,
        "up": {release["live"]},
        "warm": {release["live"]},
        "checked": set(),
        "watched": False,
        "route": release["live"],
        "consuming": {release["live"]},
        # How far each colour's group has read; a group without a place begins with what comes next.
        "place": {release["live"]: 0, release["new"]: None},
        "decided": {},
        "columns": {"old"},
        "errors": 0,
        "slow": 0,
        "faults": [],
    }


def play(release: dict[str, Any], actions: Any, settle: int = 60) -> dict[str, Any]:
    """Carry the actions out, let `settle` more seconds pass, and return what came of it.

    `errors` and `slow`: requests without an answer, and answered by what was cold; `twice` and
    `lost`: payments decided more than once, and never; `longest_wait`: seconds that a payment
    waited for its decision; `faults`: actions that could not be done; `checked`: the new colour
    was tried before it had customers; `watched`: it was watched, with all traffic, while the old
    one was warm; `up`, `warm`, `route`, `consuming`, `columns`: what is there in the end.
    """
    state = begin(release)
    for action in actions:
        name, _, what = action.partition(" ")
        allowed = ARGUMENTS.get(name, (release["live"], release["new"]))
        if name not in SECONDS or what not in allowed:
            raise ValueError(f"there is no action {action!r}")
        _do(name, what, state, release)
        _pass(SECONDS[name], state, release)
    _pass(settle, state, release)
    decided = state.pop("decided")
    waits = [first - second for second, (first, _) in decided.items()]
    # What came in the last second may still be on its way.
    lost = sum(second not in decided for second in range(state["second"] - 1))
    sets = {key: sorted(state[key]) for key in ("up", "warm", "consuming", "columns")}
    new = release["new"]
    return {
        **sets,
        "route": state["route"],
        "errors": state["errors"],
        "slow": state["slow"],
        "twice": sum(times > 1 for _, times in decided.values()),
        "lost": lost,
        "longest_wait": max(waits, default=0),
        "faults": state["faults"],
        "checked": new in state["checked"],
        "watched": state["watched"],
        "seconds": state["second"],
    }


def _do(name: str, what: str, state: Any, release: Any) -> None:
    def must(holds: bool, why: str) -> None:
        if not holds:
            state["faults"].append(f"{name} {what}: {why}")

    other = ({release["live"], release["new"]} - {what}).pop() if name != "migrate" else ""
    if name == "migrate":
        if what == "expand":
            state["columns"].add("new")
        else:
            needed = release["removes"] and release["live"] in state["up"]
            must(not needed, "the old version still needs the columns")
            state["columns"].discard("old")
    elif name == "start":
        state["up"].add(what)
    elif name in ("warm", "check"):
        must(what in state["up"], "it is not up")
        works = what in state["up"] and _fits(what, state, release)
        must(works or name == "warm" or what not in state["up"], "it fails: the schema")
        if works and name == "warm":
            state["warm"].add(what)
        untouched = state["route"] != what and what not in state["consuming"]
        if works and name == "check" and untouched:
            state["checked"].add(what)
    elif name == "pause":
        state["consuming"].discard(what)
    elif name == "carry":
        must(other not in state["consuming"], "the other still reads on")
        must(what not in state["consuming"], "it is reading itself")
        must(state["place"][other] is not None, "the other has no place to give")
        if state["place"][other] is not None:
            state["place"][what] = state["place"][other]
    elif name == "consume":
        must(what in state["up"], "it is not up")
        if what in state["up"]:
            state["consuming"].add(what)
            if state["place"][what] is None:
                state["place"][what] = state["second"]
    elif name == "route":
        state["route"] = what
    elif name == "watch":
        new, live = release["new"], release["live"]
        whole = state["route"] == new and state["consuming"] == {new}
        state["watched"] |= what == new and whole and live in state["warm"]
    else:
        for key in ("up", "warm", "consuming"):
            state[key].discard(what)


def _pass(seconds: int, state: Any, release: Any) -> None:
    """Let requests and payments come in for so many seconds, one of each a second."""
    for _ in range(seconds):
        to = state["route"]
        if to not in state["up"] or not _fits(to, state, release):
            state["errors"] += 1
        elif to not in state["warm"]:
            state["slow"] += 1
        now = state["second"]
        for colour in state["consuming"]:
            if not _fits(colour, state, release):
                continue
            for second in range(state["place"][colour], now + 1):
                first, times = state["decided"].get(second, (now, 0))
                state["decided"][second] = (first, times + 1)
            state["place"][colour] = now + 1
        state["second"] += 1


def _fits(colour: str, state: Any, release: Any) -> bool:
    """Say whether the database has the columns that the version of this colour needs."""
    if colour == release["new"]:
        return not release["expands"] or "new" in state["columns"]
    return not release["removes"] or "old" in state["columns"]
