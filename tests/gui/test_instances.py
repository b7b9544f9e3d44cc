"""Two windows at once do not overwrite each other's scenario."""

from pathlib import Path

from gui.instances import claim_place


def test_each_has_a_file_of_its_own(tmp_path: Path) -> None:
    first = tmp_path / "数据 1" / "last.fitroom.json"
    one, two, three = claim_place(first), claim_place(first), claim_place(first)
    assert [place.path.name for place in (one, two, three)] == ["last.fitroom.json", "last-2.fitroom.json", "last-3.fitroom.json"]
    two.give_back()
    assert claim_place(first).path.name == "last-2.fitroom.json"


def test_a_place_comes_back_to_whoever_is_next(tmp_path: Path) -> None:
    first = tmp_path / "last.fitroom.json"
    claim_place(first).give_back()
    assert claim_place(first).path == first


def test_where_nothing_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    first = tmp_path / "file" / "last.fitroom.json"
    assert claim_place(first).path == first
    assert claim_place(first).path == first
