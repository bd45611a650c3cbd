"""Root in a namespace is no boundary: a run has no way to the outside of its walls."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from autograder.contract.manifest import Limits
from autograder.execution import Confinement
from autograder.execution.kernel import KernelLauncher, launch_plain_kernel
from autograder.execution.run import executed
from autograder.execution.warm.launcher import warm_kernels

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="namespaces are Linux's"),
]
LIMITS = Limits(seconds=40, cell_seconds=30, probe_seconds=5, memory_mb=600)

_HELP = """
import ctypes, os, sys, socket
libc = ctypes.CDLL(None, use_errno=True)
done = {}
def attempt(name, action):
    try:
        result = action()
    except Exception as error:
        done[name] = f"refused: {type(error).__name__}"
    else:
        done[name] = "refused: -1" if result == -1 else f"ALLOWED: {result!r}"[:200]
def read(path):
    with open(path, "rb") as file:
        return file.read(64)
def write(path, text="x"):
    with open(path, "r+") as file:
        return file.write(text)
"""
BREAKING_OUT = {
    "unmounting": """
for place in ("/proc", "/tmp", "/dev/shm", "/dev", "/usr", "/", os.getcwd(), sys.prefix):
    for flags in (0, 2, 8):
        attempt(f"umount2 {place} {flags}", lambda: libc.umount2(place.encode(), flags))
""",
    "mounting": """
for place in ("/usr", sys.prefix, os.path.dirname(os.__file__)):
    attempt(f"remount {place}", lambda: libc.mount(None, place.encode(), None, 32 | 4096, None))
attempt("tmpfs", lambda: libc.mount(b"tmpfs", os.getcwd().encode(), b"tmpfs", 0, None))
attempt("proc", lambda: libc.mount(b"proc", os.getcwd().encode(), b"proc", 0, None))
attempt("chroot", lambda: os.chroot("."))
attempt("pivot_root", lambda: libc.syscall(155, b".", b"."))
attempt("open_tree", lambda: libc.syscall(428, -100, b"/", 1))
attempt("fsopen", lambda: libc.syscall(430, b"tmpfs", 0))
""",
    "new namespaces": """
for name, flag in (("user", 0x10000000), ("mount", 0x20000), ("net", 0x40000000)):
    attempt(f"unshare {name}", lambda: libc.unshare(flag))
    attempt(f"clone {name}", lambda: libc.syscall(56, flag | 17, 0, 0, 0, 0))
for kind in ("mnt", "net", "pid", "user"):
    def enter(kind=kind):
        return libc.setns(os.open(f"/proc/1/ns/{kind}", os.O_RDONLY), 0)
    attempt(f"setns {kind}", enter)
""",
    "becoming somebody": """
attempt("setuid", lambda: os.setuid(0))
attempt("setresuid", lambda: os.setresuid(0, 0, 0))
attempt("setgid", lambda: os.setgid(0))
attempt("setgroups", lambda: os.setgroups([0]))
import struct
header, all_of_them = struct.pack("Ii", 0x20080522, 0), struct.pack("6I", *[0xFFFFFFFF] * 6)
attempt("capset", lambda: libc.capset(header, all_of_them))
attempt("capbset", lambda: [l for l in open("/proc/self/status") if l.startswith("CapEff")
        and int(l.split()[1], 16)] or -1)
attempt("root", lambda: -1 if os.geteuid() else "root")
attempt("sudo", lambda: -1 if os.system("sudo -n true 2>/dev/null") else "sudo")
attempt("su", lambda: -1 if os.system("su -c true </dev/null >/dev/null 2>&1") else "su")
""",
    "the grader's own files": """
import autograder, autograder.checks.judging, IPython, shutil
for module in (autograder, autograder.checks.judging, os, IPython):
    path = module.__file__
    attempt(f"write {path}", lambda: write(path, ""))
    attempt(f"unlink {path}", lambda: os.unlink(path))
    attempt(f"rename {path}", lambda: os.rename(path, path + "x"))
    attempt(f"chmod {path}", lambda: os.chmod(path, 0o777))
    attempt(f"utime {path}", lambda: os.utime(path))
    attempt(f"link {path}", lambda: (os.link(path, "linked"), write("linked", ""))[1])
    attempt(f"create {path}", lambda: open(os.path.join(os.path.dirname(path), "new.py"), "w"))
attempt("interpreter", lambda: write(os.path.realpath(sys.executable), ""))
attempt("through self/exe", lambda: write("/proc/self/exe", ""))
attempt("through self/map_files", lambda: os.listdir("/proc/self/map_files") and -1)
""",
    "ptrace and memory": """
parent = os.getppid()
for pid in sorted({1, parent} - {os.getpid(), 0}):
    attempt(f"attach {pid}", lambda: libc.ptrace(16, pid, 0, 0))
    attempt(f"seize {pid}", lambda: libc.ptrace(0x4206, pid, 0, 0))
    for name in ("mem", "environ", "maps", "auxv", "stack", "syscall", "pagemap"):
        attempt(f"{name} of {pid}", lambda: read(f"/proc/{pid}/{name}") or -1)
    attempt(f"root of {pid}", lambda: os.listdir(f"/proc/{pid}/root"))
    attempt(f"cwd of {pid}", lambda: os.listdir(f"/proc/{pid}/cwd"))
    attempt(f"fd of {pid}", lambda: os.listdir(f"/proc/{pid}/fd"))
