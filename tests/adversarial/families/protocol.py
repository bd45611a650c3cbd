"""Tampering with the messages between the kernel and the grader."""

from ..attack import Attack

DISTRUST = "replies are matched by id, bounded in size and decoded as plain data"
OWN_LOSS = "the run ends, and with it this submission's points"

_SEND = """
    import json, threading, time
    kernel = get_ipython().kernel
    session, iopub = kernel.session, kernel.iopub_socket
    def publish(kind, content, **more):
        session.send(iopub, kind, content, parent=kernel.get_parent("shell"), **more)
"""


def _sending(code: str) -> str:
    from textwrap import dedent

    return dedent(_SEND) + dedent(code)


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
        "fake_idle",
        "claim to be idle while it works, so that later output lands elsewhere",
        first=_sending("""
            publish("status", {"execution_state": "idle"})
            def later():
                for _ in range(20):
                    publish("status", {"execution_state": "idle"})
                    publish("execute_result", {"data": {"text/plain": "5.0"}, "metadata": {},
                                               "execution_count": 1})
                    time.sleep(0.05)
            threading.Thread(target=later, daemon=True).start()
        """),
        stopped_by="what a cell shows earns nothing by itself",
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
        "huge_output",
        "publish one output of 200 MB",
        first=_sending("publish('stream', {'name': 'stdout', 'text': 'x' * (200 << 20)})"),
        stopped_by="a message over the limit is told of, not read",
    ),
    Attack(
        "malformed_outputs",
        "publish outputs without the parts that outputs have",
        first=_sending("""
            publish("stream", {})
            publish("stream", {"name": 7, "text": None})
            publish("display_data", {"data": [], "metadata": None, "transient": {"display_id": 3}})
            publish("display_data", {"data": "x"})
            publish("error", {})
            publish("execute_result", {"data": {"text/plain": {"a": 1}}})
            publish("update_display_data", {"transient": {"display_id": [1]}, "data": {}})
            publish("clear_output", {"wait": "yes"})
            publish("comm_open", {})
            publish("comm_msg", {"data": None, "comm_id": []})
            publish("status", {})
            publish("nothing_known", {})
        """),
        stopped_by="a message that cannot be read is left out",
    ),
    Attack(
        "outputs_that_are_no_objects",
        "publish messages whose content is a list, a number or nothing",
        first=_sending("""
            for content in ([], [1], "text", 3):
                for kind in ("stream", "display_data", "status", "comm_open", "error"):
                    session.send(iopub, kind, content, parent=kernel.get_parent("shell"))
        """),
        stopped_by="a message that cannot be read is left out",
    ),
    Attack(
        "deep_output",
        "publish an output nested 100,000 deep",
        first=_sending("""
            deep = json.loads("[" * 500 + "]" * 500)
            publish("display_data", {"data": {"application/json": deep}, "metadata": {}})
            text = '{"data":{"text/plain":"x","application/json":' + "[" * 100000 + "]" * 100000
            honest = session.pack
            session.pack = lambda value: (
                (text + '},"metadata":{}}').encode() if value == "deep" else honest(value)
            )
            session.send(iopub, "display_data", "deep", parent=kernel.get_parent("shell"))
            session.pack = honest
        """),
        stopped_by="a message that cannot be read is left out",
    ),
    Attack(
        "broken_frames",
        "send parts that are no message and signatures that are wrong",
        first=_sending("""
            import zmq
            for frames in ([b"x"], [b"<IDS|MSG>"], [b"a", b"<IDS|MSG>", b"", b"{", b"}"]):
                iopub.send_multipart(frames) if hasattr(iopub, "send_multipart") else None
        """),
        stopped_by="a message that cannot be read is left out",
    ),
    Attack(
        "widget_flood",
        "store 150 MB in the state of widgets, which is no output",
        first=_sending("""
            for number in range(150):
                publish("comm_open", {"comm_id": str(number), "target_name": "jupyter.widget",
                        "data": {"state": {"_model_module": "x", "value": "y" * (1 << 20)}}})
        """),
        stopped_by="every message counts against the output limit",
    ),
    Attack(
        "unwritable_text",
        "print text that no file can hold: half a surrogate pair",
        last=_sending("""
            publish("stream", {"name": "stdout", "text": "\\ud800"})
            publish("error", {"ename": "\\ud800", "evalue": "\\udfff", "traceback": ["\\ud800"]})
            publish("display_data", {"data": {"text/html": "<b>\\ud800</b>"}, "metadata": {}})
            honest = session.pack
            session.pack = lambda value: json.dumps(value, default=str).encode()
            publish("stream", {"name": "stdout", "text": "\\ud800"})
            publish("error", {"ename": "\\ud800", "evalue": "\\udfff", "traceback": ["\\ud800"]})
            publish("display_data", {"data": {"text/html": "<b>\\ud800</b>"}, "metadata": {}})
        """),
        stopped_by="text is made fit for UTF-8 before it is kept",
    ),
    Attack(
        "unwritable_error",
        "fail an answer's cell with an error whose words no file can hold",
        edit=lambda notebook: _append(
            notebook,
            "report-answer",
            "kernel = get_ipython().kernel\nimport json\n"
            "kernel.session.pack = lambda value: json.dumps(value, default=str).encode()\n"
            "raise ValueError('\\ud800' * 5)",
        ),
        stopped_by="text is made fit for UTF-8 before it is kept",
    ),
    Attack(
        "other_cells_rewritten",
        "rewrite the outputs of other cells through display ids",
        last=_sending("""
            from IPython.display import display
            handle = display("first", display_id="shared")
            publish("clear_output", {"wait": False})
            for _ in range(50):
                publish("update_display_data", {"transient": {"display_id": "shared"},
                        "data": {"text/plain": "5 of 5 points"}, "metadata": {}})
        """),
        stopped_by="what a cell shows earns nothing by itself",
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


def _append(notebook: object, cell: str, code: str) -> None:
    from ..attack import answer

    answer(notebook, cell).source += "\n" + code  # type: ignore[arg-type]
