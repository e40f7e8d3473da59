"""What verl lacks to train on a CPU: a platform without a device, and servers for `TinyServers`.

`VERL_USE_EXTERNAL_MODULES=tests.training.verl.cpu VERL_PLATFORM=cpu` lets every process of verl
know of them; its trainer, workers, queue and agent loops are its own.
"""

import asyncio
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import ray
import torch
from verl.plugin.platform.platform_base import PlatformBase
from verl.plugin.platform.platform_manager import PlatformRegistry
from verl.workers.rollout.base import _ROLLOUT_REGISTRY, BaseRollout
from verl.workers.rollout.replica import RolloutReplica, RolloutReplicaRegistry

from tests.training.verl.small_family import know_it

NAME = "tiny"


class _Nothing:
    """`torch.cpu`, and for what only a GPU has: nothing."""

    __isabstractmethod__ = False  # which abc asks for

    def get_device_name(self) -> str:
        return "CPU"

    def mem_get_info(self) -> tuple[int, int]:
        return 1, 2

    def __getattr__(self, name: str) -> Any:
        return getattr(torch.cpu, name, lambda *_, **__: 0)


_NOTHING = _Nothing()


@PlatformRegistry.register(platform="cpu")
class CpuPlatform(PlatformBase):  # type: ignore[misc]
    """This machine's processor."""

    device_name = "cpu"  # type: ignore[assignment]
    vendor_name = "cpu"  # type: ignore[assignment]
    device_module = _NOTHING  # type: ignore[assignment]

    def is_available(self) -> bool:
        return True

    def current_device(self) -> str:
        return "cpu"

    def device_count(self) -> int:
        return 1

    def communication_backend_name(self) -> str:
        return "gloo"

    def visible_devices_envvar(self) -> str:
        return "CUDA_VISIBLE_DEVICES"

    def get_device_capability(self, device_index: int = 0) -> tuple[None, None]:
        return None, None

    def nvtx_range(self, msg: str) -> Any:
        return nullcontext()

    def ray_resource_name(self) -> str:
        return "GPU"  # of which Ray is told that there is one

    def ray_noset_envvars(self) -> list[str]:
        return []

    def is_ipc_supported(self) -> bool:
        return False

    def set_device(self, device_index: int) -> None: ...
    def synchronize(self, device_index: int | None = None) -> None: ...
    def manual_seed(self, seed: int) -> None: ...
    def manual_seed_all(self, seed: int) -> None: ...
    def set_allocator_settings(self, settings: str) -> None: ...
    def empty_cache(self) -> None: ...
    def profiler_start(self) -> None: ...
    def profiler_stop(self) -> None: ...
    def cudart(self) -> None: ...


_begin = torch.distributed.init_process_group


def _begin_once(backend: str | None = None, **how: Any) -> None:
    """verl asks for gloo on the CPU and for the device's own beside it, which is the same."""
    _begin(backend="gloo" if backend == "cpu:gloo,cpu:gloo" else backend, **how)


torch.distributed.init_process_group = _begin_once


def _server_name(rank: int) -> str:
    return f"{NAME}_server_{rank}"


class TinyServer:
    """`TinyServers` in a process of its own, which takes the trainer's weights."""

    def __init__(self, checkpoint: str) -> None:
        from tests.training.verl.generation import TinyServers

        torch.set_num_threads(1)
        self.servers = TinyServers(Path(checkpoint))
        self.step = 0

    async def generate(self, request_id: str, **asked: Any) -> Any:
        asked.pop("video_data", None)
        asked.pop("priority", None)
        output = await self.servers.generate(request_id, **asked)
        output.extra_fields |= {"global_steps": self.step}
        for name in ("min_global_steps", "max_global_steps"):
            output.extra_fields.pop(name, None)
        return output

    async def update(self, weights: dict[str, torch.Tensor], step: int | None) -> None:
        found = self.servers.model.load_state_dict(weights, strict=False)
        assert not found.unexpected_keys, found.unexpected_keys
        missing = [name for name in found.missing_keys if "rotary" not in name]
        assert not missing, missing
        self.step = step or 0

    async def nothing(self) -> None: ...

    wake_up = sleep = resume_generation = clear_kv_cache = nothing
    release_kv_cache = resume_kv_cache = nothing

    async def abort_all_requests(self, reject_request: bool = False) -> None: ...


class TinyReplica(RolloutReplica):  # type: ignore[misc]
    """One such server."""

    async def launch_servers(self) -> None:
        self._server_handle = (
            ray.remote(TinyServer)
            .options(name=_server_name(self.replica_rank), num_cpus=0.1, max_concurrency=100)
            .remote(self.model_config.path)
        )
        self.servers = [self._server_handle]
        self._server_address = f"127.0.0.1:{self.replica_rank}"


class TinyAdapter(BaseRollout):  # type: ignore[misc]
    """Where the trainer's worker hands its weights over."""

    async def resume(self, tags: list[str]) -> None: ...

    async def release(self) -> None: ...

    async def update_weights(
        self, weights: Any, wire_format: str = "named_tensors", **how: Any
    ) -> None:
        whole = {name: weight.detach().float().cpu().clone() for name, weight in weights}
        server = ray.get_actor(_server_name(0))
        await asyncio.wrap_future(server.update.remote(whole, how.get("global_steps")).future())


_ROLLOUT_REGISTRY[NAME, "async"] = f"{__name__}.TinyAdapter"
RolloutReplicaRegistry.register(NAME, lambda: TinyReplica)

know_it()
