"""Running plans: what is read, what is done to it, and who does it."""

from typing import TYPE_CHECKING

from arrowsets.lazy import lazily

if TYPE_CHECKING:
    from arrowsets.engine.executors import Task, process_pool, run

__all__ = ["Task", "process_pool", "run"]

# Who works is imported with the first work that others do: most programs open what is there, or work by themselves.
__getattr__ = lazily(__name__, dict.fromkeys(__all__, "arrowsets.engine.executors"))
