"""Takes up what is published: the first index, and every later one while the service runs."""

import logging
from collections.abc import Callable
from pathlib import Path

import anyio
from anyio import to_thread

from index import generations
from index.errors import IndexNotFound, RecordError
from service.answerer import Answerer
from service.logs import log_event
from service.served import Served

Open = Callable[[str | None], Answerer]
"""Opens a generation by its name; None stands for the current or, failing that, an older one."""
Stamp = tuple[int, int, int] | None
"""Changes whenever ``CURRENT`` is written; None while there is none."""

RETRY_S = 30.0
"""After a failure that is none of the index, such as too little memory."""


class IndexWatcher:
    """Keeps ``served`` at the generation that ``index_dir`` names.

    A generation that fails its checks is refused and the one before it goes on being served. It is
    looked at again only when ``CURRENT`` is written anew. ``taken`` is called after an index was
    taken up, ``refused`` when one could not be.
    """

    def __init__(
        self,
        index_dir: Path,
        served: Served,
        open_generation: Open,
        taken: Callable[[Answerer], None],
        refused: Callable[[Exception], None],
    ) -> None:
        self._index_dir = index_dir
        self._served = served
        self._open = open_generation
        self._taken = taken
        self._refused = refused

    async def run(self, interval_s: float) -> None:
        """Look every ``interval_s`` seconds, without end; 0 looks until there is an index."""
        seen: Stamp = None
        looked = False
        while True:
            stamp = await to_thread.run_sync(self._stamp)
            if not looked or stamp != seen:
                looked, seen = True, stamp
                if not await self._take_up():
                    looked = False
                    await anyio.sleep(RETRY_S)
                    continue
                if not interval_s and self._served.current is not None:
                    return
            await anyio.sleep(interval_s or 1.0)

    def _stamp(self) -> Stamp:
        try:
            status = (self._index_dir / generations.CURRENT).stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_ino, status.st_size

    async def _take_up(self) -> bool:
        """Serve what is published now; False when it is worth another try as it is."""
        served = self._served.current
        try:
            # With nothing to go on with, an older generation is better than none.
            name = None if served is None else generations.current_name(self._index_dir)
            if served is not None and name == served.info.generation:
                return True
            answerer = await to_thread.run_sync(self._prepare, name, abandon_on_cancel=True)
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
                answerer.find_suggestions()
