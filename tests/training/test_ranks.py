"""Several processes learn what one would have learnt alone."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from vigorl.browser.errors import UsageError

torch = pytest.importorskip("torch")

from vigorl.training.ranks import Ranks, open_ranks  # noqa: E402

pytestmark = pytest.mark.model

LEARN = """
import asyncio, importlib.util, sys
from pathlib import Path
from vigorl.training.ranks import open_ranks
spec = importlib.util.spec_from_file_location("practice", sys.argv[1])
here = importlib.util.module_from_spec(spec)
spec.loader.exec_module(here)
here.torch.set_num_threads(1)
update = here.GrpoConfig(learning_rate=2e-5)
config = here.config_of(Path(sys.argv[2]), steps=3, groups=3, most_groups=6, update=update)
with open_ranks() as ranks:
    asyncio.run(here.practise(config, Path(sys.argv[3]), here.TASKS, ranks=ranks))
"""

ALONE = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT")


def launch(count: int, code: str, *arguments: str) -> list[tuple[int, str]]:
    """Run a program in so many processes as a launcher does; exit statuses and last words."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    running = []
    for number in range(count):
        environment = {key: value for key, value in os.environ.items() if key not in ALONE}
        if count > 1:
            environment |= {"RANK": str(number), "WORLD_SIZE": str(count)}
            environment |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
        command = [sys.executable, "-c", code, *arguments]
        running.append(
            subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
        )
    return [(process.wait(), process.communicate()[1]) for process in running]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_two_processes_learn_what_one_learns_alone(tmp_path: Path) -> None:
    loop = Path(__file__).with_name("test_grpo_loop.py")
    undecided = tmp_path / "undecided"
    teach = LEARN.split("update =")[0] + ("here.teach_undecided(Path(sys.argv[2]).parent)\n")
    for count, code, out in ((1, teach, "-"), (1, LEARN, "one"), (2, LEARN, "two")):
        for status, words in launch(count, code, str(loop), str(undecided), str(tmp_path / out)):
            assert status == 0, words

    def metrics(run: str) -> list[dict[str, float]]:
        lines = (tmp_path / run / "metrics.jsonl").read_text().splitlines()
        return [json.loads(line) for line in lines]

    one, two = metrics("one"), metrics("two")
    assert len(one) == len(two) == 3
    assert max(line["groups_kept"] for line in one) > 1, "nothing that could be shared"
    for alone, together in zip(one, two, strict=True):
        for name in ("score", "reward_kept", "groups", "groups_kept", "episodes", "tokens"):
            assert alone[name] == together[name], name
        for name in ("loss", "norm", "surprise", "nodes"):
            assert together[name] == pytest.approx(alone[name], rel=1e-3, abs=1e-6), name
    names = [f"{run}/checkpoints/000003/optimizer.pt" for run in ("one", "two")]
    states = [torch.load(tmp_path / name, weights_only=True)["state"] for name in names]
    assert states[0].keys() == states[1].keys()
    for key, state in states[0].items():
        assert torch.allclose(state["exp_avg"], states[1][key]["exp_avg"], atol=1e-6)


def test_shares_are_whole_and_follow_each_other() -> None:
    for count in (1, 2, 3, 8):
        shares = [Ranks(number, count).share(range(5, 12)) for number in range(count)]
        assert [each for share in shares for each in share] == list(range(5, 12))
        assert max(map(len, shares)) - min(map(len, shares)) <= 1


def test_one_that_is_alone_waits_for_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ALONE:
        monkeypatch.delenv(name, raising=False)
    with open_ranks() as ranks:
        assert ranks == Ranks() and ranks.is_first
        assert ranks.gathered("here") == ["here"] and ranks.summed({"a": 2}) == {"a": 2}


def test_a_launcher_that_says_half_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ALONE:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(UsageError, match=r"RANK, MASTER_ADDR, MASTER_PORT not set.*torchrun"):
        open_ranks().__enter__()


GONE = """
import sys
from vigorl.browser.errors import InfrastructureFault
from vigorl.training.ranks import open_ranks
with open_ranks() as ranks:
    if ranks.number == 1:
        sys.exit(0)
    try:
        ranks.gathered("who is there?")
    except InfrastructureFault as error:
        print(error, file=sys.stderr)
        sys.exit(7)
"""


def test_one_whose_fellow_is_gone_says_so() -> None:
    (status, words), _ = launch(2, GONE)
    assert status == 7 and "lost each other" in words and "again to go on" in words, words
