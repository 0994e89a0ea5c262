"""The mix: rows of several streams in turn, or drawn with probabilities."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from arrowsets.engine.stages import Chunk, Cursor, Stage, State, joined, picked

__all__ = ["MixStage"]

BLOCK = 1000


class MixStage(Stage):
    """Rows of several streams; which one is next is decided a block at a time.

    A stream ends when its last row is handed out, not when one more is asked for. Draws are those of
    `numpy.random.default_rng(seed).choice`, a thousand at a time, and can be gone on with at any place.

    Args:
        makers: Make the stage of a stream; again for one that starts over.
        stopping: At the end of the first stream, or of the last; those that end before it start over, or are left out.
    """

    def __init__(
        self,
        makers: Sequence[Callable[[int], Stage]],
        probabilities: Sequence[float] | None,
        seed: int,
        stopping: str,
    ) -> None:
        self._makers, self._seed, self._stopping = list(makers), seed, stopping
        self._thresholds: npt.NDArray[np.float64] | None = None
        if probabilities is not None:
            summed = np.asarray(probabilities, dtype=np.float64).cumsum()
            self._thresholds = summed / summed[-1]
        self._rounds = [0] * len(self._makers)
        self._streams = [Cursor(make(0)) for make in self._makers]
        self._ended = [False] * len(self._makers)
        self._drawn = self._count = 0
        self._stopped = False

    def __next__(self) -> Chunk:
        while not self._stopped:
            chunk = self._block()
            if chunk is not None:
                self._count += chunk.num_rows
                return Chunk(chunk.table, chunk.features, self._count - chunk.num_rows)
        raise StopIteration

    def _block(self) -> Chunk | None:
        sources = self._choices()
        drawn = len(sources)
        leaves_out = self._stopping == "all_exhausted_without_replacement"
        kept = np.array([not (leaves_out and self._ended[source]) for source in range(len(self._streams))])
        places = np.flatnonzero(kept[sources])
        ends, which = self._first_end(sources, places)
        if which is not None:
            drawn = ends + 1
            places = places[places <= ends]
        chunk = self._taken(sources, places)
        self._drawn += drawn
        if which is not None:
            self._end(which)
        return chunk

    def _choices(self) -> npt.NDArray[np.int64]:
        if self._thresholds is None:
            return (np.arange(self._drawn, self._drawn + BLOCK) % len(self._streams)).astype(np.int64)
        generator = np.random.PCG64(self._seed)
        generator.advance(self._drawn)
        return self._thresholds.searchsorted(np.random.Generator(generator).random(BLOCK), side="right")

    def _first_end(self, sources: npt.NDArray[np.int64], places: npt.NDArray[np.int64]) -> tuple[int, int | None]:
        """Return the draw at which a stream hands out its last row, and the stream; None if none does."""
        first: tuple[int, int | None] = (len(sources), None)
        for number, stream in enumerate(self._streams):
            own = places[sources[places] == number]
            if not len(own):
                continue
            held = stream.fill(len(own) + 1)
            if held <= len(own):
                # A stream without rows ends when it is first asked.
                at = int(own[held - 1]) if held else int(own[0]) - 1
                if at < first[0]:
                    first = at, number
        return first

    def _taken(self, sources: npt.NDArray[np.int64], places: npt.NDArray[np.int64]) -> Chunk | None:
        chunks: list[Chunk] = []
        order = np.empty(len(places), dtype=np.int64)
        at = 0
        for number, stream in enumerate(self._streams):
            own = np.flatnonzero(sources[places] == number)
            if len(own):
                chunks += stream.some(len(own))
                order[own] = np.arange(at, at + len(own))
                at += len(own)
        if not chunks:
            return None
        whole = joined(chunks)
        return Chunk(picked(whole.table, order), whole.features, 0)

    def _end(self, number: int) -> None:
        self._ended[number] = True
        if self._stopping == "first_exhausted" or all(self._ended):
            self._stopped = True
        elif self._stopping == "all_exhausted":
            self._enter(number, self._rounds[number] + 1)
            if not self._streams[number].fill(1):
                self._stopped = True

    def _enter(self, number: int, again: int) -> None:
        self._streams[number].close()
        self._rounds[number] = again
        self._streams[number] = Cursor(self._makers[number](again))

    def state(self) -> State:
        return {
            "streams": [stream.state() for stream in self._streams],
            "rounds": list(self._rounds),
            "ended": list(self._ended),
            "drawn": self._drawn,
            "count": self._count,
            "stopped": self._stopped,
        }

    def restore(self, state: State) -> None:
        for number, again in enumerate(state["rounds"]):
            if again != self._rounds[number]:
                self._enter(number, again)
            self._streams[number].restore(state["streams"][number])
        self._ended = list(state["ended"])
        self._drawn, self._count, self._stopped = state["drawn"], state["count"], state["stopped"]

    def close(self) -> None:
        for stream in self._streams:
            stream.close()
