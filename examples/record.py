"""A run from its folder: every step again, as one page and as one picture."""

from vigorl import Agent
from vigorl.agent.record.trajectory import read_trajectory
from vigorl.agent.viewer.episode_page import write_page
from vigorl.agent.viewer.filmstrip import write_filmstrip

folder = Agent(task="login:3").run().folder
episode = read_trajectory(folder)
for step in episode.steps:
    print(step.index + 1, step.turn.thought, step.turn.action)
print(write_page(episode), write_filmstrip(episode))
