"""A server that samples by tokens as vLLM 0.32 does, on a tiny network: what a training asks of it.

It speaks `/v1/models`, `/inference/v1/generate`, `/v1/load_lora_adapter` and
`/v1/unload_lora_adapter` with vLLM's statuses and sentences, reads adapters from the disk, and can
be told to be a server of another sort, or one that contradicts itself.
"""

import base64
import io
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random
from typing import Any, Literal

import torch
from PIL import Image

from vigorl.browser.picture import Picture
from vigorl.policy.images import FittedImage, token_count
from vigorl.policy.local.codec import Prompt
from vigorl.policy.local.network import Network
from vigorl.training.compute.lora import load_adapters, read_adapters, without_adapters

Fault = Literal[
    "",
    "no vllm",
    "no lora",
    "no loading",
    "blind",
    "no tokens",
    "no scale-out",
    "raw",
    "resizes",
    "other ids",
    "tells no prompt",
    "ignores adapters",
    "breaks off",
]


class TokenServer:
    """What the server has and does; `at` runs it."""

    def __init__(self, network: Network, rank: int) -> None:
        """A network with adapters of a rank, which take the weights of whatever is asked for."""
        self.network = network
        self.rank = rank
        self.fault: Fault = ""
        self.adapters: dict[str, str] = {}
        """Folders by name; their weights are read when they are loaded."""
        self.loads: list[str] = []
        self.turns = 0
        self.dies_after = -1
        """Turns; then it answers nothing any more."""
        self.unanswered = 0
        """Requests since then."""
        self.forgets_after = -1
        """Turns; then it has no adapters, once, like one that was started anew."""
        self._weights: dict[str, Any] = {}
        self._lock = threading.Lock()

    def models(self) -> dict[str, Any]:
        owner = "me" if self.fault == "no vllm" else "vllm"
        base = {"id": "base", "root": self.network.path, "owned_by": owner, "max_model_len": 4096}
        more = [
            {"id": name, "root": folder, "owned_by": "vllm", "parent": "base"}
            for name, folder in self.adapters.items()
        ]
        return {"data": [base, *more]}

    def load(self, body: dict[str, Any]) -> tuple[int, Any]:
        if self.fault == "no loading":
            return 404, {"detail": "Not Found"}
        if self.fault == "no lora":
            return _error(500, "LoRA is not enabled. Use --enable-lora to enable LoRA.")
        name, folder = body["lora_name"], Path(body["lora_path"])
        if name in self.adapters:
            return _error(400, f"The lora adapter '{name}' has already been loaded.")
        if self.fault == "blind" or not (folder / "adapter_config.json").is_file():
            return _error(404, f"Loading lora {name} failed: No adapter found for {folder}")
        rank = json.loads((folder / "adapter_config.json").read_text())["r"]
        if rank > self.rank:
            said = f"LoRA rank {rank} is greater than max_lora_rank {self.rank}."
            return _error(500, f"Call to add_lora method failed: {said}")
        self._weights[name] = read_adapters(folder)
        self.adapters[name] = str(folder)
        self.loads.append(name)
        return 200, f"Success: LoRA adapter '{name}' added successfully."

    def unload(self, body: dict[str, Any]) -> tuple[int, Any]:
        name = body["lora_name"]
        if self.adapters.pop(name, None) is None:
            return _error(404, f"The lora adapter '{name}' cannot be found.")
        return 200, f"Success: LoRA adapter '{name}' removed successfully."

    def generate(self, body: dict[str, Any]) -> tuple[int, Any]:
        name = body["model"]
        if self.turns == self.forgets_after:
            self.adapters.clear()
            self.forgets_after = -1
        if self.fault == "no tokens":
            return 404, {"detail": "Not Found"}
        if self.fault == "no scale-out":
            said = "Restart vllm serve with --enable-scale-out to enable them."
            return _error(403, f"Scale-out endpoints are disabled. {said}")
        if name not in self.adapters:
            return _error(404, f"The model `{name}` does not exist.")
        with self._lock:
            prompt = self._prompt(body)
            ids, logprobs, reason = self._sampled(name, prompt, body["sampling_params"])
            self.turns += 1
        told = [7, *ids[1:]] if self.fault == "other ids" else ids
        content = [
            {"token_id": token_id, "logprob": logprob, "rank": 1, "top_logprobs": []}
            for token_id, logprob in zip(told, logprobs, strict=True)
        ]
        if self.fault == "breaks off":
            reason = "abort"
        choice = {"index": 0, "token_ids": ids, "finish_reason": reason}
        prompt_ids = None if self.fault == "tells no prompt" else list(prompt.ids)
        return 200, {
            "model": name,
            "prompt_token_ids": prompt_ids,
            "choices": [{**choice, "logprobs": {"content": content}}],
        }

    def _prompt(self, body: dict[str, Any]) -> Prompt:
        """One placeholder becomes as many as its picture has cells."""
        cell_id, family = self.network.codec.cell_id, self.network.family
        images = [self._picture(part["url"]) for part in body.get("content_parts", ())]
        left, ids = iter(images), []
        for token_id in body["token_ids"]:
            count = token_count(next(left).shown, family.size) if token_id == cell_id else 1
            ids += [token_id] * count
        return Prompt(tuple(ids), tuple(images))

    def _picture(self, url: str) -> FittedImage:
        data = base64.b64decode(url.removeprefix("data:image/png;base64,"))
        image = Image.open(io.BytesIO(data))
        width_px, height_px = image.size
        if self.fault == "resizes":
            width_px -= self.network.family.size.cell_px
        return FittedImage(Picture.from_image(image), width_px, height_px)

    @torch.inference_mode()
    def _sampled(
        self, name: str, prompt: Prompt, params: dict[str, Any]
    ) -> tuple[list[int], list[float], str]:
        assert params["temperature"] == 1.0 and params["top_p"] == 1.0 and params["logprobs"] == 0
        network, random = self.network, Random(params["seed"])
        load_adapters(network, self._weights[name])
        ids: list[int] = []
        logprobs: list[float] = []
        known = None
        while len(ids) < params["max_tokens"]:
            row = Prompt((*prompt.ids, *ids), prompt.images)
            if self.fault == "ignores adapters":
                with without_adapters(network):
                    logits_V, known, _ = network.read(row, known)
            else:
                logits_V, known, _ = network.read(row, known)
            told_V = logits_V.log_softmax(-1)
            if only := params.get("allowed_token_ids"):
                kept_V = torch.full_like(logits_V, float("-inf"))
                kept_V[only] = logits_V[only]
                logits_V = kept_V
            drawn_V = logits_V.log_softmax(-1)
            token_id = random.choices(range(len(drawn_V)), drawn_V.exp().tolist())[0]
            ids.append(token_id)
            logprobs.append(float((told_V if self.fault == "raw" else drawn_V)[token_id]))
            text = network.codec.decode(ids)
            if token_id in params["stop_token_ids"] or any(end in text for end in params["stop"]):
                return ids, logprobs, "stop"
        return ids, logprobs, "length"


def _error(status: int, message: str) -> tuple[int, Any]:
    return status, {"error": {"message": message, "type": "Error", "param": None, "code": status}}


@contextmanager
def at(state: TokenServer, port: int = 0) -> Iterator[str]:
    """The server's URL, as long as the block lasts."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.answer(200, state.models())

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if 0 <= state.dies_after <= state.turns:
                self.close_connection = True
                state.unanswered += 1
                return
            paths = {
                "/v1/load_lora_adapter": state.load,
                "/v1/unload_lora_adapter": state.unload,
                "/inference/v1/generate": state.generate,
            }
            self.answer(*paths[self.path](body))

        def answer(self, status: int, body: Any) -> None:
            data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *args: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
