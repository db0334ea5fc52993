"""Markdown with YAML front matter: the text a reader sees, without the marks."""

from collections.abc import Iterator

import frontmatter
import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token

from index.errors import CorpusError
from index.loaders.blocks import TextBuilder, plain
from index.loaders.metadata import parse_metadata, title_from_path
from index.loaders.raw import RawDocument
from index.loaders.reading import decode
from index.loaders.source import Source


def load_markdown(source: Source) -> RawDocument:
    """Read one Markdown file. Raises CorpusError naming the line of broken front matter."""
    values, body = _front_matter(decode(source.data, source.path), source.path)
    try:
        metadata = parse_metadata(values)
    except ValueError as error:
        raise CorpusError(source.path, f"front matter: {error}") from error
    builder = TextBuilder(source.limits.text_mib)
    first_heading: str | None = None
    for text, kind, level in _blocks(MarkdownIt("commonmark").enable("table").parse(body)):
        if kind == "heading" and first_heading is None:
            first_heading = text
        builder.add(text, kind, level)
    text, blocks = builder.build()
    return RawDocument(text, blocks, first_heading or title_from_path(source.file_name), metadata)


def _front_matter(source: str, path: str) -> tuple[dict[str, object], str]:
    if source.startswith("---\n") and "\n---" not in source[3:]:
        raise CorpusError(path, "front matter: opened with --- but never closed", line=1)
    try:
        values, body = frontmatter.parse(source)
    except yaml.MarkedYAMLError as error:
        # The mark counts from 0, beginning with the line of the opening ---.
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise CorpusError(path, f"front matter: {error.problem or error}", line) from error
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        raise CorpusError(path, f"front matter: {error}", line=1) from error
    if not isinstance(values, dict):
        raise CorpusError(path, "front matter: expected lines of `key: value`", line=1)
    return values, body


def _blocks(tokens: list[Token]) -> Iterator[tuple[str, str, int]]:
    """Yield text, kind and heading level of each block, in reading order."""
    open_blocks: list[str] = []
    level = 0
    row: list[str] = []
    for token in tokens:
        if token.nesting == 1:
            open_blocks.append(token.type.removesuffix("_open"))
            if token.type == "heading_open":
                level = int(token.tag[1:])
            elif token.type == "tr_open":
                row = []
        elif token.nesting == -1:
            open_blocks.pop()
            if token.type == "tr_close":
                yield " | ".join(cell for cell in row if cell), "row", 0
        elif token.type == "inline":
            text = plain(_inline(token.children or []))
            if "tr" in open_blocks:
                row.append(text)
            elif "heading" in open_blocks:
                yield text, "heading", level
            else:
                yield text, _kind(open_blocks), 0
        elif token.type in ("fence", "code_block"):
            yield token.content.rstrip(), "code", 0


def _kind(open_blocks: list[str]) -> str:
    if "list_item" in open_blocks:
        return "list_item"
    return "quote" if "blockquote" in open_blocks else "paragraph"


def _inline(children: list[Token]) -> Iterator[str]:
    for child in children:
        if child.type in ("text", "code_inline", "text_special"):
            yield child.content
        elif child.type == "softbreak":
            yield " "
        elif child.type == "hardbreak":
            yield "\n"
        elif child.type == "image":
            yield plain(_inline(child.children or []))
