"""Files of the run that whoever reads them is to suffer from: pickles, tables, databases."""

from ..attack import Attack

# Every file of this lab's wrong answer is wrong; that they are there earns one point.
_LAB = {"lab": "artefact", "wrong": "wrong_slope"}
DATA_ONLY = "files are read as data in formats that execute nothing, sizes first"

_EVIL = """
import os, pickle
from pathlib import Path
class Evil:
    def __reduce__(self):
        code = "open('/tmp/lab-was-here-pickle', 'w'); open('@OUTPUT@/lab-was-here', 'w')"
        return (exec, (code,))
evil = pickle.dumps(Evil())
"""


def _with_evil(code: str) -> str:
    from textwrap import dedent

    return dedent(_EVIL) + dedent(code)


ATTACKS = (
    Attack(
        "pickled_answer",
        "return objects whose unpickling runs code",
        wrong="keeps_everything",
        last=_with_evil("""
            def clean(values):
                return [Evil(), evil]
        """),
        stopped_by="nothing is unpickled on the way",
    ),
    Attack(
        "pickles_everywhere",
        "leave pickles under every name that a loader might open",
        last=_with_evil("""
            for name in ("model.pkl", "model.joblib", "model.pt", "model.bin", "MLmodel",
                         "model.json.pkl", "data.npy", "conftest.py", "checks.py"):
                Path(name).write_bytes(evil)
        """),
        stopped_by=DATA_ONLY,
        **_LAB,
    ),
    Attack(
        "pickles_for_tables",
        "replace tables and models by pickles",
        last=_with_evil("""
            for name in ("model.json", "table.csv", "table.parquet", "store.db"):
                Path(name).write_bytes(evil)
        """),
        stopped_by=DATA_ONLY,
        **_LAB,
    ),
    Attack(
        "parquet_extensions",
        "write Parquet whose metadata name pickled and extension types",
        last="""
            import pickle
            import pyarrow as pa, pyarrow.parquet as pq
            column = pa.array([1, 2, 3])
            schema = pa.schema([
                pa.field("x", pa.int64(), metadata={
                    b"ARROW:extension:name": b"arrow.py_extension_type",
                    b"ARROW:extension:metadata": pickle.dumps(print)}),
                pa.field("y", pa.int64()),
            ], metadata={b"pandas": b'{"index_columns": ["os.system"], "columns": "x"}'})
            pq.write_table(pa.table([column, column], schema=schema), "table.parquet")
        """,
        stopped_by=DATA_ONLY,
        **_LAB,
    ),
    Attack(
        "parquet_bomb",
        "write a small Parquet file that unfolds to billions of cells",
        last="""
            import pyarrow as pa, pyarrow.parquet as pq
            part = pa.table({"x": pa.repeat(1, 3_000_000), "y": pa.repeat(1, 3_000_000)})
            with pq.ParquetWriter("table.parquet", part.schema, compression="zstd") as writer:
                for _ in range(10):
                    writer.write_table(part)
        """,
        stopped_by=DATA_ONLY,
        **_LAB,
    ),
    Attack(
        "database_program",
        "write a database whose tables are programs that never end",
        last="""
            import os, sqlite3
            os.remove("store.db")
            book = sqlite3.connect("store.db")
            book.execute("create view weights as with recursive c(n) as (select 1 union all "
                         "select n + 1 from c) select n as name, n as value from c")
            book.execute("create table other(x)")
            book.execute("create trigger t after insert on other begin select 1; end")
            book.commit()
        """,
        stopped_by="a snapshot is read with a limit on rows and steps, tables alone",
        **_LAB,
    ),
    Attack(
        "files_are_links",
        "make files links to what the grader can read and the run cannot",
        last="""
            import os
            for name, target in (("model.json", "@COURSE@/labs/artefact/model.json"),
                                 ("table.csv", "@COURSE@/labs/artefact/hidden_checks.py"),
                                 ("table.parquet", "/dev/zero"), ("store.db", "../kernel.json")):
                os.remove(name)
                os.symlink(target, name)
        """,
        twin="starter",
        stopped_by="no link is followed on the way to a file",
        **_LAB,
    ),
    Attack(
        "files_are_pipes",
        "make files pipes and folders that keep a reader waiting",
        last="""
            import os
            for name in ("model.json", "table.csv", "store.db"):
                os.remove(name)
                os.mkfifo(name)
            os.remove("table.parquet")
            os.mkdir("table.parquet")
            os.mkfifo("table.parquet/part.parquet")
        """,
        twin="starter",
        stopped_by="files are opened without waiting, plain ones alone",
        **_LAB,
    ),
    Attack(
        "files_too_large",
        "make files as large as they may be, and larger",
        last="""
            import os
            for name in ("model.json", "table.csv", "store.db"):
                try:
                    os.truncate(name, 60 << 20)
                except OSError as error:
                    print(error)
        """,
        stopped_by="a limit on the bytes that are read",
        **_LAB,
    ),
    Attack(
        "bottomless_json",
        "write JSON without bottom and numbers without end",
        last="""
            from pathlib import Path
            Path("model.json").write_text('{"slope": 2, "offset": ' + "[" * 500_000)
            Path("table.csv").write_text("x,y\\n" + "1," * 3_000_000)
        """,
        stopped_by="what cannot be read fails the check in words",
        **_LAB,
    ),
    Attack(
        "files_that_change",
        "change files while they are read",
        last="""
            import os, subprocess, sys
            program = ("import os, time\\n"
                       "while True:\\n"
                       "    for name in ('table.csv', 'model.json'):\\n"
                       "        text = open(name).read() if os.path.exists(name) else ''\\n"
                       "        open('other', 'w').write(text)\\n"
                       "        os.replace('other', name)\\n")
            subprocess.Popen([sys.executable, "-c", program], start_new_session=True)
        """,
        stopped_by="a file is opened once and read to a limit",
        **_LAB,
    ),
)
