"""The text that is planted in the learner's kernel before its first cell."""

from importlib.resources import files
from typing import Final

from autograder.probing.serving import Answer, answer

__all__ = ["MODULE", "SOURCE", "Answer", "answer", "expression"]

MODULE: Final = "_lab_probe"

# Each after those it imports. A package's own text comes after its parts'.
_PARTS: Final = (
    ("wire.limits", "wire/limits.py"),
    ("wire.message", "wire/message.py"),
    ("wire.opaque", "wire/opaque.py"),
    ("wire.times", "wire/times.py"),
    ("wire.arrays", "wire/arrays.py"),
    ("wire.columns", "wire/columns.py"),
    ("wire.frames", "wire/frames.py"),
    ("wire.encoding", "wire/encoding.py"),
    ("wire.decoding", "wire/decoding.py"),
    ("wire", "wire/__init__.py"),
    ("", "serving.py"),
)

_PLANT: Final = """
def _plant(root, parts):
    import sys
    import types

    def register(name, package):
        module = types.ModuleType(name)
        module.__package__ = package
        sys.modules[name] = module
        return module

    for package in (root, f"{root}.wire"):
        register(package, package).__path__ = []
    for part, text in parts:
        name = f"{root}.{part}".rstrip(".")
        module = sys.modules.get(name) or register(name, name.rpartition(".")[0])
        exec(compile(text, f"<{name}>", "exec"), module.__dict__)
"""


def _source() -> str:
    here = files(__package__)
    parts = [(name, (here / path).read_text("utf-8")) for name, path in _PARTS]
    return f"{_PLANT}\n_plant({MODULE!r}, {parts!r})\ndel _plant\n"


SOURCE: Final = _source()


def expression(request: str) -> str:
    """Return the Python expression that has the planted module answer a request.

    The namespace is asked of a function made on the spot, so that no name of the learner's, such
    as a variable called `globals`, can be in the way.
    """
    head, _, binary = request.partition("\n")
    # Base64 needs no escapes, and `repr` would look at megabytes of it letter by letter.
    text = f"{head!r} '\\n{binary}'"
    return f"__import__({MODULE!r}).answer({text}, (lambda: 0).__globals__)"
