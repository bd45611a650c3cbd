"""Write lab-release.toml: what learners may know of a lab's manifest."""

from pathlib import Path

import tomlkit

from autograder.contract.lab import Lab


def write_released_manifest(lab: Lab, path: Path) -> Path:
    """Write what learners may know of `lab`: its tasks, hints and limits, and their own values."""
    path.write_text(released_manifest(lab), encoding="utf-8")
    return path


def released_manifest(lab: Lab) -> str:
    """Give lab-release.toml as text; held-out values are not in it."""
    manifest = lab.manifest
    document = tomlkit.document()
    document["id"] = manifest.id
    document["title"] = manifest.title
    document["minutes"] = manifest.minutes
    document["submit"] = list(manifest.submit)
    document["needs"] = list(manifest.needs)
    if manifest.stack.brokers is not None:
        document["stack"] = {"brokers": manifest.stack.brokers}
    document["limits"] = manifest.limits.model_dump()
    document["parameters"] = dict(manifest.learner_parameters)
    tasks = tomlkit.aot()
    for task in manifest.tasks:
        table = tomlkit.table()
        table.update(task.model_dump(mode="json", include={"id", "title", "points", "answers"}))
        table["needs_tasks"] = list(task.needs_tasks)
        table["hints"] = tomlkit.array().multiline(True)
        table["hints"].extend(task.hints)
        tasks.append(table)
    document["task"] = tasks
    return tomlkit.dumps(document)
