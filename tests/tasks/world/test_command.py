"""What `data generate` says where it cannot."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from vigorl.agent.cli.app import app
from vigorl.tasks.world import fonts


def test_a_folder_that_cannot_be_made_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = CliRunner().invoke(app, ["data", "generate", "--out", str(tmp_path / "file" / "x")])
    assert done.exit_code == 5 and "StorageFault" in done.output


def test_without_a_font_of_the_split_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fonts, "installed", lambda: frozenset({"Some Other"}))
    done = CliRunner().invoke(app, ["data", "generate", "--out", str(tmp_path / "x")])
    assert done.exit_code == 2 and "apt-get install" in done.output
