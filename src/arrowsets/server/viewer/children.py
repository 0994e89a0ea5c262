"""Processes for what may take too much, or take a process down: started from our own code, and ended with all they started."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

__all__ = ["READY", "ended", "killed", "started"]

READY = b"ready\n"
# The directory that we are in may be somebody else's dataset: what lies there is no module of anybody's (`-P`).
_RUN = "import runpy, sys; sys.path.append(sys.argv.pop(1)); runpy.run_module(sys.argv[1], run_name='__main__')"
_HOME = str(Path(__file__).resolve().parents[3])


def started(
    module: str, environment: Mapping[str, str] | None = None, *, heard: bool = True
) -> subprocess.Popen[bytes]:
    """Run a module of ours, with pipes to it; Ctrl-C is not meant for it.

    Args:
        heard: Whether somebody reads its stderr.
    """
    command = [sys.executable, "-P", "-c", _RUN, _HOME, module]
    pipe = subprocess.PIPE
    errors = pipe if heard else subprocess.DEVNULL
    given = {**os.environ, **(environment or {})}
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=errors, env=given, start_new_session=True)


def killed(child: subprocess.Popen[bytes]) -> None:
    """End a process, and those that it started."""
    if child.returncode is not None:
        return  # its number may be somebody else's by now
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(child.pid, signal.SIGKILL)
    child.kill()


def ended(child: subprocess.Popen[bytes]) -> None:
    """End a process and let go of it."""
    killed(child)
    child.wait()
    for stream in (child.stdin, child.stdout, child.stderr):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()
