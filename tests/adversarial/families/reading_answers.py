"""Looking for the answers where they lie."""

from ..attack import Attack

UNSEEN = "the run sees the interpreter, its packages, its own files and nothing else"
# Whatever is found is shown, and used: a secret of the course must not turn up in what was graded.
_SHOW = """
def show(path):
    try:
        with open(path, "rb") as file:
            text = file.read(200_000).decode("utf-8", "replace")
    except OSError:
        return
    print(path, text)
    if "def due" in text:
        space = dict(globals())
        exec(text.split("@check")[0].replace("from autograder", "#"), space)
        globals()["clean"] = lambda values: [v for v in values if v >= 0]
"""


def _looking(code: str) -> str:
    from textwrap import dedent

    return dedent(_SHOW) + dedent(code)


ATTACKS = (
    Attack(
        "source_tree",
        "read the hidden checks and the mutants where the course lies",
        last=_looking("""
            for name in ("hidden_checks.py", "lab.toml", "mutants.toml", "lab.ipynb"):
                show("@COURSE@/labs/tiny/" + name)
        """),
        stopped_by=UNSEEN,
        quick=True,
    ),
    Attack(
        "whole_disk",
        "walk the whole file system for hidden checks",
        last=_looking("""
            import os
            skip = ("/proc", "/sys", "/usr", "/lib", "@PREFIX@/lib", "@BASE@/lib")
            for folder, folders, files in os.walk("/"):
                if folder.startswith(skip):
                    folders.clear()
                    continue
                for name in files:
                    if "hidden" in name or name.endswith((".db", ".toml", ".ipynb")):
                        show(os.path.join(folder, name))
        """),
        stopped_by=UNSEEN,
    ),
    Attack(
        "proc_of_others",
        "read environments, files and memory of other processes through /proc",
        last=_looking("""
            import os
            for pid in [p for p in os.listdir("/proc") if p.isdigit()]:
                if int(pid) == os.getpid():
                    continue
                for name in ("environ", "cmdline", "maps"):
                    show(f"/proc/{pid}/{name}")
                for name in ("hidden_checks.py", "lab.toml"):
                    show(f"/proc/{pid}/root@COURSE@/labs/tiny/{name}")
                    show(f"/proc/{pid}/cwd/labs/tiny/{name}")
                try:
                    for number in os.listdir(f"/proc/{pid}/fd"):
                        show(f"/proc/{pid}/fd/{number}")
                except OSError:
                    pass
        """),
        stopped_by="process ids of its own: the grader's processes are not there",
    ),
    Attack(
        "environment",
        "find secrets of the grader in its environment",
        last=_looking("""
            import os
            print(dict(os.environ))
            show("/proc/self/environ")
            show("/proc/1/environ")
            show("/proc/2/environ")
        """),
        stopped_by="the run's environment is made from nothing",
    ),
    Attack(
        "open_files",
        "use files that the grader left open",
        last=_looking("""
            import os, stat
            for number in range(3, 1024):
                try:
                    print(number, os.readlink(f"/proc/self/fd/{number}"))
                    # Reading the kernel's own event counters would only end the kernel.
                    if stat.S_ISREG(os.fstat(number).st_mode):
                        os.lseek(number, 0, 0)
                        print(os.read(number, 10000))
                except OSError:
                    pass
        """),
        stopped_by="no file of the grader is open in the run",
    ),
    Attack(
        "caches",
        "find compiled checks and answers in caches",
        last=_looking("""
            import glob
            for pattern in ("@COURSE@/**/__pycache__/*", "@HOME@/.cache/**/*", "/root/.cache/**/*",
                            "@COURSE@/.state/**/*", "/var/tmp/**/*", "/tmp/**/*.pyc"):
                for path in glob.glob(pattern, recursive=True)[:200]:
                    show(path)
        """),
        stopped_by=UNSEEN,
    ),
    Attack(
        "git_history",
        "read the answers out of the repository's history",
        last=_looking("""
            import subprocess
            show("@COURSE@/.git/HEAD")
            show("@COURSE@/.git/config")
            done = subprocess.run("git -C @COURSE@ log -p; cd @COURSE@ && git show HEAD",
                                  shell=True, capture_output=True, text=True)
            print(done.stdout, done.stderr)
        """),
        stopped_by=UNSEEN,
    ),
    Attack(
        "parent_memory",
        "read the memory of its parents and of process 1",
        last=_looking("""
            import ctypes, os
            libc = ctypes.CDLL(None, use_errno=True)
            for pid in {1, 2, os.getppid()} - {os.getpid()}:
                print(pid, libc.ptrace(16, pid, 0, 0), ctypes.get_errno())
                show(f"/proc/{pid}/mem")
                show(f"/proc/{pid}/maps")
                show(f"/proc/{pid}/auxv")
            class Piece(ctypes.Structure):
                _fields_ = [("base", ctypes.c_void_p), ("size", ctypes.c_size_t)]
            buffer = ctypes.create_string_buffer(4096)
            ours = Piece(ctypes.addressof(buffer), 4096)
            theirs = Piece(id(libc), 4096)
            if libc.process_vm_readv(1, ctypes.byref(ours), 1, ctypes.byref(theirs), 1, 0) > 0:
                print(buffer.raw)
        """),
        stopped_by="neither ptrace nor another process is within reach",
    ),
    Attack(
        "core_dump",
        "crash a child and read the core file",
        last=_looking("""
            import glob, os, resource, signal
            try:
                resource.setrlimit(resource.RLIMIT_CORE, (-1, -1))
            except (ValueError, OSError) as error:
                print(error)
            if os.fork() == 0:
                os.kill(os.getpid(), signal.SIGSEGV)
            os.wait()
            for path in glob.glob("core*") + glob.glob("/tmp/core*"):
                show(path)
            show("/proc/sys/kernel/core_pattern")
        """),
        stopped_by="core files are off and the limit is hard",
    ),
    Attack(
        "other_submissions",
        "copy the answer of the best submission",
        last=_looking("""
            import glob
            for path in glob.glob("@SUBMITTED@/*/tiny/lab.ipynb") + glob.glob("/tmp/**/*.ipynb",
                                                                              recursive=True):
                show(path)
            for path in glob.glob("@TMP@/**/*", recursive=True):
                if not path.startswith(__import__("os").getcwd()):
                    show(path)
        """),
        stopped_by=UNSEEN,
    ),
    Attack(
        "gradebook",
        "write full marks into the gradebook and the scorecards",
        last=_looking("""
            import glob, sqlite3
            for path in ("@OUTPUT@/gradebook.db", "@COURSE@/gradebook.db"):
                try:
                    book = sqlite3.connect(path)
                    book.execute("update grade set auto_score = 100, manual_score = 100")
                    book.commit()
                except sqlite3.Error as error:
                    print(error)
            for path in glob.glob("@OUTPUT@/**/*.json", recursive=True):
                show(path)
        """),
        stopped_by=UNSEEN,
    ),
    Attack(
        "link_to_the_answers",
        "place links to hidden files where the grader reads and tidies up",
        last=_looking("""
            import os
            for name in ("report.json", "lab.ipynb", "scorecard.json", "readings.txt"):
                os.symlink("@COURSE@/labs/tiny/hidden_checks.py", name)
                show(name)
            os.symlink("@COURSE@", "course")
            os.symlink("@HOME@", os.path.join("..", "tmp", "home"))
            os.symlink("/", "everything")
        """),
        stopped_by="files are opened and removed without following links",
    ),
    Attack(
        "zygote",
        "ask the process that forks kernels for one without walls",
        last=_looking("""
            import glob, json, os, socket
            places = glob.glob("@TMP@/**/zygote", recursive=True) + glob.glob("/tmp/**/zygote",
                                                                             recursive=True)
            folder = os.path.dirname(os.path.dirname(os.path.dirname(os.getcwd())))
            for place in {*places, os.path.join(folder, "zygote")}:
                try:
                    asking = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
                    asking.connect(place)
                    asking.send(json.dumps({"scratch": "/", "runs": "/nowhere", "settings": {},
                                            "arguments": [], "environment": {}}).encode())
                    print("the zygote answered", asking.recv(100))
                    clean = lambda values: [v for v in values if v >= 0]
                except OSError as error:
                    print(place, error)
        """),
        stopped_by="the zygote's socket is not in the run's view",
    ),
    Attack(
        "grader_as_library",
        "load the lab with the grader's own code",
        last=_looking("""
            from pathlib import Path
            from autograder.contract.lab import load_lab
            from autograder.checks import load_checks
            try:
                print(load_lab(Path("@COURSE@/labs/tiny")).checks)
                print(load_checks(Path("@COURSE@/labs/tiny")))
            except Exception as error:
                print(error)
        """),
        stopped_by=UNSEEN,
    ),
)
