"""Run a lesson's notebook once, remember its outputs, and turn it into a page."""

import base64
import hashlib
import html
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from jinja2 import DictLoader
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError
from nbconvert import MarkdownExporter
from nbconvert.filters import strip_ansi

from autograder.errors import CourseError

_SECONDS = 600
_TEMPLATE = """
{%- extends 'markdown/index.md.j2' -%}
{%- block in_prompt %}{% endblock -%}
{%- block input %}
{%- if cell.source and 'hide' not in cell.metadata.get('tags', []) %}
````python
{{ cell.source }}
````
{%- endif %}
{% endblock -%}
{%- block stream %}{{ output.text | as_pre }}{% endblock -%}
{%- block data_text %}{{ output.data['text/plain'] | as_pre }}{% endblock -%}
{%- block error %}{{ output.traceback | join('\n') | as_pre }}{% endblock -%}
{%- block data_html %}{{ output.data['text/html'] | as_html }}{% endblock -%}
{%- block data_png %}{{ output.data['image/png'] | as_picture('image/png') }}{% endblock -%}
{%- block data_jpg %}{{ output.data['image/jpeg'] | as_picture('image/jpeg') }}{% endblock -%}
{%- block data_svg %}{{ output.data['image/svg+xml'] | as_picture('image/svg+xml') }}
{%- endblock -%}
"""


@dataclass(frozen=True)
class RunNotebooks:
    """Run notebooks, keeping what they put out in `cache` until they or their files change."""

    cache: Path

    def outputs_of(self, path: Path, depends_on: tuple[Path, ...]) -> Any:
        """Return the notebook at `path` with outputs; raise CourseError naming a failing cell."""
        notebook = nbformat.read(path, as_version=4)
        kept = self.cache / f"{path.parent.name}-{_fingerprint(path, depends_on)}.ipynb"
        if kept.is_file():
            return nbformat.read(kept, as_version=4)
        runner = NotebookClient(
            notebook,
            timeout=_SECONDS,
            kernel_name="python3",
            # An ordinary kernel warns its terminal that it listens on loopback.
            extra_arguments=["--IPKernelApp.log_level=40"],
            resources={"metadata": {"path": str(path.parent)}},
        )
        try:
            runner.execute()
        except (CellExecutionError, CellTimeoutError) as error:
            told = str(error).strip().splitlines()[-1]
            raise CourseError(
                f"{path} does not run to its end: {told}.",
                mend="Run it in JupyterLab and mend the cell that stops.",
            ) from error
        self.cache.mkdir(parents=True, exist_ok=True)
        partial = kept.with_suffix(".partial")
        nbformat.write(notebook, partial)
        partial.replace(kept)
        return notebook


def notebook_markdown(notebook: Any) -> str:
    """Turn an executed notebook into Markdown: code as fences, outputs as HTML, pictures inline."""
    exporter = MarkdownExporter(  # type: ignore[no-untyped-call]
        extra_loaders=[DictLoader({"lesson.md.j2": _TEMPLATE})], template_file="lesson.md.j2"
    )
    exporter.register_filter("as_pre", _as_pre)  # type: ignore[no-untyped-call]
    exporter.register_filter("as_html", _as_html)  # type: ignore[no-untyped-call]
    exporter.register_filter("as_picture", _as_picture)  # type: ignore[no-untyped-call]
    text, _ = exporter.from_notebook_node(notebook)
    return str(text)


def _fingerprint(path: Path, depends_on: tuple[Path, ...]) -> str:
    digest = hashlib.sha256()
    files = {path, *(file for folder in depends_on for file in folder.rglob("*.py"))}
    for file in sorted(files):
        digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def _as_pre(text: str) -> str:
    # A line break inside would let Markdown take a blank line as the block's end.
    plain: str = strip_ansi(text.rstrip("\n"))  # type: ignore[no-untyped-call]
    lines = html.escape(plain).replace("\n", "&#10;")
    return f'\n\n<pre class="nb-output"><code>{_no_markup(lines)}</code></pre>\n\n'


def _as_html(text: str) -> str:
    bare = re.sub(r"<(style|script)\b.*?</\1>", "", text, flags=re.DOTALL | re.IGNORECASE)
    joined = re.sub(r"\s*\n\s*", " ", bare)
    return f'\n\n<div class="nb-output nb-html">{joined}</div>\n\n'


def _as_picture(data: Any, kind: str) -> str:
    text = "".join(data)
    if kind == "image/svg+xml":
        text = base64.b64encode(text.encode()).decode()
    inline = re.sub(r"\s", "", text)
    return (
        f'\n\n<div class="nb-output nb-picture">'
        f'<img alt="Picture drawn by the cell above" src="data:{kind};base64,{inline}"></div>\n\n'
    )


def _no_markup(text: str) -> str:
    return text.replace("\\", "&#92;").replace("`", "&#96;")
