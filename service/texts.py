"""The texts of the widget and of the pages, one file a language; and text by name."""

import json
import re
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent / "languages"
LANGUAGES = tuple(sorted((p.stem for p in _FOLDER.glob("*.json")), key=lambda n: (n != "en", n)))
"""Every language there is a file for; English first, which is used when no other is wanted."""


@cache
def _texts(lang: str) -> dict[str, str]:
    """The widget's texts and those of the pages, so that both say the same."""
    content = json.loads((_FOLDER / f"{lang}.json").read_text(encoding="utf-8"))
    texts: dict[str, str] = {**content["widget"], **content["page"]}
    return texts


class Texts:
    """Text by name with ``{placeholders}``; with ``n``, the form for that number."""

    def __init__(self, lang: str) -> None:
        """Raises KeyError for a language that is not in ``LANGUAGES``."""
        if lang not in LANGUAGES:
            raise KeyError(lang)
        self._texts = _texts(lang)

    def __call__(self, name: str, **values: object) -> str:
        """The text ``name``; raises KeyError when there is none."""
        if "n" in values:
            form = {0: "zero", 1: "one"}.get(values["n"], "other")  # type: ignore[call-overload]
            for candidate in (f"{name}_{form}", f"{name}_other"):
                if candidate in self._texts:
                    name = candidate
                    break
        return self._texts[name].format(**values)

    def date(self, iso: str) -> str:
        """``2025-03-13`` in words; what is no such date, as it is."""
        found = re.fullmatch(r"(\d{4})-(\d{2})-(\d{2})", iso)
        months = self._texts["months"].split(",")
        if not found or not 1 <= int(found[2]) <= 12:
            return iso
        return self("date", day=int(found[3]), month=months[int(found[2]) - 1], year=found[1])

    def share(self, probability: float) -> str:
        """What a calibrated probability means; in steps of 5, as more is not known."""
        return self("band_meaning", n=min(95, max(5, int(probability * 20 + 0.5) * 5)))
