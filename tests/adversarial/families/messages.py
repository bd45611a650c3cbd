"""Messages that are no proper messages, and outputs that are no outputs."""

from textwrap import dedent
from typing import Any

from ..attack import Attack, answer

_UNREAD = "a message that cannot be read is left out"
_SEND = """
    import json, threading, time
    kernel = get_ipython().kernel
    session, iopub = kernel.session, kernel.iopub_socket
    def publish(kind, content, **more):
        session.send(iopub, kind, content, parent=kernel.get_parent("shell"), **more)
"""


def _sending(code: str) -> str:
    return dedent(_SEND) + dedent(code)


def _append(notebook: Any, cell: str, code: str) -> None:
    answer(notebook, cell).source += "\n" + code


ATTACKS = (
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
        stopped_by=_UNREAD,
    ),
    Attack(
        "outputs_that_are_no_objects",
        "publish messages whose content is a list, a number or nothing",
        first=_sending("""
            for content in ([], [1], "text", 3):
                for kind in ("stream", "display_data", "status", "comm_open", "error"):
                    session.send(iopub, kind, content, parent=kernel.get_parent("shell"))
        """),
        stopped_by=_UNREAD,
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
        stopped_by=_UNREAD,
    ),
    Attack(
        "broken_frames",
        "send parts that are no message and signatures that are wrong",
        first=_sending("""
            import zmq
            for frames in ([b"x"], [b"<IDS|MSG>"], [b"a", b"<IDS|MSG>", b"", b"{", b"}"]):
                iopub.send_multipart(frames) if hasattr(iopub, "send_multipart") else None
        """),
        stopped_by=_UNREAD,
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
)
