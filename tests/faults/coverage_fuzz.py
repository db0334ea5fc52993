"""A fuzzer that is led by coverage, over every loader: ``python -m tests.faults.coverage_fuzz``.

    python -m tests.faults.coverage_fuzz .docx -max_total_time=60

Atheris (libFuzzer) changes small valid files of the given formats, all by default, and keeps what
reaches new code. Of an archive it changes one member, for what is changed within a packed file is
told by its checksum and goes no further. The loaders run in this process, so that their code is
seen; what a parser throws is caught by ``index.loaders.formats.read``, as in the product. A finding
is whatever else happens: an exception, a document that does not hold together, ten seconds, a
gigabyte, a crash. It ends the run with a status other than 0.
"""

import io
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import atheris

with atheris.instrument_imports(include=["index.loaders", "docx", "pptx", "openpyxl"]):
    from index.loaders import formats
    from index.loaders.limits import Limits
    from index.loaders.raw import Loaded
    from index.loaders.source import Budget, Source
from index.errors import CorpusError
from index.types import Document
from tests.documents import with_member
from tests.faults.test_fuzz_loaders import SAMPLES

LIMITS = Limits(seconds=10, memory_mib=512, unpacked_mib=16)
WHOLE = 200
"""A second byte from here on: the file itself is changed, not a member of it."""


class Target:
    """Turns the fuzzer's bytes into a file, has it read, and looks at what came of it."""

    def __init__(self, suffixes: Sequence[str]) -> None:
        self._samples = [(suffix, SAMPLES[suffix]()) for suffix in suffixes]
        self.documents = 0

    def seeds(self) -> list[bytes]:
        """The samples and their members, as the fuzzer gives them."""
        made = []
        for kind, (_, data) in enumerate(self._samples):
            made.append(bytes([kind, WHOLE]) + data)
            for number, name in enumerate(_members(data)):
                with zipfile.ZipFile(io.BytesIO(data)) as archive:
                    made.append(bytes([kind, number]) + archive.read(name))
        return made

    def __call__(self, data: bytes) -> None:
        """Read one file."""
        if len(data) < 2:
            return
        suffix, sample = self._samples[data[0] % len(self._samples)]
        names, body = _members(sample), data[2:]
        if names and data[1] < WHOLE:
            body = with_member(sample, names[data[1] % len(names)], body)
        name = f"file{suffix}"
        for item in formats.read(Source(f"/corpus/{name}", name, body, LIMITS, Budget(LIMITS))):
            if isinstance(item, Loaded):
                check(item.document)
                self.documents += 1
            elif isinstance(item, CorpusError) and not str(item).startswith(f"/corpus/{name}"):
                raise AssertionError(f"the error does not name the file: {item}")


def check(document: Document) -> None:
    """Raises AssertionError when offsets leave the text, or it is no text."""
    document.text.encode()
    document.title.encode()
    end = 0
    for block in document.blocks:
        if not end <= block.start < block.end <= len(document.text):
            raise AssertionError(f"block {block} in {len(document.text)} characters")
        end = block.end


def _members(data: bytes) -> list[str]:
    return zipfile.ZipFile(io.BytesIO(data)).namelist() if data[:2] == b"PK" else []


def main() -> None:
    """Fuzz until a limit among the arguments, which are libFuzzer's, ends it."""
    suffixes = [a for a in sys.argv[1:] if a.startswith(".")] or list(SAMPLES)
    options = [a for a in sys.argv[1:] if a.startswith("-")]
    target = Target(suffixes)
    with TemporaryDirectory() as folder:
        for number, seed in enumerate(target.seeds()):
            Path(folder, f"{number:03}").write_bytes(seed)
        flags = [
            "-timeout=10",
            "-rss_limit_mb=2048",
            "-max_len=60000",
            f"-artifact_prefix={folder}/",
        ]
        atheris.Setup([sys.argv[0], *flags, *options, folder], target)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
