"""Several processes learn what one would have learnt alone."""

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from vigorl.browser.errors import UsageError

torch = pytest.importorskip("torch")

from vigorl.training.run.optimizer import dealt  # noqa: E402
from vigorl.training.run.ranks import Ranks, open_ranks  # noqa: E402

pytestmark = pytest.mark.model

LEARN = """
import asyncio, importlib.util, sys
from pathlib import Path
from vigorl.training.run.ranks import open_ranks
spec = importlib.util.spec_from_file_location("practice", sys.argv[1])
here = importlib.util.module_from_spec(spec)
spec.loader.exec_module(here)
here.torch.set_num_threads(1)
update = here.GrpoConfig(learning_rate=2e-5)
config = here.config_of(Path(sys.argv[2]), steps=3, groups=3, max_groups=6, update=update)
with open_ranks() as ranks:
    asyncio.run(here.train_grpo(config, Path(sys.argv[3]), here.TASKS, ranks=ranks))
"""

ALONE = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT")


LAUNCHER = """
import json, os, sys
import torch._dynamo, vigorl.training.run.optimizer, vigorl.training.run.ranks  # once for all
for line in sys.stdin:
    code, arguments, environments, words = json.loads(line)
    started = []
    for number, environment in enumerate(environments):
        started.append(os.fork())
        if started[-1] == 0:
            os.dup2(os.open(f"{words}.{number}", os.O_WRONLY | os.O_CREAT), 2)
            os.environ.update(environment)
            sys.argv[1:] = arguments
            exec(code, {"__name__": "__main__"})
            sys.exit()
    ends = [os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) for process in started]
    print(json.dumps(ends), flush=True)
"""

Launch = Callable[..., list[tuple[int, str]]]
"""Runs a program in so many processes as a launcher does; exit statuses and last words."""


@pytest.fixture(scope="module")
def launch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launch]:
    alone = {key: value for key, value in os.environ.items() if key not in ALONE}
    folder = tmp_path_factory.mktemp("words")
    launcher = subprocess.Popen(
        [sys.executable, "-c", LAUNCHER],
        env=alone, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert launcher.stdin is not None and launcher.stdout is not None
    asking, answering = launcher.stdin, launcher.stdout

    def launch(count: int, code: str, *arguments: str) -> list[tuple[int, str]]:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = str(free.getsockname()[1])
        meeting = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "WORLD_SIZE": str(count)}
        environments = [{**meeting, "RANK": str(each)} for each in range(count)]
        words = [folder / f"{port}.{number}" for number in range(count)]
        program = (code, arguments, environments if count > 1 else [{}], str(folder / port))
        print(json.dumps(program), file=asking, flush=True)
        ends = json.loads(answering.readline())
        return [(end, said.read_text()) for end, said in zip(ends, words, strict=True)]

    yield launch
    asking.close()
    assert launcher.wait() == 0
    answering.close()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_two_processes_learn_what_one_learns_alone(launch: Launch, tmp_path: Path) -> None:
    loop = Path(__file__).parents[1] / "grpo" / "test_loop.py"
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


