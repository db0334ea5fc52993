"""Logs: one JSON object a line on standard error."""

import json
import logging
import sys
import time
from contextvars import ContextVar
from typing import Any

logger = logging.getLogger("ask_record")

current_request_id: ContextVar[str] = ContextVar("current_request_id", default="")
"""The id of the request that is being served; empty outside of one."""


class JsonFormatter(logging.Formatter):
    """One event a line: ``time``, ``level``, ``event`` and the fields given by ``log_event``."""

    def format(self, record: logging.LogRecord) -> str:
        """The line. A fault adds ``error`` with the traceback, still on the same line."""
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        event: dict[str, Any] = {
            "time": f"{moment}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "event": record.getMessage(),
        }
        if record.name != logger.name:
            event["logger"] = record.name
        event |= getattr(record, "fields", {})
        if record.exc_info:
            event["error"] = self.formatException(record.exc_info)
        # ASCII: a log reader is never confused by line separators or by characters that reorder.
        return json.dumps(event, default=str)


def log_event(event: str, level: int = logging.INFO, exc_info: Any = None, **fields: Any) -> None:
    """Log ``event``, a constant name, with ``fields``."""
    if request_id := current_request_id.get():
        fields = {"request_id": request_id} | fields
    logger.log(level, event, exc_info=exc_info, extra={"fields": fields})


def configure_logging(level: str) -> None:
    """Send all logs of this process, also those of libraries, through the JSON formatter."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    logger.setLevel(level.upper())
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        library = logging.getLogger(name)
        library.handlers, library.propagate = [], True
        library.setLevel(logging.NOTSET)
    # The service logs each request itself, by route: a path or query could hold a question.
    logging.getLogger("uvicorn.access").disabled = True
