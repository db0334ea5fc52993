"""``python -m service`` around the fake answerer, for tests that need a process of their own.

``python -m tests.integration.fake_service SECONDS [options of the service]`` takes SECONDS for
each question.
"""

import sys
import time

from service import lifecycle
from service.__main__ import main
from service.answers import Answer, Question
from service.settings import Settings
from tests.fakes import FakeAnswerer


class _SteadyAnswerer(FakeAnswerer):
    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._seconds = seconds

    def ask(self, question: Question) -> Answer:
        time.sleep(self._seconds)
        return super().ask(question)


def _open(settings: Settings, generation: str | None = None) -> FakeAnswerer:
    return _SteadyAnswerer(float(sys.argv[1]))


if __name__ == "__main__":
    lifecycle.open_answerer = _open
    sys.exit(main(sys.argv[2:]))
