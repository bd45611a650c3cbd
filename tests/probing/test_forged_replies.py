"""A kernel that forges its replies gets a word for it, and nothing else."""

import pytest
from probed_kernel import Kernel, failure

pytestmark = pytest.mark.slow

ARM = """
def _arm(forge):
    session = get_ipython().kernel.session
    send, seen = session.send, []
    def forged(stream, kind, content=None, parent=None, **more):
        if kind == 'execute_reply':
            seen.append(kind)
            if len(seen) == 2:
                session.send = send
                return forge(session, send, stream, content, parent, more)
        return send(stream, kind, content, parent, **more)
    session.send = forged
"""

# Each forges the one reply after the one to its own planting.
FORGERIES = {
    "empty": "send(stream, 'execute_reply', {}, parent, **more)",
    "no dict": "raw(None, header, parent, b'{}', b'[1]')",
    "wrong entry": "answer('text/plain', 'x')",
    "no text": "answer(MIME, {'status': 'ok'})",
    "not plain": "answer(MIME, 'nothing of the kind')",
    "no known status": 'answer(MIME, \'["d",[["status","passed"]]]\')',
    "unsigned": "raw(b'', header, parent, b'{}', b'{}')",
    "wrongly signed": "raw(b'0' * 64, header, parent, b'{}', b'{}')",
    "no JSON": "raw(None, header, parent, b'{}', b'{nothing')",
    "deep JSON": "raw(None, header, parent, b'{}', b'[' * 100000)",
    "bulky JSON": "raw(None, header, parent, b'{}', b'[' + b'[],' * 3000000 + b'1]')",
    "long header": "raw(None, b'{\"a\":\"' + b'x' * 100000 + b'\"}', parent, b'{}', b'{}')",
    "odd header": "raw(None, b'7', b'7', b'7', b'{}')",
    "few parts": "stream.send_multipart([*more['ident'], b'<IDS|MSG>', b''])",
    "many parts": "stream.send_multipart([*more['ident'], b'<IDS|MSG>'] + [b''] * 50)",
    "a flood": (
        "[send(stream, 'execute_reply', {}, {'header': {'msg_id': str(i)}}, **more)"
        " for i in range(1100)]"
    ),
    "too large": "answer(MIME, 'x' * (200 << 20))",
}

FORGE = """
import json
from jupyter_client.session import json_packer as pack
MIME = 'application/vnd.lab.probe+json'
def _forge(session, send, stream, content, parent, more):
    def answer(mime, value):
        found = {'answer': {'status': 'ok', 'data': {mime: value}, 'metadata': {}}}
        content['user_expressions'] = found
        return send(stream, 'execute_reply', content, parent, **more)
    def raw(signature, *parts):
        parts = [pack(part['header']) if isinstance(part, dict) else part for part in parts]
        signature = session.sign(parts) if signature is None else signature
        stream.send_multipart([*more['ident'], b'<IDS|MSG>', signature, *parts])
    header = pack(session.msg_header('execute_reply'))
    FORGERY
    return {'header': header, 'content': {}}
_arm(_forge)
"""


@pytest.mark.parametrize("forgery", FORGERIES)
def test_forged_replies_are_garbled_and_harm_no_other(kernel: Kernel, forgery: str) -> None:
    probe = kernel.probe(seconds=15)
    assert probe("value", "rate") == (0.5, None)
    kernel.run(ARM + FORGE.replace("FORGERY", FORGERIES[forgery]))
    assert failure(probe, "rate").status == "garbled"
    assert probe.alive
    if forgery != "a flood":
        assert probe("call", "double", (3,)) == (6, None)


def test_a_reply_sent_twice_is_taken_once(kernel: Kernel) -> None:
    probe = kernel.probe(seconds=15)
    forgery = "[send(stream, 'execute_reply', content, parent, **more) for _ in range(2)]"
    kernel.run(ARM + FORGE.replace("FORGERY", forgery))
    assert probe("call", "double", (3,)) == (6, None)
    assert probe("call", "double", (4,)) == (8, None)


@pytest.mark.parametrize("change", ["p.answer = lambda *a: 1 / 0", "del sys.modules['_lab_probe']"])
def test_a_broken_helper_is_garbled(kernel: Kernel, change: str) -> None:
    kernel.run("import sys; p = sys.modules['_lab_probe']; kept = p.answer; " + change)
    probe = kernel.probe()
    assert failure(probe, "double", 1).status == "garbled"
    kernel.run("p.answer = kept; sys.modules['_lab_probe'] = p")
