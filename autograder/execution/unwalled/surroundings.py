"""What two processes must share for one to be forked in place of the other's child.

A kernel that is forked by a zygote inherits the zygote's place in the system, not its client's.
So a client only ever meets a zygote in its own place: the place is part of the address, and the
zygote looks again. That also keeps every walled run away, for its namespaces, its system call
filter or its user differ.
"""

import hashlib
import json
import os
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path

from platformdirs import user_runtime_path

_NAMESPACES = ("cgroup", "ipc", "mnt", "net", "pid", "user", "uts")
_OF_STATUS = (
    *("CapBnd", "CapEff", "Cpus_allowed_list", "Gid", "Groups"),
    *("NoNewPrivs", "Seccomp", "Seccomp_filters", "Uid", "Umask"),
)
# Set anew for each kernel or terminal, and read by no package as it is imported.
_VOLATILE = ("_", "COLUMNS", "LINES", "OLDPWD", "PWD", "SHLVL", "WINDOWID")
_VOLATILE_FAMILIES = (
    "GPG_",
    "JPY_",
    "KERNEL_",
    "PYTEST_",
    "SSH_",
    "TERM",
    "VSCODE_",
    "XDG_SESSION",
)


def standing(pid: int | str) -> dict[str, str]:
    """Return where process `pid` stands: user, namespaces, limits, filters; raise OSError."""
    process = Path("/proc") / str(pid)
    found = {name: str((process / "ns" / name).readlink()) for name in _NAMESPACES}
    found["root"] = str((process / "root").readlink())
    for line in (process / "status").read_text().splitlines():
        name, _, value = line.partition(":")
        if name in _OF_STATUS:
            found[name] = value.strip()
    found["cgroups"] = (process / "cgroup").read_text()
    found["limits"] = (process / "limits").read_text()
    number = os.getpid() if pid == "self" else int(pid)
    found["nice"] = str(os.getpriority(os.PRIO_PROCESS, number))
    return found


def lasting(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that packages may read on import, which one zygote's kernels share."""
    return {
        name: value
        for name, value in environment.items()
        if name not in _VOLATILE and not name.startswith(_VOLATILE_FAMILIES)
    }


def key_of(python: str, preload: Sequence[str], environment: Mapping[str, str]) -> str:
    """Return the name of the zygote that serves such kernels for this process; raise OSError."""
    told = [python, list(preload), lasting(environment), standing("self")]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:24]


def private_folder() -> Path:
    """Make the folder of this user's sockets and return it; raise OSError unless it is private."""
    folder = user_runtime_path("mlops-course-lab") / "kernels"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = folder.resolve()
    if stat.S_IMODE(folder.stat().st_mode) & 0o077:
        raise PermissionError(f"{folder} is open to others")
    for path in (folder, *folder.parents):
        found = path.stat()
        shared = found.st_mode & 0o022 and not found.st_mode & stat.S_ISVTX
        if found.st_uid not in (0, os.geteuid()) or shared:
            raise PermissionError(f"others can change {path}")
    return folder
