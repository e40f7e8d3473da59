"""Run folders: one process at a time, known again, and whole whatever the disk does."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from vigorl.browser.errors import StorageFault, UsageError
from vigorl.browser.run_folder import (
    Identity,
    LineFile,
    claimed,
    whole_folder,
    whole_lines,
    write_whole,
)

FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from vigorl.browser.errors import StorageFault
from vigorl.browser.run_folder import LineFile, whole_folder, write_whole

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))  # no file grows beyond that
folder, refused = Path(sys.argv[1]), []
lines = LineFile(folder / "lines.jsonl")
lines.append(b"1" * 700)
for write in (
    lambda: lines.append(b"2" * 700),
    lambda: write_whole(folder / "summary.json", b"x" * 2000),
):
    try:
        write()
    except StorageFault as fault:
        refused.append(str(fault))
try:
    with whole_folder(folder / "checkpoint") as partial:
        (partial / "weights").write_bytes(b"x" * 2000)
except StorageFault as fault:
    refused.append(str(fault))
lines.append(b"3" * 100)
print(len(refused))
"""


def test_a_full_disk_costs_what_is_being_written_and_nothing_before_it(tmp_path: Path) -> None:
    write_whole(tmp_path / "summary.json", b"before")
    with whole_folder(tmp_path / "checkpoint") as partial:
        (partial / "weights").write_bytes(b"before")
    program = [sys.executable, "-c", FULL_DISK, str(tmp_path)]
    done = subprocess.run(program, capture_output=True, text=True)
    assert done.stdout.strip() == "3", done.stderr
    assert whole_lines(tmp_path / "lines.jsonl") == [b"1" * 700 + b"\n", b"3" * 100 + b"\n"]
    assert (tmp_path / "summary.json").read_bytes() == b"before"
    assert (tmp_path / "checkpoint" / "weights").read_bytes() == b"before"
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"lines.jsonl", "summary.json", "checkpoint"}


def test_a_second_process_is_told_who_holds_the_folder_and_a_killed_one_holds_nothing(
    tmp_path: Path,
) -> None:
    holding = (
        "import sys, time; from pathlib import Path\n"
        "from vigorl.browser.run_folder import claimed\n"
        "with claimed(Path(sys.argv[1]), 'x'): print('held', flush=True); time.sleep(60)"
    )
    program = [sys.executable, "-c", holding, str(tmp_path / "new" / "run")]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None and other.stdout.readline() == "held\n"
        with (
            pytest.raises(UsageError, match=r"another process is searching into .*/new/run"),
            claimed(tmp_path / "new" / "run", "searching"),
        ):
            pass
        other.kill()
    with claimed(tmp_path / "new" / "run", "searching"):
        pass


def test_what_a_kill_left_of_a_last_line_is_cut_away_by_the_next_writer(tmp_path: Path) -> None:
    path = tmp_path / "lines.jsonl"
    with LineFile(path, "xb", private=True) as lines:
        lines.append("one é".encode())
    with path.open("ab") as cut:
        cut.write('{"two": "é'.encode()[:-1])
    assert whole_lines(path) == ["one é\n".encode()]
    with LineFile(path) as lines:
        lines.append(b"three")
    assert path.read_bytes() == "one é\nthree\n".encode()
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(StorageFault, match="File exists"):
        LineFile(path, "xb")


def test_a_kill_between_two_renames_leaves_the_folder_that_was_there(tmp_path: Path) -> None:
    old = tmp_path / "model.old"
    old.mkdir()
    (old / "weights").write_text("before")

    def write() -> None:
        with whole_folder(tmp_path / "model"):
            raise StorageFault("again")

    with pytest.raises(StorageFault, match="again"):
        write()
    assert (tmp_path / "model" / "weights").read_text() == "before"
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


@pytest.mark.parametrize("held", ["[1]", "{", '{"steps": 3}', "\xff"])
def test_a_folder_that_holds_something_else_is_refused_and_left_as_it_is(
    tmp_path: Path, held: str
) -> None:
    identity = Identity("search", {"depth": 3, "workers": 2}, ("workers",), "depth")
    identity.check(tmp_path)  # empty
    (tmp_path / "config.json").write_bytes(held.encode("latin-1"))
    with pytest.raises(UsageError, match="holds something else"):
        identity.check(tmp_path)
    (tmp_path / "config.json").write_text(json.dumps({"depth": 3, "workers": 9}))
    identity.check(tmp_path)
    (tmp_path / "config.json").write_text(json.dumps({"depth": 4, "workers": 2}))
    with pytest.raises(UsageError, match="holds a search with another depth: choose another --out"):
        identity.check(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["config.json"]
