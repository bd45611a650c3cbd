"""Turn a stream's state into bytes and back, as plain data that cannot execute."""

import hashlib
import json
import zlib
from datetime import timedelta
from typing import Any

from infra.features.definition import MICROSECOND, FeatureSet
from infra.features.errors import SnapshotError
from infra.features.on_stream import Arrival, StreamConfig, WindowState

_MARK = b"window-state 1\n"
_SUM_BYTES = hashlib.sha256().digest_size


def take_snapshot(state: WindowState) -> bytes:
    """Return the whole state; equal states give the same bytes."""
    plain = {
        "definition": state.features.fingerprint,
        "lateness": state.config.lateness // MICROSECOND,
        "tidy_every": state.config.tidy_every,
        "arrivals": state.arrivals,
        "tidied": state.tidied,
        "latest": state.latest,
        "kept_since": state.kept_since,
        "questions": sorted(state.questions, key=repr),
        "histories": sorted(
            ([entity, history.events()] for entity, history in state.histories.items()), key=repr
        ),
    }
    body = zlib.compress(json.dumps(plain, separators=(",", ":")).encode())
    return _MARK + hashlib.sha256(body).digest() + body


def restore_snapshot(features: FeatureSet, snapshot: bytes) -> WindowState:
    """Return the state that a snapshot holds; raise SnapshotError for bytes that are none.

    A snapshot belongs to one definition: another one would read its numbers wrongly.
    """
    plain = _opened(snapshot)
    if plain["definition"] != features.fingerprint:
        raise SnapshotError(
            f"The snapshot was taken of another definition than {features.name!r} as it is now: "
            "replay the events into a new state."
        )
    lateness = timedelta(microseconds=plain["lateness"])
    state = WindowState(features, StreamConfig(lateness, plain["tidy_every"]))
    state.arrivals = {Arrival(name): count for name, count in plain["arrivals"].items()}
    state.latest, state.kept_since = plain["latest"], plain["kept_since"]
    state.tidied = plain["tidied"]
    # A sorted list is a heap.
    state.questions = sorted((time, name, entity) for time, name, entity in plain["questions"])
    for entity, events in plain["histories"]:
        for time, event_id, row in events:
            state.put_back(entity, time, event_id, tuple(row))
    return state


def _opened(snapshot: bytes) -> dict[str, Any]:
    head = len(_MARK) + _SUM_BYTES
    if not snapshot.startswith(_MARK):
        raise SnapshotError("These bytes are no snapshot of a window state of this version.")
    body = snapshot[head:]
    if hashlib.sha256(body).digest() != snapshot[len(_MARK) : head]:
        raise SnapshotError(
            "The snapshot is damaged or cut short: take an older one and replay from its offsets."
        )
    plain: dict[str, Any] = json.loads(zlib.decompress(body))
    return plain
