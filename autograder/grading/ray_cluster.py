"""The nodes of a Ray cluster: which there are, which can grade, which are lost."""

import signal
import socket
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from autograder.errors import CourseError
from autograder.grading.ray_node import RayNode

_STARTS = 2
_WAIT_SECONDS = 1.0
_CONNECT_SECONDS = 10.0


@dataclass
class Node:
    """Hold one node: its name, how many jobs it takes at once, and which it has."""

    id: str
    name: str
    places: int
    actor: Any
    ready: Any
    """Ray's promise of the node's first answer; None once that has come."""
    missing: tuple[str, ...] = ()
    refs: set[Any] = field(default_factory=set)


@contextmanager
def joined(address: str) -> Iterator[Any]:
    """Join the cluster at `address` for the body, and give the `ray` module."""
    import ray

    _require_listener(address)
    main = threading.current_thread() is threading.main_thread()
    ours = signal.getsignal(signal.SIGTERM)
    try:
        ray.init(
            address=address, log_to_driver=False, configure_logging=False, include_dashboard=None
        )
    except (ConnectionError, ValueError, RuntimeError, TimeoutError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise _no_cluster(address, reason) from error
    if main:
        signal.signal(signal.SIGTERM, ours)  # Ray takes it for itself
    try:
        yield ray
    finally:
        ray.shutdown()


def _require_listener(address: str) -> None:
    """Raise CourseError where nobody listens at HOST:PORT; Ray itself would try for minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not (host and port.isdecimal()):
        return  # "auto", or another name that Ray resolves
    try:
        socket.create_connection((host, int(port)), timeout=_CONNECT_SECONDS).close()
    except (OSError, OverflowError) as error:
        raise _no_cluster(address, str(error)) from error


def _no_cluster(address: str, reason: str) -> CourseError:
    return CourseError(
        f"No Ray cluster answers at {address}: {reason}.",
        mend="Start one with `ray start --head`, and name its address, HOST:6379.",
    )


class RayCluster:
    """Keep one grader on each node; every node that has cores counts."""

    def __init__(self, ray: Any, lab: str, lab_hash: str, workers: int | None) -> None:
        self._ray, self._lab, self._hash, self._workers = ray, lab, lab_hash, workers
        self._nodes: dict[str, Node] = {}
        self._starts: Counter[str] = Counter()
        self._number = 0
        self.trouble = ""
        """What was last wrong with a node."""

    @property
    def places(self) -> int:
        """Return how many jobs the nodes that are ready take at once."""
        return sum(node.places for node in self._nodes.values() if node.ready is None)

    @property
    def hopeless(self) -> bool:
        """Tell whether no node is there, and every one that was has failed too often."""
        return not self._nodes and bool(self._starts)

    def look_around(self) -> None:
        """Start graders on nodes that have none; nodes may come later."""
        for found in self._ray.nodes():
            cores = int(found["Resources"].get("CPU", 0))
            name = found["NodeID"]
            if found["Alive"] and cores and name not in self._nodes:
                if self._starts[name] >= _STARTS:
                    continue
                self._starts[name] += 1
                places = min(self._workers or cores, cores)
                self._nodes[name] = self._start(name, found["NodeManagerHostname"], places)

    def _start(self, node: str, host: str, places: int) -> Node:
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        actor = (
            self._ray.remote(RayNode)
            .options(
                num_cpus=places,
                max_concurrency=places + 1,
                scheduling_strategy=NodeAffinitySchedulingStrategy(node, soft=False),
            )
            .remote(self._lab, self._hash, places)
        )
        return Node(node, f"{host} ({node[:6]})", places, actor, actor.ready.remote())

    def newly_ready(self) -> list[Node]:
        """Return the nodes whose first answer has come; raise CourseError for their mistakes."""
        found = []
        for node in [node for node in self._nodes.values() if node.ready is not None]:
            done, _ = self._ray.wait([node.ready], timeout=0)
            if not done:
                continue
            answer = self._answer(node.ready)
            if answer is None:
                self._forget(node)
                continue
            if "mistake" in answer:
                raise CourseError(f"{node.name}: {answer['mistake']}", mend=answer["mend"])
            node.ready, node.missing = None, tuple(answer["missing"])
            found.append(node)
        return found

    def free_node(self) -> Node | None:
        """Return the node with the most places free; None where all are taken."""
        ready = [node for node in self._nodes.values() if node.ready is None]
        best = max(ready, key=lambda node: node.places - len(node.refs), default=None)
        return best if best is not None and len(best.refs) < best.places else None

    def grade(self, node: Node, parcel: dict[str, Any]) -> Any:
        """Send a packed submission to `node`; return Ray's promise of the answer."""
        self._number += 1
        ref = node.actor.grade.remote(self._number, parcel)
        node.refs.add(ref)
        return ref

    def answers(self, refs: Sequence[Any]) -> list[tuple[Any, dict[str, Any] | None]]:
        """Wait a moment for answers; None stands for one that was lost with its node."""
        waited = [*refs, *(n.ready for n in self._nodes.values() if n.ready is not None)]
        done, _ = (
            self._ray.wait(waited, num_returns=1, timeout=_WAIT_SECONDS) if waited else ([], [])
        )
        found = []
        for ref in (ref for ref in done if ref in refs):
            node = next((n for n in self._nodes.values() if ref in n.refs), None)
            answer = self._answer(ref)
            if node is not None:
                node.refs.discard(ref)
                if answer is None:
                    self._forget(node)
            found.append((ref, answer))
        return found

    def leave(self) -> None:
        """End the graders on all nodes."""
        for node in list(self._nodes.values()):
            self._forget(node)

    def _answer(self, ref: Any) -> dict[str, Any] | None:
        from ray.exceptions import RayError

        try:
            answer: dict[str, Any] = self._ray.get(ref)
        except (RayError, OSError) as error:
            self.trouble = (str(error).strip().splitlines() or [type(error).__name__])[-1]
            return None
        return answer

    def _forget(self, node: Node) -> None:
        self._nodes.pop(node.id, None)
        with suppress(Exception):
            self._ray.kill(node.actor)
