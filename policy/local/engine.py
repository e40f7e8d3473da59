"""The generation engine: turns of many episodes in one batch; synchronous, for one thread.

Whoever asks joins the batch at its next step and leaves it when its turn is over; nobody waits
for the longest text. Between turns an episode keeps its attention cache, so that only what is new
is read; and episodes that begin alike, as those of a group do, read their beginning once. Caches
are conveniences: where memory runs out they are thrown away and computed again from the tokens,
which are the truth.
"""

from collections import OrderedDict, deque
from collections.abc import Sequence
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from threading import Lock
from typing import Any
from weakref import WeakSet

import torch
from torch import Tensor

from vigorl.browser.errors import PolicyFault
from vigorl.policy.backend import Message, Reply, Sampling
from vigorl.policy.local.codec import Prompt
from vigorl.policy.local.drafts import LONGEST, draft
from vigorl.policy.local.keyvalues import KeyValues, Layers, merge, split
from vigorl.policy.local.network import Network, ReadRow
from vigorl.policy.local.sampler import draw, penalised

_FEWEST_TOKENS = 32
"""A turn is not begun where less than this is left of the model's context."""

_ROWS_SHARED = 4
"""Rows read last that are kept for others who ask for the same."""

_PATIENCE_TURNS = 32
"""Turns after a lack of memory until one more is generated at a time; doubled at each lack."""

_TURNS_REMEMBERED = 4
"""Turns whose form the next ones will probably repeat."""


@dataclass(eq=False)
class Memory:
    """What stays of an episode between its turns."""

    random: Random
    known: ReadRow | None = None


@dataclass(eq=False)
class PendingTurn:
    """A turn that somebody waits for."""

    messages: Sequence[Message]
    memory: Memory
    sampling: Sampling
    future: "Future[Reply]" = field(default_factory=Future)
    prompt: Prompt | None = None
    sampled_ids: list[int] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)
    max_tokens: int = 0
    is_over: bool = False
    is_cut_off: bool = False
    layers: Layers | None = None
    """The cache of all tokens but the last, while the turn is in no batch."""
    next_position: int = 0
    """Of the last sampled token, which has not been read yet."""

    def fail(self, error: BaseException) -> None:
        """Tell whoever waits; nobody may wait any more."""
        with suppress(InvalidStateError):
            self.future.set_exception(error)


