"""How each task is done, by kind of task; every module has its oracles in `ORACLES`."""
