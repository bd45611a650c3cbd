"""Using up what the machine has."""

from ..attack import Attack

OWN_LOSS = "the run is ended, and with it this submission's points"
# Those that end by what they take ignore interrupts: on a busy machine they take it so slowly that
# the time of the cell would end them first, and leave the run its points.

ATTACKS = (
    Attack(
        "fork_bomb",
        "fork without end",
        last="""
            import os
            while True:
                try:
                    os.fork()
                except OSError:
                    pass
        """,
        ends_itself=True,
        stopped_by="a limit on processes, the wall clock, and the end of its process ids",
    ),
    Attack(
        "thread_bomb",
        "start threads without end",
        last="""
            import threading, time
            try:
                while True:
                    threading.Thread(target=time.sleep, args=(999,), daemon=True).start()
            except RuntimeError as error:
                print(error)
        """,
        stopped_by="a limit on processes, which counts threads",
    ),
    Attack(
        "memory",
        "take memory until there is none",
        last="""
            import signal, time
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            held = []
            while True:
                try:
                    held.append(bytearray(64 << 20))
                except MemoryError:
                    time.sleep(0.01)
        """,
        ends_itself=True,
        stopped_by="the watchdog on resident memory",
        quick=True,
    ),
    Attack(
        "memory_by_children",
        "take memory in many processes, each below the limit",
        last="""
            import os, signal, time
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            for _ in range(20):
                if os.fork() == 0:
                    held = bytearray(b"x") * (200 << 20)
                    time.sleep(60)
                    os._exit(0)
            time.sleep(60)
        """,
        ends_itself=True,
        stopped_by="the watchdog adds up every process of the run",
    ),
    Attack(
        "memory_in_files",
        "take memory that belongs to no process: files that live in memory",
        last="""
            import os, time
            held = []
            for number in range(100):
                try:
                    handle = os.memfd_create(f"m{number}")
                except OSError as error:
                    print(error)
                    break
                held.append(handle)
                os.write(handle, b"x" * (50 << 20))
        """,
        stopped_by="the system call for it is refused, and the watchdog would count it",
    ),
    Attack(
        "nameless_files",
        "fill the disk with files that are deleted and still open",
        last="""
            import os, signal, time
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            held = []
            for number in range(100):
                held.append(os.open(f"gone{number}", os.O_RDWR | os.O_CREAT))
                os.unlink(f"gone{number}")
                os.write(held[-1], b"x" * (40 << 20))
            time.sleep(3)
        """,
        ends_itself=True,
        stopped_by="the watchdog counts what is open and has no name",
    ),
    Attack(
        "memory_in_folders",
        "fill the folders that live in memory",
        last="""
            import os
            for folder in ("/tmp", "/dev/shm"):
                for number in range(100):
                    try:
                        with open(f"{folder}/{number}", "wb") as file:
                            file.write(b"x" * (50 << 20))
                    except OSError as error:
                        print(error)
                        break
        """,
        stopped_by="folders that live in memory have a size",
    ),
    Attack(
        "shared_memory",
        "take System V shared memory and let go of it, so that nobody holds it",
        last="""
            import ctypes
            libc = ctypes.CDLL(None, use_errno=True)
            libc.shmat.restype = ctypes.c_void_p
            for _ in range(60):
                number = libc.shmget(0, 50 << 20, 0o1600)
                if number < 0:
                    print("refused", ctypes.get_errno())
                    break
                place = libc.shmat(number, None, 0)
                ctypes.memset(place, 1, 50 << 20)
                libc.shmdt(ctypes.c_void_p(place))
        """,
        stopped_by="the system calls for it are refused",
    ),
    Attack(
        "disk",
        "fill the disk with many files, each below the limit",
        last="""
            import os, signal
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            block = b"x" * (20 << 20)
            for number in range(400):
                with open(f"block{number}", "wb") as file:
                    for _ in range(2):
                        file.write(block)
        """,
        ends_itself=True,
        stopped_by="the watchdog adds up what the run has written",
    ),
    Attack(
        "one_large_file",
        "write one file without end",
        last="""
            with open("large", "wb") as file:
                while True:
                    file.write(b"x" * (10 << 20))
        """,
        stopped_by="a limit on the size of a file",
    ),
    Attack(
        "output",
        "print without end",
        last="""
            import time
            while True:
                print("x" * 10_000)
                time.sleep(0.0005)
        """,
        stopped_by="the output limit and the time of a cell",
    ),
    Attack(
        "tiny_outputs",
        "show small outputs without end",
        last="""
            import time
            from IPython.display import display
            while True:
                display({})
                time.sleep(0.0005)
        """,
        stopped_by="the output limit and the time of a cell",
    ),
    Attack(
        "flood_of_tiny_outputs",
        "show small outputs as fast as they can be made, and ignore interrupts",
        # Heeding them, it would be a matter of the machine's speed how soon it is seen to.
        last="""
            import signal
            from IPython.display import display
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            while True:
                try:
                    display({})
                except BaseException:
                    pass
        """,
        ends_itself=True,
        stopped_by="the output limit and the time of a cell",
    ),
    Attack(
        "endless_loop",
        "never end a cell",
        last="while True: pass",
        stopped_by="the time of a cell, by interrupt",
        quick=True,
    ),
    Attack(
        "deaf_loop",
        "never end a cell and ignore interrupts",
        last="""
            import signal, time
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            while True:
                try:
                    time.sleep(1)
                except BaseException:
                    pass
        """,
        ends_itself=True,
        stopped_by="the time of a cell; a kernel that cannot be interrupted counts as dead",
    ),
    Attack(
        "loop_in_c",
        "never end a call into C, which no interrupt reaches",
        last="""
            import re
            re.match(r"(a+)+$", "a" * 40 + "b")
        """,
        ends_itself=True,
        stopped_by="the time of a cell; a kernel that cannot be interrupted counts as dead",
    ),
    Attack(
        "sleeping_cells",
        "sleep to the limit in every cell",
        edit=lambda notebook: _sleep_everywhere(notebook),
        twin="drops_zero, ended first",
        stopped_by="the deadline of the whole run",
    ),
    Attack(
        "sleeping_answers",
        "sleep whenever it is asked",
        wrong="keeps_everything",
        last="""
            import time
            def clean(values):
                time.sleep(60)
        """,
        stopped_by="the time of a probe; a function that did not answer is not asked again",
    ),
    Attack(
        "file_handles",
        "open files until there are no more",
        last="""
            held = []
            try:
                while True:
                    held.append(open("/dev/null"))
            except OSError as error:
                print(error)
            held.clear()
        """,
        stopped_by="a limit on open files",
    ),
    Attack(
        "recursion",
        "overflow the stack of the interpreter",
        last="""
            import sys
            sys.setrecursionlimit(10**9)
            def deeper(n):
                return deeper(n + 1) + repr([n]).count("x")
            deeper(0)
        """,
        ends_itself=True,
        stopped_by=OWN_LOSS,
    ),
    Attack(
        "kill_everybody",
        "kill every process that it may signal",
        last="""
            import os, signal
            for pid in [int(p) for p in os.listdir("/proc") if p.isdigit()]:
                if pid != os.getpid():
                    try:
                        os.kill(pid, signal.SIGKILL)
                    except OSError:
                        pass
            os.kill(-1, signal.SIGKILL)
        """,
        stopped_by="process ids of its own: it reaches itself alone",
    ),
    Attack(
        "priorities",
        "take the machine for itself by priorities and locked memory",
        last="""
            import ctypes, os, resource
            def attempt(action):
                try:
                    print(action())
                except OSError as error:
                    print(error)
            attempt(lambda: os.nice(-20))
            attempt(lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(99)))
            for limit in (resource.RLIMIT_NPROC, resource.RLIMIT_AS, resource.RLIMIT_FSIZE):
                try:
                    resource.setrlimit(limit, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
                except (ValueError, OSError) as error:
                    print(error)
            attempt(lambda: ctypes.CDLL(None).mlockall(3))
        """,
        stopped_by="no capabilities; limits can only be lowered",
    ),
)


def _sleep_everywhere(notebook: object) -> None:
    from ..attack import own_cell

    cells = notebook.cells
    for number in range(60):
        cells.insert(3, own_cell("import time; time.sleep(3600)", f"sleep-{number}"))