class Engine:
    """One network, one batch."""

    def __init__(self, network: Network, max_batch: int) -> None:
        self._network = network
        self._most = self._room = max_batch
        self._patience = _PATIENCE_TURNS
        self._untroubled = 0
        """Turns that have ended since memory ran out, or since a place was added."""
        self._running: list[PendingTurn] = []
        self._batch: KeyValues | None = None
        self._memories: WeakSet[Memory] = WeakSet()
        self._memories_lock = Lock()
        self._shared: OrderedDict[Any, tuple[Tensor, ReadRow, int]] = OrderedDict()
        """What was read since somebody waits; later the weights may be others."""
        self._said: deque[list[int]] = deque(maxlen=_TURNS_REMEMBERED)
        """What the last turns said, of whatever episode."""
        self.is_closing = False

    def memory(self, seed: int) -> Memory:
        """A place for what stays of an episode."""
        memory = Memory(Random(seed))
        with self._memories_lock:
            self._memories.add(memory)
        return memory

    def forget(self) -> None:
        """Let go of what earlier turns make faster; while nobody waits.

        Whether rows are read in one piece or in several changes their last digits, so that turns
        are the same to these only after the same history.
        """
        self._said.clear()
        self._shared.clear()

    def run(self, waiting: deque[PendingTurn]) -> None:
        """Generate until nobody waits; others may put turns into the queue meanwhile."""
        while self._running or waiting:
            if self.is_closing:
                self._fail(PolicyFault("the model was closed"))
                return
            try:
                self._admit(waiting)
                self._advance()
            except Exception as error:  # whoever waits gets it
                if is_out_of_memory(error):
                    self._retreat(waiting)
                else:
                    self._fail(error)
        self._shared.clear()

    def _admit(self, waiting: deque[PendingTurn]) -> None:
        """Let turns join while there is room."""
        while waiting and len(self._running) < self._room:
            self._disband()
            with suppress(IndexError):  # whoever closes the backend empties the queue as well
                self._running.append(waiting.popleft())

    def _advance(self) -> None:
        """One token for every turn; the first one for those that have just joined."""
        if self._batch is None:
            for turn in self._running:
                if turn.layers is None:
                    self._begin(turn)
            self._dismiss()
            if not self._running:
                return
            self._batch = merge([turn.layers for turn in self._running if turn.layers])
            for turn in self._running:
                turn.layers = None
        proposed = self._proposed()
        logits_B_T_V = self._network.step(
            [[turn.sampled_ids[-1], *proposed] for turn in self._running],
            [turn.next_position for turn in self._running],
            self._batch,
        )
        read = 0
        for logits_B_V in logits_B_T_V.unbind(1):
            read += 1
            for turn, logits_V in zip(self._running, logits_B_V, strict=True):
                turn.next_position += 1
                self._draw(turn, logits_V)
            only = self._running[0]  # the others have come to the end of what was read
            if only.is_over or only.sampled_ids[-1:] != proposed[read - 1 : read]:
                break
        self._batch.forget(1 + len(proposed) - read)
        if any(turn.is_over for turn in self._running):
            self._disband()
            self._dismiss()

    def _proposed(self) -> list[int]:
        """What the one turn that is generated will probably say; of several nothing.

        Several would keep different lengths of it, and the rows of a batch grow alike. Nor is there
        a guess where a wrong one could not be taken back.
        """
        if len(self._running) > 1 or not self._network.can_forget:
            return []
        (turn,) = self._running
        assert turn.prompt is not None
        before = [token_id for said in self._said for token_id in said]
        left = turn.max_tokens - len(turn.sampled_ids) - 1
        own = (*turn.prompt.ids, *turn.sampled_ids)
        certain = self._network.certain(own, LONGEST)
        return (certain or draft([*before, *own], begins=len(before)))[: max(left, 0)]

    def _begin(self, turn: PendingTurn) -> None:
        """Read what is new of a turn's conversation and draw the first token.

        After a retreat the tokens drawn so far are read as well, and the next one is drawn.
        """
        if turn.future.cancelled():
            turn.is_over = True
            return
        try:
            if turn.prompt is None:
                turn.prompt = self._network.codec.encode(turn.messages)
                turn.max_tokens = min(turn.sampling.max_tokens, self._room_behind(turn.prompt))
            row = Prompt(turn.prompt.ids + tuple(turn.sampled_ids), turn.prompt.images)
            known, turn.memory.known = turn.memory.known, None
            logits_V, read, turn.next_position = self._read(row, known)
        except Exception as error:
            if is_out_of_memory(error):
                raise
            turn.fail(error)
            turn.is_over = True
            return
        turn.layers = read.layers
        self._draw(turn, logits_V)

    def _read(self, row: Prompt, known: ReadRow | None) -> tuple[Tensor, ReadRow, int]:
        """What `Network.read` says, for rows that were just read without asking it again."""
        name = (row.ids, tuple(image.shown for image in row.images))
        found = self._shared.get(name) or self._network.read(row, known)
        self._shared[name] = found
        self._shared.move_to_end(name)
        while len(self._shared) > _ROWS_SHARED:
            self._shared.popitem(last=False)
        return found

    def _room_behind(self, prompt: Prompt) -> int:
        """Tokens that fit into the model's context behind a prompt."""
        context = self._network.context_tokens
        left = context - len(prompt.ids)
        if left < _FEWEST_TOKENS:
            raise PolicyFault(
                f"the conversation has {len(prompt.ids)} tokens and the model takes {context}: "
                "keep fewer screens in its window, or smaller ones"
            )
        return left

    def _draw(self, turn: PendingTurn, logits_V: Tensor) -> None:
        """Draw one token and write it down, with its log-probability before any penalty."""
        if turn.prompt is not None:
            row = (*turn.prompt.ids, *turn.sampled_ids)
            (choice,) = self._network.choices(row, [len(row)])
            logits_V = logits_V if choice is None else choice.apply(logits_V)
        logprobs_V, sampling = logits_V.log_softmax(-1), turn.sampling
        scores_V = logprobs_V
        if sampling.penalises and turn.prompt is not None:
            scores_V = penalised(logits_V, sampling, turn.prompt.ids, turn.sampled_ids)
        token_id = draw(scores_V, sampling, turn.memory.random.random())
        turn.sampled_ids.append(token_id)
        turn.logprobs.append(float(logprobs_V[token_id]))
        if token_id in self._network.end_ids or self._is_stopped(turn):
            turn.is_over = True
        elif len(turn.sampled_ids) >= turn.max_tokens:
            turn.is_over = turn.is_cut_off = True
        elif turn.future.cancelled():
            turn.is_over = True

    def _is_stopped(self, turn: PendingTurn) -> bool:
        """Whether the last token completed a stop string.

        A token is at least one byte, so the string is among as many tokens as it has bytes.
        """
        stop = self._network.family.stop
        if not stop:
            return False
        longest = max(len(text.encode()) for text in stop)
        tail = self._network.codec.decode(turn.sampled_ids[-longest:])
        return any(text in tail for text in stop)

    def _disband(self) -> None:
        """Give every turn its own cache back."""
        if self._batch is not None:
            for turn, layers in zip(self._running, split(self._batch), strict=True):
                turn.layers = layers
            self._batch = None

    def _dismiss(self) -> None:
        """Let go of the turns that are over, and answer."""
        for turn in self._running:
            if turn.is_over and turn.layers is not None and turn.prompt is not None:
                read_ids = (turn.prompt.ids + tuple(turn.sampled_ids))[:-1]
                turn.memory.known = ReadRow(Prompt(read_ids, turn.prompt.images), turn.layers)
                self._said.append(turn.sampled_ids)
                with suppress(InvalidStateError):
                    turn.future.set_result(self._reply(turn, turn.prompt))
                self._make_room()
        self._running = [turn for turn in self._running if not turn.is_over]

    def _reply(self, turn: PendingTurn, prompt: Prompt) -> Reply:
        return Reply(
            text=self._network.codec.decode(turn.sampled_ids),
            prompt_token_count=len(prompt.ids),
            sampled_token_count=len(turn.sampled_ids),
            cut_off=turn.is_cut_off,
            prompt_ids=prompt.ids,
            sampled_ids=tuple(turn.sampled_ids),
            logprobs=tuple(turn.logprobs),
            images=tuple(image.shown for image in prompt.images),
        )

    def _make_room(self) -> None:
        """After enough turns without trouble add a place, up to as many as were asked for."""
        self._untroubled += 1
        if self._room < self._most and self._untroubled >= self._patience:
            self._room += 1
            self._untroubled = 0

    def _retreat(self, waiting: deque[PendingTurn]) -> None:
        """Out of memory: throw all caches away and go on with half as many turns."""
        self._batch = None
        self._shared.clear()
        with self._memories_lock:
            for memory in self._memories:
                memory.known = None
        for turn in self._running:
            turn.layers = None
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        if self._room == 1:
            self._fail(
                PolicyFault(
                    "out of memory even for one turn alone: keep fewer screens in the window, "
                    "show smaller pictures, use bfloat16 or a smaller model"
                )
            )
            return
        self._room = max(1, len(self._running) // 2)
        self._untroubled, self._patience = 0, 2 * self._patience
        self._running, back = self._running[: self._room], self._running[self._room :]
        waiting.extendleft(reversed(back))

    def _fail(self, error: BaseException) -> None:
        for turn in self._running:
            turn.fail(error)
        self._running, self._batch = [], None


def is_out_of_memory(error: BaseException) -> bool:
    """Whether memory ran out: CUDA has an error of its own for it, the CPU a plain RuntimeError."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and "can't allocate memory" in str(error)
