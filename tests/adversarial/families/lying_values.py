"""Values that lie about what they are or whom they equal."""

from ..attack import Attack

WIRE = (
    "values travel as plain data by exact type; anything else arrives as Opaque, equal to nothing"
)
# `clean` is wrong in every check; the report is computed by it before the attack.
_CLEAN = {"wrong": "keeps_everything", "stopped_by": WIRE}
# Both checks of the report are lost; `clean` is right.
_REPORT = {"wrong": "reports_the_mean_alone", "stopped_by": WIRE}

ATTACKS = (
    Attack(
        "equal_to_everything",
        "return an object whose == is always true",
        last="""
            class Equal:
                def __eq__(self, other): return True
                def __ne__(self, other): return False
                def __hash__(self): return 0
            def clean(values): return Equal()
        """,
        quick=True,
        **_CLEAN,
    ),
    Attack(
        "list_subclass",
        "return a list subclass that equals every list and has every length",
        last="""
            class Liar(list):
                def __eq__(self, other): return True
                def __ne__(self, other): return False
                def __len__(self): return 2
                def __iter__(self): return iter((5, 1))
                def __getitem__(self, place): return (5, 1)[place]
            def clean(values): return Liar(values)
        """,
        **_CLEAN,
    ),
    Attack(
        "borrowed_class",
        "return an object whose __class__ claims to be list",
        last="""
            class Borrowed:
                __class__ = list
                def __eq__(self, other): return True
                def __iter__(self): return iter((5, 1))
                def __len__(self): return 2
            def clean(values): return Borrowed()
        """,
        **_CLEAN,
    ),
    Attack(
        "lying_metaclass",
        "return an instance of a class whose metaclass equals every type",
        last="""
            class Meta(type):
                def __eq__(cls, other): return True
                def __hash__(cls): return hash(list)
                def __instancecheck__(cls, thing): return True
                def __subclasscheck__(cls, thing): return True
                __qualname__ = property(lambda cls: "list")
            class Liar(list, metaclass=Meta): pass
            def clean(values): return Liar([5, 1])
        """,
        **_CLEAN,
    ),
    Attack(
        "dict_subclass",
        "hand over a dict subclass whose every entry equals what is asked for",
        last="""
            class Any(float):
                def __eq__(self, other): return True
                def __sub__(self, other): return 0.0
                __rsub__ = __sub__
            class Liar(dict):
                def __getitem__(self, key): return Any(1)
                def get(self, key, default=None): return Any(1)
                def __contains__(self, key): return True
                def __eq__(self, other): return True
            report = Liar(kept=0, mean=0.0)
        """,
        **_REPORT,
    ),
    Attack(
        "entries_that_lie",
        "hand over a plain dict whose numbers are subclasses with a lying ==",
        last="""
            class Number(int):
                def __eq__(self, other): return True
                def __hash__(self): return 0
                def __float__(self): return 1.0
                def __sub__(self, other): return 0
                __rsub__ = __sub__
            report = {"kept": Number(1), "mean": Number(1)}
        """,
        **_REPORT,
    ),
    Attack(
        "nan",
        "hand over NaN and infinities where a tolerance is applied",
        wrong="drops_zero",
        last="report = {'kept': report['kept'], 'mean': float('nan')}",
        stopped_by="a comparison with NaN fails, whatever the tolerance",
    ),
    Attack(
        "array_read_twice",
        "return an array that changes when it is read a second time",
        last="""
            import numpy as np
            class Changing(np.ndarray):
                reads = 0
                def __array_finalize__(self, other): pass
                def tolist(self):
                    Changing.reads += 1
                    return [5, 1] if Changing.reads % 2 else [5, -2, 1, -7]
                def __eq__(self, other): return np.ones(2, bool)
                def __array__(self, *args, **kwargs): return np.array(self.tolist())
            def clean(values): return np.array(values).view(Changing)
        """,
        **_CLEAN,
    ),
    Attack(
        "object_array",
        "return an array of objects that equal everything",
        last="""
            import numpy as np
            class Equal:
                def __eq__(self, other): return True
            def clean(values): return np.array([Equal() for _ in values], dtype=object)
        """,
        **_CLEAN,
    ),
    Attack(
        "frame_subclass",
        "return a DataFrame subclass whose equals() is always true",
        last="""
            import pandas as pd
            class Liar(pd.DataFrame):
                def equals(self, other): return True
                def __eq__(self, other): return True
            def clean(values): return Liar({"a": values})
        """,
        **_CLEAN,
    ),
    Attack(
        "wire_forger",
        "return the grader's own marker classes with == made true",
        last="""
            import sys
            wire = sys.modules["_lab_probe.wire"]
            wire.Opaque.__eq__ = lambda self, other: True
            def clean(values): return wire.Opaque("list")
        """,
        **_CLEAN,
    ),
    Attack(
        "changing_global",
        "hand over a report that is computed anew at each look",
        last="""
            class Lazy:
                def __getattribute__(self, name): return lambda *a, **k: True
            report = Lazy()
        """,
        **_REPORT,
    ),
)