TEACH = """
import importlib.util, sys
from pathlib import Path
from vigorl.training.run.ranks import open_ranks
spec = importlib.util.spec_from_file_location("teaching", sys.argv[1])
here = importlib.util.module_from_spec(spec)
spec.loader.exec_module(here)
here.torch.set_num_threads(1)
start, taught, out, dtype = sys.argv[2:]
config = here.config_of(
    Path(start), Path(taught), epochs=2, batch=3, held_out=0.5, evaluate_every=2,
    learning_rate=1e-4, trains_vision=True, dtype=dtype,
)
with open_ranks() as ranks:
    here.fine_tune(config, Path(out), here.nothing, ranks)
"""


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("dtype", "near"), [("float32", 1e-4), ("bfloat16", 2e-2)])
def test_two_processes_are_taught_what_one_is_taught_alone(
    launch: Launch, tmp_path: Path, dtype: str, near: float
) -> None:
    teaching = str(Path(__file__).parents[1] / "sft" / "test_fine_tuning.py")
    start, taught = str(tmp_path / "start"), str(tmp_path / "taught")
    prepare = TEACH.split("start, taught")[0] + (
        "here.write_tiny_checkpoint(Path(sys.argv[2]), 'qwen2_5_vl')\n"
        "said = [here.dialogue(goal, seed) for seed in range(5) for goal in here.GOALS]\n"
        "here.export(said, 'sharegpt', Path(sys.argv[3]))\n"
    )
    assert launch(1, prepare, teaching, start, taught)[0][0] == 0
    for count, name in ((1, "one"), (2, "two")):
        for status, words in launch(
            count, TEACH, teaching, start, taught, str(tmp_path / name), dtype
        ):
            assert status == 0, words

    def metrics(name: str) -> list[dict[str, float]]:
        lines = (tmp_path / name / "metrics.jsonl").read_text().splitlines()
        return [json.loads(line) for line in lines]

    one, two = metrics("one"), metrics("two")
    assert len(one) > 3 and any("held_out" in line for line in one)
    for alone, together in zip(one, two, strict=True):
        assert alone.keys() == together.keys()
        for key in alone.keys() - {"s"}:
            assert together[key] == pytest.approx(alone[key], rel=near, abs=near), key
    states = [
        torch.load(next(tmp_path.glob(f"{name}/checkpoints/*/optimizer.pt")), weights_only=True)
        for name in ("one", "two")
    ]
    assert bool(states[0]["masters"]) == (dtype == "bfloat16")
    if dtype == "float32":
        for key, state in states[0]["state"].items():
            other = states[1]["state"][key]["exp_avg"]
            assert torch.allclose(state["exp_avg"], other, rtol=1e-3, atol=1e-6)


DIVIDED = """
import os, sys
from pathlib import Path
import torch
from vigorl.training.run.optimizer import MasterAdamW
from vigorl.training.run.ranks import open_ranks
torch.set_num_threads(1)
tasks = Path("/proc/self/task")
threads = len(os.listdir(tasks)) if tasks.exists() else 99
out, start = map(Path, sys.argv[1:])
torch.manual_seed(0)
weights = [
    torch.nn.Parameter(torch.randn(shape, dtype=dtype))
    for shape in ((8, 3), (5,), (40, 2), (7,)) for dtype in (torch.bfloat16, torch.float32)
]
with open_ranks() as ranks:
    groups = [{"params": weights[:3], "weight_decay": 0.1}, {"params": weights[3:]}]
    optimizer = MasterAdamW(groups, 1e-2, ranks)
    begin = 0
    if start.exists():
        saved = torch.load(start, weights_only=True)
        begin = saved["step"]
        for weight, value in zip(weights, saved["weights"]):
            weight.data.copy_(value)
        optimizer.load_state_dict(saved["state"])
    for step in range(begin, begin + 3):
        for minibatch in ranks.share(range(4)):
            for index, weight in enumerate(weights):
                if index == 6 or (minibatch + index) % 3 == 0:
                    continue  # no minibatch reaches the seventh, some reach the others
                torch.manual_seed(1000 * step + 10 * index + minibatch)
                more = torch.randn(weight.shape).to(weight.dtype)
                weight.grad = more if weight.grad is None else weight.grad + more
            optimizer.accumulate()
        norm = optimizer.reduce(1.0)
        optimizer.step()
        optimizer.zero_grad()
    state = optimizer.state_dict()
    own = sum(weight.numel() for group in optimizer.param_groups for weight in group["params"])
    copies = ranks.all_gather([weight.detach() for weight in weights])
    for copy in copies:
        assert all(torch.equal(one, other) for one, other in zip(copies[0], copy))
    known = {"step": begin + 3, "weights": copies[0], "norm": norm, "own": ranks.all_gather(own)}
    if ranks.is_first:
        torch.save({**known, "state": state}, out)
    else:
        assert not state
# A connection that is left open has threads, which may abort the program as it exits.
assert not tasks.exists() or len(os.listdir(tasks)) <= threads + 1
"""


