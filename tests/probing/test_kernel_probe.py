"""Probing a real kernel, honest and otherwise."""

import statistics
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from probed_kernel import Kernel, failure

from autograder.errors import CourseError
from autograder.probing import wire
from autograder.probing.client import KernelProbe

pytestmark = pytest.mark.slow


def test_it_calls_looks_up_and_inspects(probe: KernelProbe) -> None:
    assert probe("call", "double", (21,)) == (42, None)
    assert probe("value", "rate") == (0.5, None)
    assert probe("call", "later", (1,)) == (2, None)
    assert probe("call", "grow", ([1],), inspect=True) == (None, ([1, 9],))
    assert type(probe("value", "os")[0]) is wire.Opaque
    assert len(probe.timings_ms) == 5


def test_frames_go_there_and_back(probe: KernelProbe) -> None:
    frame = pd.DataFrame({"a": [1, 2], "a b": ["x", None]}, index=["r", "s"])
    pd.testing.assert_frame_equal(probe("call", "same", (frame,))[0], frame)


def test_missing_and_raised_are_told_in_words(probe: KernelProbe) -> None:
    missing = failure(probe, "valdate")
    assert (missing.status, "`validate`" in str(missing)) == ("missing", True)
    raised = failure(probe, "validate", {})
    assert (raised.status, raised.ename) == ("raised", "KeyError")
    assert str(raised) == "`validate` raised KeyError: 'amount' at line 12: `x = f['amount']`"


def test_probes_leave_no_trace_in_the_namespace(kernel: Kernel, probe: KernelProbe) -> None:
    kernel.run("before = set(globals()); globals = __name__")
    probe("call", "double", (1,))
    kernel.run("del globals; assert set(globals()) - before == {'before'}")


@pytest.mark.parametrize("name", ["spin", "sleepy"])
def test_what_never_ends_is_interrupted_and_not_asked_again(kernel: Kernel, name: str) -> None:
    probe = kernel.probe(seconds=0.5)
    slow = failure(probe, name)
    assert (slow.status, str(slow)) == ("timeout", f"`{name}` gave no answer within 0.5 s")
    begun = time.perf_counter()
    again = failure(probe, name)
    assert (again.status, "not asked again" in str(again)) == ("timeout", True)
    assert time.perf_counter() - begun < 0.1
    assert probe.alive
    assert probe("call", "double", (1,)) == (2, None)


def test_late_replies_are_not_taken_for_others(kernel: Kernel) -> None:
    probe = kernel.probe(seconds=0.3, grace=3)
    assert failure(probe, "stubborn").status == "timeout"
    assert probe("call", "double", (4,)) == (8, None)


def test_the_deadline_of_the_run_ends_all_asking(kernel: Kernel) -> None:
    probe = kernel.probe(within=-1)
    late = failure(probe, "double", 1)
    assert (late.status, "no time was left" in str(late)) == ("dead", True)


def test_hooks_and_displays_of_the_learner_do_not_disturb(doomed: Kernel) -> None:
    probe = doomed.probe()
    doomed.run(
        "import ast, sys\n"
        "ip = get_ipython()\n"
        "def spoil(lines): return ['1/0\\n']\n"
        "class Spoil(ast.NodeTransformer):\n"
        "    def visit_Module(self, node): raise RuntimeError\n"
        "spoiler = Spoil()\n"
        "def hook(*args): raise RuntimeError('hook')\n"
        "def plain(value, printer, cycle): printer.text('spoiled')\n"
        "ip.input_transformers_cleanup.append(spoil)\n"
        "ip.ast_transformers.append(spoiler)\n"
        "for event in ('pre_execute', 'post_execute', 'pre_run_cell'):\n"
        "    ip.events.register(event, hook)\n"
        "ip.display_formatter.formatters['text/plain'].for_type(object, plain)\n"
        "ip.display_formatter.formatters['text/html'].for_type(object, lambda v: '<b>x</b>')\n"
        "sys.displayhook = hook\n"
        "json = base64 = dumps = loads = hook\n"
    )
    assert probe("call", "same", ([1, "a"],)) == ([1, "a"], None)
    assert failure(probe, "validate", {}).ename == "KeyError"


def test_a_dead_kernel_is_noticed_at_once(doomed: Kernel) -> None:
    probe = doomed.probe(seconds=30)
    assert probe("value", "rate") == (0.5, None)
    begun = time.perf_counter()
    assert failure(probe, "die").status == "dead"
    assert not probe.alive
    assert failure(probe, "double", 1).status == "dead"
    assert time.perf_counter() - begun < 10
    never_met = doomed.probe(seconds=30)
    assert failure(never_met, "double", 1).status == "dead"
    assert time.perf_counter() - begun < 20


def test_a_kernel_that_will_not_stop_counts_as_dead(doomed: Kernel) -> None:
    probe = doomed.probe(seconds=0.3, grace=1)
    numb = failure(probe, "numb")
    assert (numb.status, "could not be interrupted" in str(numb)) == ("timeout", True)
    assert not probe.alive
    assert failure(probe, "double", 1).status == "dead"


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "nothing",
        '{"transport": "tcp", "ip": "192.0.2.1", "shell_port": 1, "key": "k",'
        ' "signature_scheme": "hmac-sha256"}',
    ],
)
def test_a_connection_file_that_leads_elsewhere_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "c.json"
    file.write_text(text)
    with pytest.raises(CourseError):
        KernelProbe(file, probe_seconds=1, deadline=0, interrupt=lambda: None)


def test_a_probe_takes_milliseconds(probe: KernelProbe) -> None:
    for number in range(30):
        probe("call", "same", (number,))
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(100_000, 10)))
    probe("call", "same", (frame,))
    *small, large = probe.timings_ms
    sys.stdout.write(f"median {statistics.median(small):.1f} ms, frame {large:.0f} ms\n")
    assert statistics.median(small) < 100
    assert large < 5000
