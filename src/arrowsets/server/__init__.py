"""Servers on top of the library (extra `server`): the hub that a team runs on its own disk."""
