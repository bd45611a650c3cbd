"""A notebook in JupyterLab as a learner handles it: type into cells, run them, read outputs."""

import re
from pathlib import Path

import nbformat
from playwright.sync_api import Locator, Page, expect

PATIENCE_MS = 120_000  # for a kernel that starts, or a cell that runs, on a busy machine

# Keys typed before the page has put itself together go to whatever takes the focus last.
_READY = """async () => {
    await window.jupyterapp.restored;
    const panel = window.jupyterapp.shell.currentWidget;
    await Promise.all([panel.context.ready, panel.revealed, panel.sessionContext.ready]);
}"""


class NotebookPage:
    """Drive the notebook at `path`, served at `address` from the folder `served`."""

    def __init__(self, page: Page, address: str, served: Path, path: str) -> None:
        self.page = page
        self._ids = [cell.id for cell in nbformat.read(served / path, as_version=4).cells]
        page.set_default_timeout(PATIENCE_MS)
        page.goto(f"{address}/lab/tree/{path}")
        self.page.locator(".jp-NotebookPanel:visible .jp-Cell").first.wait_for()
        self.page.evaluate(_READY)

    def cell(self, cell_id: str) -> Locator:
        """Find a cell by its id in the notebook file."""
        place = self._ids.index(cell_id)
        return self.page.locator(f'.jp-Notebook-cell[data-windowed-list-index="{place}"]')

    def output(self, cell_id: str) -> Locator:
        """Find where a cell shows its outputs."""
        return self.cell(cell_id).locator(".jp-Cell-outputArea")

    def enter(self, cell_id: str) -> None:
        """Put the cursor into a cell."""
        self.cell(cell_id).locator(".cm-content").click()
        expect(self.cell(cell_id).locator(".cm-editor.cm-focused")).to_be_visible()

    def write(self, cell_id: str, source: str) -> None:
        """Replace a cell's text, by the keyboard."""
        self.enter(cell_id)
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.insert_text(source)

    def run(self, cell_id: str) -> Locator:
        """Run a cell, wait until it is done, and return where its outputs are."""
        prompt = self.cell(cell_id).locator(".jp-InputArea-prompt")
        before = re.escape(prompt.inner_text())
        self.enter(cell_id)
        self.page.keyboard.press("ControlOrMeta+Enter")
        done = re.compile(rf"^(?!{before}$)\[\d+\]:$")
        expect(prompt).to_have_text(done, timeout=PATIENCE_MS)
        return self.output(cell_id)

    def run_all(self) -> None:
        """Run every cell by the menu and wait until the last has run."""
        self.page.get_by_role("menuitem", name="Run", exact=True).click()
        self.page.get_by_role("menuitem", name=re.compile("^Run All Cells")).click()
        last = self.page.locator(".jp-CodeCell .jp-InputArea-prompt").last
        expect(last).to_have_text(re.compile(r"\[\d+\]:"), timeout=PATIENCE_MS)

    def save(self) -> None:
        """Save the notebook and wait until it is on the disk."""
        self.page.keyboard.press("Escape")
        self.page.keyboard.press("ControlOrMeta+s")
        dirty = self.page.locator(".lm-TabBar-tab.jp-mod-current.jp-mod-dirty")
        expect(dirty).to_have_count(0, timeout=PATIENCE_MS)
