"""The picture of the system names what there is, and is drawn from its source."""

from pathlib import Path

from projects.fraud import architecture
from projects.fraud.pictures import save

HERE = Path(architecture.__file__).parent


def test_parts_lie_where_they_say_and_flows_join_them() -> None:
    names = [part.name for part in architecture.PARTS]
    assert len(set(names)) == len(names)
    assert {end for flow in architecture.FLOWS for end in (flow.source, flow.target)} == set(names)
    rooms = [part.room for part in architecture.PARTS if part.kind == "code"]
    assert all(room and (HERE / room).exists() for room in rooms)


def test_the_picture_is_of_the_present_source(tmp_path: Path) -> None:
    fresh = save(architecture.draw(), tmp_path / "architecture.svg")
    assert fresh.read_bytes() == architecture.PICTURE.read_bytes(), (
        "draw it again: python -m projects.fraud.architecture"
    )
