"""Takes up what is published: the first index, and every later one while the service runs."""

import contextlib
import logging
from collections.abc import Callable

import anyio
from anyio import to_thread

from index.errors import IndexNotFound, RecordError, StoreUnavailable
from index.location import Location
from service.answerer import Answerer
from service.logs import log_event
from service.served import Served

Open = Callable[[str | None], Answerer]
"""Opens a generation by its name; None stands for the current or, failing that, an older one."""
RETRY_S = 30.0
"""After a failure that is none of the index, such as too little memory."""


class IndexWatcher:
    """Keeps ``served`` at the generation that ``location`` names.

    A generation that fails its checks is refused and the one before it goes on being served. It is
    looked at again only when something is published anew. ``taken`` is called after an index was
    taken up, ``refused`` when one could not be, and ``reached`` after every look: with None, or
    with why the engine that keeps the record did not answer.
    """

    def __init__(
        self,
        location: Location,
        served: Served,
        open_generation: Open,
        taken: Callable[[Answerer], None],
        refused: Callable[[Exception], None],
        reached: Callable[[StoreUnavailable | None], None],
    ) -> None:
        self._location = location
        self._served = served
        self._open = open_generation
        self._taken = taken
        self._refused = refused
        self._reached = reached

    async def run(self, interval_s: float) -> None:
        """Look every ``interval_s`` seconds, without end; 0 looks until there is an index."""
        try:
            await self._run(interval_s)
        finally:
            self._location.close()

    async def _run(self, interval_s: float) -> None:
        pause_s = max(interval_s or 1.0, self._location.interval_s)
        seen: object = None
        looked = False
        while True:
            wait_s = pause_s
            try:
                stamp = await to_thread.run_sync(self._location.stamp, abandon_on_cancel=True)
                self._reached(None)
                # With 0 seconds an engine is still looked at, but only for whether it answers.
                if interval_s or self._served.current is None:
                    if not looked or stamp != seen:
                        looked, seen = await self._take_up(), stamp
                        wait_s = pause_s if looked else RETRY_S
                elif not self._location.interval_s:
                    return
            except StoreUnavailable as error:
                looked = False
                self._reached(error)
            await anyio.sleep(wait_s)

    async def _take_up(self) -> bool:
        """Serve what is published now; False when it is worth another try as it is.

        Raises StoreUnavailable when it could not be read just now.
        """
        served = self._served.current
        try:
            # With nothing to go on with, an older generation is better than none.
            name = None if served is None else await self._current()
            if served is not None and name == served.info.generation:
                return True
            answerer = await to_thread.run_sync(self._prepare, name, abandon_on_cancel=True)
        except StoreUnavailable:
            raise
        except RecordError as error:
            if served is None or not isinstance(error, IndexNotFound):
                self._refused(error)
            return True
        except Exception as error:
            log_event("index_fault", logging.CRITICAL, exc_info=error)
            self._refused(error)
            return False
        self._served.replace(answerer)
        self._taken(answerer)
        if served is not None:
            await to_thread.run_sync(self._suggest, abandon_on_cancel=True)
        return True

    async def _current(self) -> str:
        return await to_thread.run_sync(self._location.current, abandon_on_cancel=True)

    def _prepare(self, name: str | None) -> Answerer:
        answerer = self._open(name)
        try:
            answerer.warm_up()
            if name is None:
                answerer.find_suggestions()
        except BaseException:
            answerer.close()
            raise
        return answerer

    def _suggest(self) -> None:
        # Many questions: a running service takes the new index up before it asks them.
        with self._served.lease() as answerer:
            if answerer is not None:
                with contextlib.suppress(StoreUnavailable):
                    answerer.find_suggestions()
