"""Metrics as TensorBoard shows them, where it is installed (`pip install tensorboard`)."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from vigorl.browser.run_folder import disk


@contextmanager
def open_tensorboard(folder: Path, step: int) -> Iterator[Callable[[Mapping[str, float]], None]]:
    """Where the lines of metrics go that come after a step; nowhere without TensorBoard.

    Args:
        folder: Gets the files of events; what they say of later steps is superseded.
        step: The last one whose metrics are known.

    Raises:
        StorageFault: the folder cannot be written.
    """
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        yield lambda line: None
        return
    with disk(folder):
        writer = SummaryWriter(str(folder), purge_step=step + 1)

    def note(line: Mapping[str, float]) -> None:
        for name, value in line.items():
            if name != "step":
                writer.add_scalar(name, value, int(line["step"]))
        writer.flush()

    try:
        yield note
    finally:
        writer.close()
