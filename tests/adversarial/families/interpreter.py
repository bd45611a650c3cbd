"""Tampering with the interpreter that the answers, and what asks for them, run in."""

from ..attack import Attack

OUTSIDE = "expected values and verdicts exist outside the kernel only"
ECHO = "a forged answer must still be the right value, which the kernel does not hold"

ATTACKS = (
    Attack(
        "input_transformer",
        "rewrite every cell and every question before it runs",
        last="""
            def rewrite(lines):
                return [line.replace("answer", "print") for line in lines]
            get_ipython().input_transformers_cleanup.append(rewrite)
            get_ipython().input_transformers_post.append(rewrite)
        """,
        stopped_by="a probe's expression does not pass through input transformers",
        quick=True,
    ),
    Attack(
        "ast_transformer",
        "take every assert and comparison out of the code that is run",
        last="""
            import ast
            class Passing(ast.NodeTransformer):
                def visit_Assert(self, node): return ast.Pass()
                def visit_Compare(self, node): return ast.Constant(True)
            get_ipython().ast_transformers.append(Passing())
        """,
        stopped_by=OUTSIDE,
    ),
    Attack(
        "display_hook",
        "put a forged answer into what the display formatter shows",
        last="""
            formatter = get_ipython().display_formatter
            formatter.format = lambda *a, **k: (
                {"text/plain": "passed", "application/vnd.lab.verdict+json": '"passed"'}, {}
            )
        """,
        twin="starter",
        stopped_by=ECHO,
    ),
    Attack(
        "probe_module_replaced",
        "replace the planted module by one that claims that all is well",
        last="""
            import sys, types
            def answer(request, namespace):
                class Forged:
                    def _repr_mimebundle_(self, include=None, exclude=None):
                        return {"application/vnd.lab.probe+json":
                                '["d",[["status","passed"],["value",true],["after",null]]]\\n'}
                return Forged()
            sys.modules["_lab_probe"].answer = answer
        """,
        twin="starter",
        stopped_by=ECHO,
    ),
    Attack(
        "probe_module_echoes",
        "replace the planted module by one that returns the argument as the answer",
        wrong="keeps_everything",
        last="""
            import sys
            probe = sys.modules["_lab_probe"]
            honest = probe.answer
            def answer(request, namespace):
                asked = probe.loads(request)
                if asked["what"] == "call":
                    told = {"status": "ok", "value": asked["args"][0], "after": None}
                    return probe.Answer(probe.dumps(told))
                return honest(request, namespace)
            probe.answer = answer
        """,
        stopped_by=ECHO,
    ),
    Attack(
        "user_expressions",
        "answer the kernel protocol's user expressions in place of IPython",
        last="""
            shell = get_ipython()
            type(shell).user_expressions = lambda self, expressions: {
                key: {"status": "ok", "data": {"text/plain": "True"}, "metadata": {}}
                for key in expressions
            }
        """,
        twin="starter",
        stopped_by=ECHO,
    ),
    Attack(
        "import_hook",
        "patch __import__ so that the grader's questions reach another module",
        last="""
            import builtins, types
            honest = builtins.__import__
            def hooked(name, *args, **kwargs):
                module = honest(name, *args, **kwargs)
                if name == "_lab_probe":
                    module.expect = module.judge = lambda *a, **k: True
                    module.Refused = type("Never", (Exception,), {})
                return module
            builtins.__import__ = hooked
        """,
        stopped_by=OUTSIDE,
    ),
    Attack(
        "builtins_patched",
        "patch abs, round, sum and divmod to agree with everything",
        last="""
            import builtins
            builtins.abs = lambda value: 0
            builtins.round = lambda value, digits=None: 0
            builtins.sum = lambda *a, **k: 0
            builtins.divmod = lambda *a: (0, 0)
        """,
        stopped_by=OUTSIDE,
    ),
    Attack(
        "libraries_patched",
        "patch what NumPy, pandas and pytest compare with",
        last="""
            import numpy as np, pandas as pd
            np.array_equal = np.allclose = np.isclose = lambda *a, **k: True
            np.testing.assert_allclose = np.testing.assert_array_equal = lambda *a, **k: None
            pd.testing.assert_frame_equal = lambda *a, **k: None
            pd.DataFrame.equals = pd.Series.equals = lambda self, other: True
        """,
        stopped_by=OUTSIDE,
    ),
    Attack(
        "time_and_chance",
        "stop the clock and fix the dice",
        last="""
            import random, time
            time.monotonic = time.perf_counter = time.time = lambda: 0.0
            random.seed = lambda *a: None
            random.random = lambda: 0.5
            random.Random.choice = lambda self, items: items[0]
            import readings as given
            given.readings = lambda seed, count=60: [1]
        """,
        stopped_by="expected values come from the grader's own copy of the given files",
    ),
    Attack(
        "given_file_rewritten",
        "rewrite the released module so that its data fits the wrong answer",
        first="""
            from pathlib import Path
            Path("readings.py").write_text("def readings(seed, count=60): return [1, 2, 3]")
            import importlib, readings as given
            importlib.reload(given)
        """,
        stopped_by="expected values come from the grader's own copy of the given files",
    ),
    Attack(
        "frame_inspection",
        "look for the expected value in the frames that call the answer",
        last="""
            import sys
            dropping = clean
            def clean(values):
                frame = sys._getframe()
                while frame is not None:
                    for name in ("expected", "due", "right", "want"):
                        if name in frame.f_locals:
                            return frame.f_locals[name]
                    frame = frame.f_back
                return dropping(values)
        """,
        stopped_by=OUTSIDE,
    ),
    Attack(
        "trace_function",
        "trace every call and rewrite what the comparing code sees",
        last="""
            import sys
            def trace(frame, event, argument):
                for name in ("verdict", "passed", "score", "points"):
                    if name in frame.f_locals:
                        frame.f_locals[name] = "passed"
                return trace
            sys.settrace(trace)
            sys.setprofile(lambda *a: None)
        """,
        stopped_by=OUTSIDE,
    ),
    Attack(
        "garbage_collector",
        "search every living object for checks and verdicts",
        last="""
            import gc
            dropping, found = clean, []
            for thing in gc.get_objects():
                kind = type(thing)
                if kind.__name__ in ("Check", "Ruling", "Lab", "Scorecard", "CheckScore"):
                    found.append(repr(thing))
                    try:
                        object.__setattr__(thing, "verdict", "passed")
                    except Exception:
                        pass
            print(found)
        """,
        stopped_by=OUTSIDE,
    ),
    Attack(
        "grader_patched_in_kernel",
        "patch judge, expect and the scorecard in the kernel's copy of the grader",
        last="""
            import autograder.checks as checks, autograder.scoring as scoring
            import autograder.checks.judging as judging
            judging.judge = checks.judge = lambda *a, **k: checks.Ruling(checks.Verdict.PASSED)
            scoring.CheckScore.__init__ = lambda self, **k: None
            for name in ("to_equal", "to_be_a", "at"):
                for thing in vars(checks).values():
                    if hasattr(thing, name):
                        try:
                            setattr(thing, name, lambda self, *a, **k: self)
                        except (AttributeError, TypeError):
                            pass
        """,
        stopped_by=OUTSIDE,
    ),
    Attack(
        "magics_replaced",
        "replace %check and %score by ones that print full marks",
        last="""
            from IPython.core.magic import register_line_magic
            @register_line_magic
            def score(line): return 100.0
            @register_line_magic
            def check(line): print("passed: 5 of 5 points")
            get_ipython().run_line_magic("check", "clean")
        """,
        stopped_by="grade cells are not executed; what they print earns nothing",
    ),
    Attack(
        "atexit_and_finalizers",
        "change answers and write a verdict when the kernel ends",
        last="""
            import atexit, weakref
            from pathlib import Path
            def late():
                Path("scorecard.json").write_text('{"score": 5}')
                Path("@OUTPUT@/scorecard.json").write_text('{"score": 5}')
            atexit.register(late)
            class Thing: pass
            thing = Thing()
            weakref.finalize(thing, late)
        """,
        stopped_by="the kernel is killed, not asked; it writes in its own folder alone",
    ),
    Attack(
        "constants_overwritten",
        "overwrite its own code's constants in memory through ctypes, zero for one",
        last="""
            import ctypes
            values = (0, 1, 41)
            cell = ctypes.cast(id(values) + tuple.__basicsize__, ctypes.POINTER(ctypes.py_object))
            cell[0] = 1
            verdict = "failed"
            ctypes.memmove(id(verdict) + 48, b"passed", 6)
        """,
        stopped_by=OUTSIDE,
    ),
    Attack(
        "namespace_swapped",
        "swap the kernel's namespace for one that finds every name",
        last="""
            class Every(dict):
                def __missing__(self, name): return lambda *a: [5, 1]
            shell = get_ipython()
            shell.user_ns = Every(shell.user_ns)
            shell.user_module.__dict__["clean2"] = clean
        """,
        # The kernel itself finds nothing any more.
        twin="starter",
        stopped_by="names are looked up in the module's own dictionary",
    ),
)
