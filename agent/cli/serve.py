"""`vigorl-agent serve`: a model behind a URL, by vLLM."""

import shlex
from typing import Annotated

from rich.markup import escape
from typer import Argument, Option, echo

from vigorl.agent.cli.app_class import App
from vigorl.agent.cli.main import errors, play
from vigorl.agent.cli.terminal import Console
from vigorl.policy.vllm.serve_config import ServeConfig

app = App()


@app.command("serve")
def serve(
    model: Annotated[str, Argument(help="Checkpoint folder or hub id.", metavar="MODEL")],
    more: Annotated[
        list[str] | None,
        Argument(
            help="Further options of vllm serve, after a --; they win over ours.",
        ),
    ] = None,
    config: ServeConfig = ServeConfig(),  # noqa: B008 -- frozen
    dry_run: Annotated[bool, Option("--dry-run", help="Print the command and end.")] = False,
) -> None:
    """Serve a model with vLLM, with room for the conversations of its family, until Ctrl-C.

    Pictures are left at the size that they are sent in, and log-probabilities are those that
    words were drawn by, so that a training can use them.

    [dim]$[/dim] vigorl-agent serve Qwen/Qwen3-VL-8B-Instruct -- --tensor-parallel-size 2
    """
    with errors(as_json=False):
        from vigorl.policy.vllm import serving

        family = serving.served_family(model, config.family)
        command = serving.serve_command(model, family, config, more or ())
        if dry_run:
            variables = serving.LOADING if config.lora_rank else {}
            words = [f"{name}={value}" for name, value in variables.items()]
            echo(" ".join([*words, shlex.join(command)]))
            return
        console = Console(stderr=True, highlight=False)
        console.print(f"[dim]$ {escape(shlex.join(command))}[/dim]", soft_wrap=True)
        named = f" --family {config.family}" if config.family else ""
        url = serving.server_url(config)

        learn = (
            f"[dim]train:[/dim] vigorl-agent train grpo --model {escape(model)}{named} "
            f"--lora {config.lora_rank} --sampler {url} --out …\n"
            if config.lora_rank
            else ""
        )

        def tell() -> None:
            console.print(
                f"[green]ready[/green]  {url}\n[dim]play:[/dim]  vigorl-agent run 'open the second "
                f"result' --url … --model {url}/v1{named}\n{learn}[dim]Ctrl-C ends it[/dim]",
                soft_wrap=True,
            )

        play(serving.serve(command, config, tell))
