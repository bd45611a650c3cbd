"""What RUN does, as far as the small reader of Dockerfiles understands it.

It understands `python -m venv DIR`, `. DIR/bin/activate`, `pip install` into such a folder (or into
the system's Python), `apt-get install`, `useradd`, `adduser`, `rm`; any other command is taken to
change nothing. Of mounts it knows those of secrets. What a command keeps of one (`pip config set`,
`> FILE`, `tee FILE`, `cp FROM FILE`) lies in the layer, unless the same RUN removes it again.
"""

import posixpath
import re
from typing import Any

_PIP = re.compile(r"^(\S*?)(?:pip3?|python3? -m pip)(?= (?:-\S+ )*install\b)")
# Where a command writes: what > or tee names, the last word of cp, and pip's own file.
_FILES = (
    re.compile(r"(?<!>)>{1,2}(?!>)\s*(?!/dev/|&)(\S+)"),
    re.compile(r"\btee (?:-\S+ )*(\S+)"),
    re.compile(r"^(?:cp|mv|install) .*?(\S+)$"),
)
_PIP_CONFIG = re.compile(r"\bpip3? config (?:-\S+ )*set\b")
_VENV = re.compile(r"python3?(?:\.\d+)? -m venv (?:-\S+ )*(\S+)")


class BuildError(ValueError):
    """The build would stop here, or the reader does not know what stands here."""


def run_command(command: str, mounted: set[str], stage: Any, world: Any, found: Any) -> None:
    """Carry out one command of a RUN; raise BuildError where it would fail.

    `mounted` are the secrets that this RUN can read.
    """
    # No expansion of variables that the shell alone knows, such as $(cat /run/secrets/…).
    words = command.replace('"', "").replace("'", "").split()
    if match := _VENV.search(command):
        for name in ("python", "pip"):
            stage["files"][f"{match[1].rstrip('/')}/bin/{name}"] = ("", stage["arch"])
    bare = re.sub(r"^(?:\w+=(?:\$\([^)]*\)|\S)* )+", "", command)
    if match := _PIP.match(bare):
        _pip(match[1], words[words.index("install") + 1 :], mounted, stage, world, found)
    elif re.match(r"apt(-get)? (-\S+ )*install", bare):
        after = words[words.index("install") + 1 :]
        stage["system"] |= {word.split("=")[0] for word in after if not word.startswith("-")}
    elif match := re.match(r"(?:\.|source) (\S+)/bin/activate$", bare):
        stage["active"] = match[1]
    elif words and words[0] in ("useradd", "adduser"):
        stage["users"].add(words[-1])
    elif words and words[0] == "rm":
        for gone in (word.rstrip("/*") for word in words[1:] if not word.startswith("-")):
            for path in [p for p in stage["files"] if p == gone or p.startswith(f"{gone}/")]:
                del stage["files"][path]


def keep(command: str, shown: set[str], value: str, stage: Any) -> None:
    """Note what a command keeps of a secret: in variables (added to `shown`), or in a file.

    `shown` are the texts by which a command reads the secret, such as "/run/secrets/token".
    """
    plain = command.replace('"', "").replace("'", "").strip()
    if not any(text in plain for text in shown):
        return
    for name in re.findall(r"(?:^|\s)(\w+)=", plain):
        shown |= {f"${name}", f"${{{name}}}"}
    found = [match[1] for pattern in _FILES if (match := pattern.search(plain))]
    if _PIP_CONFIG.search(plain):
        found.append("/root/.config/pip/pip.conf")
    for path in found:
        stage["files"][posixpath.join(stage["workdir"], path)] = (value, "any")


def _pip(where: str, words: Any, mounted: set[str], stage: Any, world: Any, found: Any) -> None:
    if any(re.match(r"--(prefix|target|user|root)\b|-t$", word) for word in words):
        raise BuildError("this reader knows pip install into a virtual environment alone")
    active = f"{stage['active']}/bin/" if stage["active"] else ""
    pip = f"{where or active}pip" if where or active else which("pip", stage)
    if pip not in stage["files"]:
        raise BuildError(f"RUN: there is no {pip}")
    names = []
    for place, word in enumerate(words):
        option = re.match(r"(?:-r|--requirement)=?(.*)$", word)
        if option:
            path = posixpath.join(stage["workdir"], option[1] or words[place + 1])
            if path not in stage["files"]:
                raise BuildError(f"pip install: there is no {path}")
            lines = stage["files"][path][0].splitlines()
            names += [re.split("[=<>~ ;]", line)[0] for line in lines if line.strip()]
    for name in names:
        if world["compiled"].get(name, "gcc") not in stage["system"] and name in world["compiled"]:
            raise BuildError(f"pip install: {name} needs {world['compiled'][name]}")
        known = [*stage["env"].values(), *(content for content, _ in stage["files"].values())]
        told = any(i in mounted or any(v in k for k in known) for i, v in world["secrets"].items())
        if name in world["private"] and not told:
            raise BuildError(f"pip install: the index of {name} asks for a secret")
        home = posixpath.dirname(posixpath.dirname(pip))
        stage["files"][f"{home}/lib/site-packages/{name}"] = ("", stage["arch"])
    if names:
        found["hashed"] &= "--require-hashes" in words


def which(name: str, stage: Any) -> str:
    """Return where a program is found on the PATH, or a path that does not exist."""
    paths = [posixpath.join(folder, name) for folder in stage["env"]["PATH"].split(":")]
    return next((path for path in paths if path in stage["files"]), f"{name} on the PATH")
