"""What a service has to do, in a process of its own: ``python -m benchmarks.scale.serve INDEX QUESTIONS``.

Opens the index, answers, searches, and prints a line of JSON. The first answer is that of the
product; then the vector of a question is exchanged for that of ``static_encoder`` after the model
has made its own, so that the time is the model's and the neighbours are those of the index.
"""  # noqa: E501

import json
import statistics
import sys
import time

BEGUN = time.perf_counter()

from dataclasses import replace  # noqa: E402
from pathlib import Path  # noqa: E402

from index.search_index import SearchIndex  # noqa: E402
from index.searchable import EVERYTHING, PassageFilter  # noqa: E402
from service.answers import Question  # noqa: E402
from service.pipeline import QuestionAnswerer  # noqa: E402

WARM = 10


def main() -> int:
    """Measure and print."""
    root, questions = Path(sys.argv[1]), json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
    answerer = QuestionAnswerer.open(root)
    opened = time.perf_counter() - BEGUN
    answerer.ask(Question(questions[0]))
    first = time.perf_counter() - BEGUN

    from benchmarks.scale.static_encoder import BesideModel, StaticEmbedder
    from index.models import find_model
    from service.confidence import Calibration
    from service.readers import open_reader
    from service.retriever import Retriever

    index = answerer._index
    assert isinstance(index, SearchIndex)
    static = StaticEmbedder(find_model(index.manifest.model["name"]))
    index = replace(index, embedder=BesideModel(index.embedder, static))
    retriever = Retriever(index)
    search: list[float] = []
    filtered: list[float] = []
    few = PassageFilter(published_from="1995-03-01", published_to="1995-05-31")
    for text in questions:
        query = answerer._understanding.understand(text)
        vector = static.encode([text])[0]
        for times, where in ((search, EVERYTHING), (filtered, few)):
            begun = time.perf_counter()
            retriever.retrieve(vector, query.terms, 8, where)
            times.append((time.perf_counter() - begun) * 1000)
    calibration = Calibration.for_readers(index.manifest.reader, index.manifest.span_reader, root)
    whole = QuestionAnswerer(index, open_reader(index, 2), calibration)
    asked, laps = [], []
    for text in questions:
        begun = time.perf_counter()
        answer = whole.ask(Question(text))
        asked.append((time.perf_counter() - begun) * 1000)
        laps.append(answer.timing_ms)
    print(
        json.dumps(
            {
                "open_s": round(opened, 2),
                "first_answer_s": round(first, 2),
                "search_ms": quantiles(search[WARM:]),
                "filtered_ms": quantiles(filtered[WARM:]),
                "ask_ms": quantiles(asked[WARM:]),
                "laps_ms": {n: round(statistics.median(t[n] for t in laps), 2) for n in laps[0]},
                **memory(),
            }
        )
    )
    return 0


def quantiles(times: list[float]) -> list[float]:
    """The median and the 95th percentile."""
    ordered = sorted(times)
    return [round(statistics.median(ordered), 2), round(ordered[len(ordered) * 95 // 100], 2)]


def memory() -> dict[str, int]:
    """Resident megabytes of this process: all, and what no file stands behind."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    values = {line.split(":")[0]: line.split() for line in lines}
    return {
        "resident_mb": int(values["VmRSS"][1]) // 1024,
        "own_mb": int(values["RssAnon"][1]) // 1024,
        "peak_mb": int(values["VmHWM"][1]) // 1024,
    }


if __name__ == "__main__":
    sys.exit(main())