@pytest.mark.slow
def test_the_optimizer_is_divided_and_its_state_is_that_of_one(
    launch: Launch, tmp_path: Path
) -> None:
    def learn(count: int, out: str, start: str = "nothing") -> dict[str, Any]:
        files = str(tmp_path / out), str(tmp_path / start)
        for status, words in launch(count, DIVIDED, *files):
            assert status == 0, words
        saved: dict[str, Any] = torch.load(tmp_path / out, weights_only=True)
        return saved

    first, divided = learn(1, "one"), learn(2, "two")
    assert first["own"] == [232] and sorted(divided["own"]) == [116, 116]
    pairs = [(first, divided)]
    whole = learn(1, "whole", "one")
    pairs.append((whole, learn(3, "more", "two")))
    for one, other in pairs:
        assert other["norm"] == pytest.approx(one["norm"], rel=1e-5)
        assert one["state"]["state"].keys() == other["state"]["state"].keys() == {*range(8)} - {6}
        assert one["state"]["param_groups"] == other["state"]["param_groups"]
        for name in ("state", "masters"):
            torch.testing.assert_close(one["state"][name], other["state"][name])
        torch.testing.assert_close(one["weights"], other["weights"])


def test_weights_are_dealt_out_evenly() -> None:
    sizes = [7, 1, 900, 12, 40, 33, 900, 5]
    for count in (1, 2, 3):
        owners = dealt(sizes, count)
        loads = [
            sum(size for size, owner in zip(sizes, owners, strict=True) if owner == each)
            for each in range(count)
        ]
        assert sum(loads) == sum(sizes) and max(loads) <= max(900, sum(sizes) / count + 40)


TWO_DISKS = """
import sys
from pathlib import Path
from vigorl.browser.run_folder import Identity
from vigorl.training.run import checkpoint_copy
from vigorl.training.run.ranks import open_ranks
from vigorl.training.run.training_run import TrainingRun

checkpoint_copy._PART_BYTES = 1000

class Bytes:
    known = b""
    def save(self, folder):
        if ranks.is_first:
            (folder / "model").mkdir()
            (folder / "model" / "weights").write_bytes(self.known)
            (folder / "empty").write_bytes(b"")
    def load(self, folder):
        assert (folder / "empty").read_bytes() == b""
        self.known = (folder / "model" / "weights").read_bytes()

def run():
    return TrainingRun(disk, Identity("training", {"seed": 1}), Bytes(), ranks)

with open_ranks() as ranks:
    number = ranks.number if sys.argv[2] == "in order" else 1 - ranks.number
    disk = Path(sys.argv[1], str(number))
    for step in (3, 7):
        begun = run()
        assert begun.step == (0 if step == 3 else 3), begun.step
        begun._trained.known += bytes(range(250)) * (10 if step == 3 else 1)
        with begun.opened():
            begun.progress["step"] = step
            begun.save()
    resumed = run()
    assert resumed.step == 7
    assert resumed._trained.known == bytes(range(250)) * 11
"""


@pytest.mark.slow
def test_processes_with_disks_of_their_own_resume_from_the_first_one_s_checkpoint(
    launch: Launch, tmp_path: Path
) -> None:
    assert launch(2, TWO_DISKS, str(tmp_path), "in order") == [(0, ""), (0, "")]
    copies = [tmp_path / str(disk) / "checkpoints/000007/model/weights" for disk in (0, 1)]
    assert copies[0].read_bytes() == copies[1].read_bytes() != b""
    # The first one's disk is another one now: what it lacks is not begun anew.
    shutil.rmtree(tmp_path / "0")
    ends = launch(2, TWO_DISKS, str(tmp_path), "in order")
    assert all(end != 0 and "start the first one where that is" in words for end, words in ends)


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
        assert ranks.all_gather("here") == ["here"] and ranks.all_reduce({"a": 2}) == {"a": 2}


def test_a_launcher_that_says_half_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ALONE:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(UsageError, match=r"RANK, MASTER_ADDR, MASTER_PORT not set.*torchrun"):
        open_ranks().__enter__()


GONE = """
import sys
from vigorl.browser.errors import InfrastructureFault
from vigorl.training.run.ranks import open_ranks
with open_ranks() as ranks:
    if ranks.number == 1:
        sys.exit(0)
    try:
        ranks.all_gather("who is there?")
    except InfrastructureFault as error:
        print(error, file=sys.stderr)
        sys.exit(7)
"""


@pytest.mark.slow
def test_one_whose_fellow_is_gone_says_so(launch: Launch) -> None:
    (status, words), _ = launch(2, GONE)
    assert status == 7 and "lost each other" in words and "again to go on" in words, words
