"""An environment service: worlds and their browsers, lent to whoever plays elsewhere.

It speaks OpenEnv's WebSocket protocol, and a little more of it with `RemoteEnvironment`.
"""
