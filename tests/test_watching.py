"""Which files count as changed."""

from __future__ import annotations

from pathlib import Path

from chatbot.watching import sign_files


def test_that_links_that_lead_in_circles_are_followed_once(tmp_path: Path) -> None:
    (tmp_path / "faq.yaml").write_text("x", encoding="utf-8")
    for name in ("a", "b", "c"):
        (tmp_path / name).mkdir()
        for number in range(3):
            (tmp_path / name / f"up{number}").symlink_to("..", target_is_directory=True)
    assert len(sign_files([tmp_path])) == 1


def test_that_a_linked_folder_and_a_hidden_one_are_told_apart(tmp_path: Path) -> None:
    knowledge, shared = tmp_path / "knowledge", tmp_path / "shared"
    for folder in (knowledge, knowledge / ".git", shared):
        folder.mkdir()
        (folder / "faq.yaml").write_text("x", encoding="utf-8")
    (knowledge / "linked").symlink_to(shared, target_is_directory=True)
    before = sign_files([knowledge])
    assert len(before) == 2
    (shared / "faq.yaml").write_text("longer", encoding="utf-8")
    assert sign_files([knowledge]) != before
