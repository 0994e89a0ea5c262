"""A process that writes to a store, to be run, raced and killed by the tests."""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
from pathlib import Path

from arrowsets.errors import StoreError
from arrowsets.store import Store

UNITS = 6
KEY = "0abc"


def content(unit: int) -> bytes:
    return f"unit {unit} ".encode() * 3000


def work(root: Path, units: int = UNITS) -> list[str]:
    """Make the entry, going on with what is there; return the units that were made here."""
    made = []
    with Store(root).open(KEY) as draft:
        before = set(draft.finished)
        for unit in range(units):
            name = f"rows-{unit}.bin"
            if name in draft.finished or draft.find(name):
                continue
            made.append(name)
            with draft.writing(name) as path, path.open("wb") as file:
                file.write(content(unit)[:5000])
                file.flush()
                sys.audit("writer.half")
                file.write(content(unit)[5000:])
            draft.publish(name, path, num_rows=unit)
        assert not before & set(made), "a finished unit was made again"
        if draft.committed() is None:
            records = [draft.finished[f"rows-{unit}.bin"] for unit in range(units)]
            draft.commit(records, {"how": "writer"}, {"label": "writer"})
    return made


def look(root: Path) -> tuple[bool, set[str]]:
    """Tell whether the entry is there, and which units are finished; fail if anything is half-made."""
    entry = Store(root).get(KEY)
    if entry:
        entry.verify()
        assert [file.read_bytes() for file in entry.files] == [content(unit) for unit in range(UNITS)]
        return True, set()
    if not (root / "entries").exists():
        return False, set()
    with Store(root).open(KEY) as draft:
        for name, record in draft.finished.items():
            unit = int(name.removeprefix("rows-").removesuffix(".bin"))
            assert (draft.path / record.name).read_bytes() == content(unit), "a finished unit is half-made"
        return False, set(draft.finished)


def die_at(event: int) -> None:
    """Kill this process at its n-th file operation."""
    left = [event]

    def hook(name: str, _: tuple[object, ...]) -> None:
        if name in {"open", "writer.half"} or name.startswith(("os.", "shutil.")):
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


def killed(root: Path, event: int) -> bool:
    """Work in a fork that dies at an event; tell whether it did."""
    pid = os.fork()
    if pid == 0:
        die_at(event)
        work(root)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL


def kill_everywhere(root: Path) -> None:
    """Kill a fresh run at each of its file operations, and let a second run finish."""
    event = 0
    while killed(place := root / str(event := event + 1), event):
        done, finished = look(place)
        made = work(place)
        assert done or len(made) == UNITS - len(finished), (event, finished, made)
        assert look(place)[0]
    print(json.dumps({"kills": event - 1}))


def kill_again_and_again(root: Path, step: int) -> None:
    """Kill every run after the same number of operations until one finishes: the work must get ahead."""
    runs = 0
    finished: set[str] = set()
    while runs < 100 and killed(root, step):
        runs += 1
        done, now = look(root)
        assert done or finished <= now, "a finished unit was lost"
        finished = now
    print(json.dumps({"kills": runs, "finished": look(root)[0]}))


def race(root: Path) -> None:
    """Tell that we are ready, wait for the start, work."""
    print("ready", flush=True)
    sys.stdin.readline()
    print(json.dumps(work(root)))


def endless(root: Path) -> None:
    """Write units until somebody kills us."""
    print("ready", flush=True)
    while True:
        work(root, 100_000)


def claim(root: Path) -> None:
    """Claim a unit, and end when told."""
    print(Store(root).open(KEY).claim("a.bin"), flush=True)
    sys.stdin.readline()


def read(root: Path) -> None:
    """Pin the entry, open its files when told, and end when told."""
    entry = Store(root).get(KEY)
    assert entry is not None
    with entry.pin():
        print("pinned", flush=True)
        sys.stdin.readline()
        print(sum(len(file.read_bytes()) for file in entry.files), flush=True)
        sys.stdin.readline()


def limited(root: Path) -> None:
    """Work where no file may grow beyond 10,000 bytes; print the error."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
    explain(root)


def nobody(root: Path) -> None:
    """Work as a user who may write nowhere; print the error."""
    if os.geteuid() == 0:
        os.setuid(65534)
    explain(root)


def explain(root: Path) -> None:
    try:
        work(root)
    except StoreError as error:
        print(error, error.errno)


if __name__ == "__main__":
    globals()[sys.argv[1]](Path(sys.argv[2]), *map(int, sys.argv[3:]))
