"""Script and markup for whoever reads the feedback, the report and the terminal."""

from ..attack import Attack, answer

INERT = "feedback is rebuilt from inert parts under a policy that runs and fetches nothing"
_EVIL = "<script>lab_was_here()</script><img src=x onerror=lab_was_here()>"

ATTACKS = (
    Attack(
        "html_output",
        "show HTML with scripts, handlers, frames and forms",
        last=f"""
            from IPython.display import HTML, display
            display(HTML({_EVIL!r} + '<iframe src="javascript:lab_was_here()"></iframe>'
                '<form action="https://evil.example.com"><input autofocus onfocus=lab_was_here()>'
                '</form><a href="javascript:lab_was_here()">x</a><svg onload=lab_was_here()>'
                '<math><mtext><style><img src=x onerror=lab_was_here()></style></mtext></math>'
                '<base href="https://evil.example.com"><meta http-equiv="refresh" content="0">'))
        """,
        stopped_by=INERT,
        quick=True,
    ),
    Attack(
        "javascript_output",
        "show JavaScript, widgets and vendor types that viewers execute",
        last=f"""
            from IPython.display import Javascript, display
            display(Javascript("lab_was_here()"))
            for kind in ("application/javascript", "application/vnd.jupyter.widget-view+json",
                         "application/vnd.vegalite.v4+json", "application/vnd.plotly.v1+json",
                         "text/latex", "application/x-unknown", "text/html"):
                display({{kind: {_EVIL!r}}}, raw=True)
        """,
        stopped_by=INERT,
    ),
    Attack(
        "markdown",
        "write scripts and links that act into Markdown, as cell and as output",
        last=f"""
            from IPython.display import Markdown, display
            display(Markdown({_EVIL!r} + "[x](javascript:lab_was_here())"
                             "[y](data:text/html,<script>lab_was_here()</script>)"))
        """,
        edit=lambda notebook: _markdown(notebook),
        stopped_by=INERT,
    ),
    Attack(
        "pictures",
        "show pictures that are scripts",
        last=f"""
            import base64
            from IPython.display import display
            evil = '<svg xmlns="http://www.w3.org/2000/svg" onload="lab_was_here()">'
            evil += {_EVIL!r} + '</svg>'
            display({{"image/svg+xml": evil}}, raw=True)
            display({{"image/png": '"><script>lab_was_here()</script>'}}, raw=True)
            display({{"image/png": base64.b64encode(evil.encode()).decode()}}, raw=True)
            display({{"image/jpeg": 'x" onerror="lab_was_here()'}}, raw=True)
        """,
        stopped_by=INERT,
    ),
    Attack(
        "error_text",
        "fail with words that are markup, in an answer and in a question",
        wrong="keeps_everything",
        last=f"""
            class Evil(ValueError): pass
            Evil.__name__ = Evil.__qualname__ = {_EVIL!r}
            def clean(values):
                raise Evil({_EVIL!r} + "</pre></td>")
        """,
        stopped_by="messages are text, escaped on every page",
    ),
    Attack(
        "error_in_answer_cell",
        "fail an answer's cell with words that are markup and terminal commands",
        wrong="reports_the_mean_alone",
        edit=lambda notebook: _fail(notebook),
        stopped_by="messages are text, escaped on every page",
    ),
    Attack(
        "terminal",
        "write commands for the instructor's terminal into messages",
        wrong="keeps_everything",
        last=r"""
            def clean(values):
                raise ValueError("\x1b]0;lab_was_here\x07\x1b[2J\x1b[31mred\x9b31m [bold red]x[/] "
                                 "[link=javascript:lab_was_here()]y[/link]")
            print("\x1b]8;;javascript:lab_was_here()\x07click\x1b]8;;\x07\x1b[8m")
        """,
        stopped_by="control characters are taken out of messages",
    ),
    Attack(
        "templates",
        "write template language for the pages' own engine",
        wrong="keeps_everything",
        last="""
            def clean(values):
                raise ValueError("{{ 7 * 191 }}{% for x in ().__class__.__mro__ %}{{ x }}"
                                 "{% endfor %}"
                                 "${7*191} #{7*191} <%= 7*191 %>")
            print("{{ 7 * 191 }}{% raw %}")
        """,
        stopped_by="what learners wrote is filled in, never compiled",
    ),
    Attack(
        "spreadsheet",
        "write formulas for the instructor's spreadsheet",
        wrong="keeps_everything",
        last="""
            def clean(values):
                raise ValueError("=HYPERLINK(\\"https://evil.example.com\\",\\"x\\")")
        """,
        stopped_by="exports hold scores and no words of learners",
    ),
    Attack(
        "names",
        "write markup into function names, cell ids, tags and metadata",
        edit=lambda notebook: _names(notebook),
        stopped_by="of a learner's notebook the sources alone are taken over",
    ),
    Attack(
        "slow_markup",
        "show markup that takes cleaners and renderers hours",
        last="""
            from IPython.display import HTML, Markdown, display
            display(HTML("<b>" * 60_000))
            display(HTML("<" * 100_000))
            display(HTML("<style " * 40_000))
            display(Markdown("[" * 30_000))
            display(Markdown("> " * 5_000 + "x"))
            display(Markdown("**a" * 20_000))
            print("\\x1b[31m" * 20_000)
        """,
        stopped_by="long markup is left out",
    ),
)


def _markdown(notebook: object) -> None:
    import nbformat

    evil = nbformat.v4.new_markdown_cell(
        f"# {_EVIL}\n[x](javascript:lab_was_here())\n\n<iframe srcdoc='{_EVIL}'></iframe>\n"
        "![x](https://beacon.example.com/x.png)"
    )
    notebook.cells.append(evil)


def _fail(notebook: object) -> None:
    answer(
        notebook, "report-answer"
    ).source = f"report = 5.0\nraise ValueError({_EVIL!r} + '\\x1b]0;lab_was_here\\x07')"


def _names(notebook: object) -> None:
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f'"><script>lab_was_here({number})</script>'
        cell["metadata"]["tags"] = [_EVIL]
        cell["metadata"]["name"] = cell["metadata"]["collapsed"] = _EVIL
    notebook["metadata"]["title"] = _EVIL
    notebook["metadata"]["kernelspec"] = {"name": _EVIL, "display_name": _EVIL}
