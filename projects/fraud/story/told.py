"""What a telling leaves behind: figures for all to read, and what the page draws."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from projects.fraud.story.learning import Judged

FIGURES = "figures.json"


@dataclass
class Told:
    """Hold what the page needs: figures for all to read, and frames and curves for pictures."""

    figures: dict[str, Any] = field(default_factory=dict)
    shown: dict[str, Any] = field(default_factory=dict)

    def write_figures(self, folder: Path) -> None:
        """Write the figures that there are, over earlier ones."""
        text = json.dumps(self.figures, indent=2, default=str)
        (folder / FIGURES).write_text(text + "\n", encoding="utf-8")

    def note_gate(self, name: str, found: Judged) -> None:
        """Keep what the gate decided on the model that the story calls `name`."""
        decision = found.promotion.decision
        self.figures.setdefault("gate", {})[name] = {
            "version": found.version,
            "promoted": decision.promoted,
            "interval": None if decision.interval is None else vars(decision.interval),
            "refusals": [refusal.message for refusal in decision.refusals],
        }
