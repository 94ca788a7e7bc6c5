"""A stopwatch that reads the clock and counts no ticks, so that a late tick costs nothing."""

from __future__ import annotations

import time
from collections.abc import Callable


def clock_text(seconds: float) -> str:
    """Whole seconds as minutes and seconds.

    >>> clock_text(170), clock_text(0)
    ('2:50', '0:00')
    """
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02d}"


class Stopwatch:
    """Elapsed seconds, with start, pause and reset; it ends at `limit_s`."""

    def __init__(self, limit_s: float, clock: Callable[[], float] = time.monotonic):
        self.limit_s = limit_s
        self._clock = clock
        self._before_s = 0.0
        self._started_at: float | None = None

    @property
    def running(self) -> bool:
        return self._started_at is not None and not self.finished

    @property
    def finished(self) -> bool:
        return self.elapsed_s >= self.limit_s

    @property
    def elapsed_s(self) -> float:
        running_s = 0.0 if self._started_at is None else self._clock() - self._started_at
        return min(self._before_s + running_s, self.limit_s)

    @property
    def remaining_s(self) -> float:
        return self.limit_s - self.elapsed_s

    def start(self) -> None:
        """Start, or go on after a pause; a finished stopwatch starts over."""
        if self.finished:
            self.reset()
        if self._started_at is None:
            self._started_at = self._clock()

    def pause(self) -> None:
        self._before_s = self.elapsed_s
        self._started_at = None

    def reset(self) -> None:
        self._before_s = 0.0
        self._started_at = None
