"""Tampering with the messages between the kernel and the grader."""

from ..attack import Attack

DISTRUST = "replies are matched by id, bounded in size and decoded as plain data"
OWN_LOSS = "the run ends, and with it this submission's points"

ATTACKS = (
    Attack(
        "forged_reply",
        "answer execute requests itself with a reply that claims success and points",
        last="""
            kernel = get_ipython().kernel
            async def forged(stream, ident, parent):
                content = {"status": "ok", "execution_count": 1, "payload": [], "score": 5,
                           "user_expressions": {"answer": {"status": "ok", "metadata": {}, "data": {
                               "application/vnd.lab.probe+json": '["d",[["status","ok"],["value",'
                               '["d",[["verdict","passed"]]]],["after",null]]]\\n'}}}}
                kernel.session.send(stream, "execute_reply", content, parent, ident=ident)
            kernel.shell_handlers["execute_request"] = forged
        """,
        twin="starter",
        stopped_by="a forged answer must still be the right value",
    ),
    Attack(
        "reply_of_another_shape",
        "reply with lists and nulls where the protocol has objects",
        last="""
            kernel = get_ipython().kernel
            async def forged(stream, ident, parent):
                for content in ([], None, "ok", {"status": None}, {"user_expressions": []}):
                    kernel.session.send(stream, "execute_reply", content, parent, ident=ident)
            kernel.shell_handlers["execute_request"] = forged
        """,
        twin="starter",
        stopped_by=DISTRUST,
    ),
    Attack(
        "cell_reply_of_another_shape",
        "reply to a cell's own request with a list for a body",
        first="""
            kernel = get_ipython().kernel
            honest = kernel.session.send
            def send(stream, kind, content=None, *args, **kwargs):
                if kind == "execute_reply":
                    content = ["ok", {"status": {}}]
                return honest(stream, kind, content, *args, **kwargs)
            kernel.session.send = send
        """,
        ends_itself=True,
        stopped_by="a kernel that speaks no Jupyter any more counts as dead",
    ),
    Attack(
        "dead_kernel",
        "end the kernel before the grader can ask",
        last="import os; os.kill(os.getpid(), 9)",
        ends_itself=True,
        stopped_by=OWN_LOSS,
    ),
    Attack(
        "dies_when_asked",
        "end the kernel at the first question",
        last="""
            import os
            def clean(values): os._exit(0)
        """,
        ends_itself=True,
        stopped_by=OWN_LOSS,
    ),
    Attack(
        "silent_kernel",
        "never reply to anything again",
        last="""
            kernel = get_ipython().kernel
            kernel.session.send = lambda *args, **kwargs: None
        """,
        ends_itself=True,
        stopped_by="every wait has a limit",
    ),
    Attack(
        "stopped_kernel",
        "stop its own process without ending it",
        last="import os, signal; os.kill(os.getpid(), signal.SIGSTOP)",
        ends_itself=True,
        stopped_by="every wait has a limit, and a process that is stopped can be killed",
    ),
    Attack(
        "out_of_order",
        "send replies twice, early and for requests that were never made",
        last="""
            kernel = get_ipython().kernel
            honest = kernel.session.send
            def send(stream, kind, content=None, parent=None, **kwargs):
                if kind == "execute_reply":
                    stale = {**parent, "header": {**parent["header"], "msg_id": "never-asked"}}
                    for _ in range(5):
                        honest(stream, kind, content, stale, **kwargs)
                return honest(stream, kind, content, parent, **kwargs)
            kernel.session.send = send
        """,
        stopped_by=DISTRUST,
    ),
    Attack(
        "huge_reply",
        "answer a probe with a message of 300 MB",
        last="""
            kernel = get_ipython().kernel
            honest = kernel.session.send
            def send(stream, kind, content=None, *args, **kwargs):
                if kind == "execute_reply":
                    content = {**content, "user_expressions": {"answer": "x" * (300 << 20)}}
                return honest(stream, kind, content, *args, **kwargs)
            kernel.session.send = send
        """,
        twin="starter",
        stopped_by=DISTRUST,
    ),
    Attack(
        "connection_file_rewritten",
        "point the connection file and the sockets at somebody else",
        last="""
            import json, os
            from pathlib import Path
            root = Path.cwd().parent
            file = root / "kernel.json"
            given = json.loads(file.read_text())
            file.write_text(json.dumps({**given, "transport": "tcp", "ip": "192.0.2.1"}))
            for socket in root.glob("k-*"):
                socket.unlink()
                socket.symlink_to("/dev/zero")
        """,
        ends_itself=True,
        stopped_by="the connection file is read before the first cell; a link leads to no kernel",
    ),
    Attack(
        "kernel_replaced",
        "replace the kernel by a program that answers every request with success",
        last="""
            import os, sys
            program = '''
            import json, sys, zmq
            from pathlib import Path
            from jupyter_client.session import Session
            given = json.loads(Path("../kernel.json").read_text())
            session = Session(key=given["key"].encode())
            socket = zmq.Context().socket(zmq.ROUTER)
            path = Path(f"{given['ip']}-{given['shell_port']}")
            path.unlink(missing_ok=True)
            socket.bind(f"ipc://{path}")
            while True:
                idents, parts = session.feed_identities(socket.recv_multipart())
                message = session.deserialize(parts)
                session.send(socket, "execute_reply", {"status": "ok", "user_expressions": {
                    "answer": {"data": {"application/vnd.lab.probe+json": "true"}}}},
                    parent=message, ident=idents)
            '''
            import textwrap
            os.execv(sys.executable, [sys.executable, "-c", textwrap.dedent(program)])
        """,
        ends_itself=True,
        stopped_by="a forged answer must still be the right value",
    ),
    Attack(
        "colliding_keys",
        "answer with a dictionary whose keys all hash alike, so that reading it takes hours",
        wrong="reports_the_mean_alone",
        last="""
            import sys
            step = sys.hash_info.modulus
            probe = sys.modules["_lab_probe"]
            keys = [[step * (n + 1), 0] for n in range(240_000)]
            import json
            text = json.dumps(["d", [["status", "ok"], ["value", ["d", keys]], ["after", None]]])
            honest = probe.answer
            def answer(request, namespace):
                if probe.loads(request)["what"] == "value":
                    return probe.Answer(text + "\\n")
                return honest(request, namespace)
            probe.answer = answer
        """,
        stopped_by="keys that collide are refused",
    ),
    Attack(
        "wire_bombs",
        "answer with arrays of 2**60 cells, endless ranges and bottomless lists",
        wrong="keeps_everything",
        last="""
            import itertools, sys
            probe = sys.modules["_lab_probe"]
            bombs = itertools.cycle([
                '["a","<f8",[1073741824,1073741824],0]',
                '["C",null,["r",0,4611686018427387904,1,null],["a","<f8",[0],0]]',
                "[" * 5000 + "]" * 5000,
                '["U","U",[1],["' + "x" * 100 + '"]]',
                '["z","../../etc/passwd",["a","<M8[ns]",[0],0]]',
                "9" * 5000,
                '["F",["i",["A",[1],[["l",[]]]],null],["r",0,1,1,null],[["a","<f8",[1],0]]]',
            ])
            honest = probe.answer
            def answer(request, namespace):
                if probe.loads(request)["what"] == "call":
                    value = next(bombs)
                    return probe.Answer(
                        '["d",[["status","ok"],["value",' + value + '],["after",null]]]\\n'
                    )
                return honest(request, namespace)
            probe.answer = answer
        """,
        stopped_by="sizes, depth and kinds are checked before anything is built",
    ),
)