attempt("pidfd_getfd", lambda: libc.syscall(438, os.pidfd_open(1), 0, 0))
attempt("process_vm_readv", lambda: libc.syscall(310, 1, None, 0, None, 0, 0))
attempt("userfaultfd", lambda: libc.syscall(323, 0))
attempt("bpf", lambda: libc.syscall(321, 0, 0, 0))
attempt("perf", lambda: libc.syscall(298, 0, 0, -1, -1, 0))
attempt("keyctl", lambda: libc.syscall(250, 0, -3, 0))
attempt("io_uring", lambda: libc.syscall(425, 8, 0))
""",
    "the system's switches": """
for path in ("/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger", "/proc/sys/vm/drop_caches",
             "/proc/self/oom_score_adj", "/sys/kernel/uevent_helper", "/proc/sys/kernel/hostname",
             "/proc/sys/fs/suid_dumpable", "/sys/fs/cgroup/cgroup.procs", "/dev/kmsg", "/dev/mem"):
    if path != "/proc/self/oom_score_adj":
        attempt(f"write {path}", lambda: write(path))
attempt("lower oom score", lambda: write("/proc/self/oom_score_adj", "-1000"))
attempt("mknod", lambda: os.mknod("disk", 0o60666, os.makedev(8, 0)))
attempt("mknod mem", lambda: os.mknod("memory", 0o20666, os.makedev(1, 1)))
attempt("sethostname", lambda: socket.sethostname("x"))
attempt("reboot", lambda: libc.syscall(169, 0xfee1dead, 672274793, 0, 0))
attempt("raw socket", lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1))
attempt("packet socket", lambda: socket.socket(17, socket.SOCK_RAW, 3))
attempt("vsock", lambda: socket.socket(40, socket.SOCK_STREAM))
""",
}


@pytest.fixture(scope="module", params=["plain", "warm"])
def launcher(request: pytest.FixtureRequest, confinement: Confinement) -> Iterator[KernelLauncher]:
    if request.param == "plain":
        yield launch_plain_kernel
        return
    with warm_kernels(["json"], confinement) as found:
        assert found is not None
        yield found


@pytest.mark.parametrize("way", BREAKING_OUT)
def test_no_way_leads_out(way: str, launcher: KernelLauncher, confinement: Confinement) -> None:
    assert confinement.complete, confinement.missing
    cell = new_code_cell(_HELP + BREAKING_OUT[way], id="attack")
    with executed(
        new_notebook(cells=[cell]),
        files={},
        parameters={},
        limits=LIMITS,
        confinement=confinement,
        launcher=launcher,
    ) as run:
        assert run.cells["attack"] == "ok", run.notebook.cells[0].outputs
        found = run.probe("value", "done")[0]
    allowed = {name: result for name, result in found.items() if result.startswith("ALLOWED")}
    assert found and not allowed


_GRADE = """
import sys
from pathlib import Path
from autograder.contract.lab import load_lab
from autograder.execution import detect_confinement
from autograder.execution.warm.launcher import kernels_for
from autograder.grading.grader import grade_notebook
assert sys.prefix == sys.argv[2], sys.prefix
lab, walls = load_lab(Path(sys.argv[1])), detect_confinement()
assert walls.complete, walls.missing
scores = [grade_notebook(lab, lab.solution, student="a", confinement=walls).card.score]
with kernels_for(["json"], walls) as launcher:
    card = grade_notebook(lab, lab.solution, student="a", confinement=walls, launcher=launcher).card
print([*scores, card.score], type(launcher).__name__)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root grades under ids of other users")
def test_the_interpreter_may_lie_where_other_users_cannot_look() -> None:
    """Grade with an environment in a home of mode 700, which the run's own user may not enter."""
    if shutil.which("unshare") is None:
        pytest.skip("util-linux is not installed here")
    lab = Path(__file__).parents[1] / "samples" / "labs" / "tiny"
    with tempfile.TemporaryDirectory(prefix="home-", dir="/var/tmp") as folder:
        home = Path(folder)
        home.chmod(0o700)
        (home / "env").mkdir()
        # In a mount namespace of its own, so that nothing of it is left behind.
        script = 'mount --bind "$1" "$2" && shift && exec "$1/bin/python" -c "$2" "$3" "$1"'
        command = ["unshare", "-m", "sh", "-c", script, "sh", sys.prefix, str(home / "env")]
        done = subprocess.run(
            [*command, _GRADE, str(lab)],
            env={**os.environ, "HOME": folder},
            capture_output=True,
            text=True,
            timeout=120,
        )
    assert done.stdout.strip() == "[5.0, 5.0] WarmLauncher", done.stderr[-2000:]
