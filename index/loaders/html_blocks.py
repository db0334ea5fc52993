"""The blocks of an HTML tree as a browser would lay them out, every word once."""

import re
from collections.abc import Iterator

from lxml import etree

from index.loaders.blocks import plain

HIDDEN = frozenset(
    "script style noscript template head title svg math iframe object button select "
    "textarea".split()
)
NAVIGATION = frozenset("nav header footer aside form".split())
"""Also hidden on a web page, where they hold menus; a book and a letter may put words there."""
_BLOCKS = frozenset(
    "address article aside blockquote body caption center dd details div dl dt fieldset figcaption "
    "figure footer form h1 h2 h3 h4 h5 h6 header hr html legend li main nav ol p pre section "
    "summary table tbody tfoot thead tr ul".split()
)
_KINDS = {"li": "list_item", "blockquote": "quote", "pre": "code", "tr": "row"}


def html_blocks(
    root: etree._Element, hidden: frozenset[str] = HIDDEN
) -> Iterator[tuple[str, str, int]]:
    """Yield text, kind and heading level of each block below ``root``, in reading order."""
    open_blocks: list[str] = []
    pieces: list[str] = []
    walk = etree.iterwalk(root, events=("start", "end"))
    for event, element in walk:
        tag = _tag(element)
        if event == "start":
            if not tag or tag in hidden:
                walk.skip_subtree()
                continue
            if tag in _BLOCKS:
                yield from _flush(pieces, open_blocks)
                open_blocks.append(tag)
            elif tag == "br":
                pieces.append("\n")
            elif tag in ("td", "th") and "".join(pieces).strip():
                pieces.append(" | ")
            pieces.append(_text(element.text, open_blocks))
        else:
            if tag in _BLOCKS and tag not in hidden:
                yield from _flush(pieces, open_blocks)
                open_blocks.pop()
            if element is not root:
                pieces.append(_text(element.tail, open_blocks))
    yield from _flush(pieces, open_blocks)


def _flush(pieces: list[str], open_blocks: list[str]) -> Iterator[tuple[str, str, int]]:
    text = "".join(pieces)
    pieces.clear()
    heading = next((b for b in reversed(open_blocks) if re.fullmatch("h[1-6]", b)), None)
    text = text.strip("\n") if "pre" in open_blocks else re.sub(r" ?\n ?", "\n", plain([text]))
    if heading is not None:
        yield " ".join(text.split()), "heading", int(heading[1])
    elif text.strip():
        yield text, next((k for b, k in _KINDS.items() if b in open_blocks), "paragraph"), 0


def _text(text: str | None, open_blocks: list[str]) -> str:
    text = text or ""
    return text if "pre" in open_blocks else re.sub(r"\s+", " ", text)


def _tag(element: etree._Element) -> str:
    """The name without its namespace; empty for comments and processing instructions."""
    return element.tag.rpartition("}")[2].lower() if isinstance(element.tag, str) else ""
