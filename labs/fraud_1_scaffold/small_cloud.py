"""A cloud of a few resources that behaves like the real ones when you delete things."""

from collections.abc import Callable
from copy import deepcopy


class NotThere(Exception):  # noqa: N818
    """Say that what was to be deleted is gone already."""


class NotNow(Exception):  # noqa: N818
    """Say that something cannot be deleted at the moment: it is in use, or the cloud is busy."""


class Cloud:
    """Hold resources; refuse to delete what another one needs, as clouds do.

    `gone` names resources that somebody deletes right after the first look at the inventory.
    `busy` says how many times the cloud answers "not now" for a resource before it obeys.
    Its exceptions are its own attributes, as those of boto3's clients are.
    """

    NotThere = NotThere
    NotNow = NotNow

    def __init__(self, inventory: list, gone: tuple = (), busy: dict | None = None) -> None:
        self._there = {resource["id"]: deepcopy(resource) for resource in inventory}
        self._gone = tuple(gone)
        self._busy = dict(busy or {})
        self.calls: list[str] = []

    def inventory(self) -> list:
        """Return the resources that are there now, each a dict."""
        listed = [deepcopy(resource) for resource in self._there.values()]
        for name in self._gone:
            self._there.pop(name, None)
        self._gone = ()
        return listed

    def delete(self, name: str) -> None:
        """Delete one resource; raise NotThere or NotNow where that cannot be."""
        self.calls.append(name)
        if name not in self._there:
            raise NotThere(f"{name} does not exist")
        if self._busy.get(name, 0) > 0:
            self._busy[name] -= 1
            raise NotNow(f"too many requests, try {name} again later")
        users = [other["id"] for other in self._there.values() if name in other["needs"]]
        if users:
            raise NotNow(f"{name} is in use by {', '.join(sorted(users))}")
        del self._there[name]

    def left(self) -> list[str]:
        """Return the ids of what is there, sorted."""
        return sorted(self._there)


def drill(tear_down: Callable, inventory: list, target: dict, trouble: dict, times: int) -> list:
    """Tear down `times` times in a cloud with `trouble`; tell what each time did and left."""
    cloud = Cloud(inventory, trouble.get("gone", ()), trouble.get("busy"))
    told = []
    for _ in range(times):
        cloud.calls.clear()
        said = tear_down(cloud, target)
        told.append({"said": said, "calls": list(cloud.calls), "left": cloud.left()})
    return told
