"""An environment for TRL's GRPOTrainer: its tools play an episode, the judge gives the reward."""

from pathlib import Path

from vigorl.agent.benchmarks.embedded import open_tasks
from vigorl.training.trl import trl_practice

tasks = open_tasks(1, ["lookup"], "train", "goal")  # or with envs=RemoteService(…)
with trl_practice(tasks, "qwen3-vl", Path("runs/trl")) as practice:
    # GRPOTrainer(model, args=…, train_dataset=practice.dataset(),
    #             environment_factory=practice.environment).train()
    # calls what is called here, for as many attempts at once as it likes:
    environment = practice.environment()
    goal, screen = environment.reset(sample=practice.samples[0].id)
    print(goal["text"].strip(), screen["image"].size)
    closer = environment.zoom(500, 400)
    print("looked closer:", closer[0]["image"].size)
    print(environment.done("555,383")[0]["text"])
    print("reward", environment.get_reward())
