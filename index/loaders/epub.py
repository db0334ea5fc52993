"""EPUB: the chapters of a book in the order of its spine."""

import posixpath
import zipfile
from collections.abc import Iterator
from urllib.parse import unquote

import lxml.html
from lxml import etree

from index.errors import CorpusError
from index.loaders.archive import open_office_zip
from index.loaders.blocks import TextBuilder
from index.loaders.html_blocks import html_blocks
from index.loaders.metadata import Metadata, found_metadata, title_from_path
from index.loaders.raw import RawDocument
from index.loaders.source import Source
from index.loaders.xml_tree import parse_xml

_PAGES = ("application/xhtml+xml", "text/html", "application/x-dtbook+xml")
_FONT_ALGORITHMS = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")
_AGAIN = "make it anew, or convert it to HTML"


def load_epub(source: Source) -> RawDocument:
    """Read one EPUB, version 2 or 3. Raises CorpusError when it is locked or incomplete."""
    archive = open_office_zip(source)
    names = set(archive.namelist())
    _refuse_locked(archive, names, source)
    package, folder = _package(archive, names, source)
    builder = TextBuilder(source.limits.text_mib)
    for name in _spine(package, folder, names, source):
        for text, kind, level in _chapter(archive.read(name)):
            builder.add(text, kind, level)
    text, blocks = builder.build()
    return RawDocument(text, blocks, title_from_path(source.file_name), _metadata(package))


def _refuse_locked(archive: zipfile.ZipFile, names: set[str], source: Source) -> None:
    if "META-INF/encryption.xml" not in names:
        return
    root = parse_xml(archive.read("META-INF/encryption.xml"))
    methods = [e.get("Algorithm") for e in root.iter("{*}EncryptionMethod")]
    if any(method not in _FONT_ALGORITHMS for method in methods):
        raise CorpusError(source.path, "is locked by DRM: get a copy without it")


def _package(
    archive: zipfile.ZipFile, names: set[str], source: Source
) -> tuple[etree._Element, str]:
    """The root of the package document, and the folder that its links start from."""
    if "META-INF/container.xml" not in names:
        raise CorpusError(source.path, f"is no EPUB: it has no META-INF/container.xml; {_AGAIN}")
    container = parse_xml(archive.read("META-INF/container.xml"))
    path = next((e.get("full-path") for e in container.iter("{*}rootfile")), None)
    if path not in names:
        raise CorpusError(source.path, f"lacks its package document {path!r}; {_AGAIN}")
    return parse_xml(archive.read(path)), posixpath.dirname(path)


def _spine(package: etree._Element, folder: str, names: set[str], source: Source) -> Iterator[str]:
    """Names of the chapters, each once, tables of contents left out."""
    items = {
        e.get("id"): (e.get("href", ""), e.get("media-type"), e.get("properties") or "")
        for e in package.iter("{*}item")
    }
    seen: set[str] = set()
    for reference in package.iter("{*}itemref"):
        href, kind, properties = items.get(reference.get("idref"), ("", None, ""))
        name = posixpath.normpath(posixpath.join(folder, unquote(href)))
        if kind not in _PAGES or "nav" in properties.split() or name in seen:
            continue
        if name not in names:
            raise CorpusError(source.path, f"lacks its chapter {name!r}; {_AGAIN}")
        seen.add(name)
        yield name


def _chapter(data: bytes) -> Iterator[tuple[str, str, int]]:
    try:
        root = parse_xml(data)
    except (etree.XMLSyntaxError, ValueError):
        # Named entities such as &nbsp; are errors without a DTD, and commoner than all others.
        if not data.strip():
            return
        root = lxml.html.document_fromstring(data, parser=lxml.html.HTMLParser(encoding="utf-8"))
    else:
        if any(True for _ in root.iter(etree.Entity)):
            root = lxml.html.document_fromstring(
                data, parser=lxml.html.HTMLParser(encoding="utf-8")
            )
    yield from html_blocks(root)


def _metadata(package: etree._Element) -> Metadata:
    said: dict[str, list[str]] = {}
    for element in package.iter("{http://purl.org/dc/elements/1.1/}*"):
        text = " ".join("".join(element.itertext()).split())
        if text:
            said.setdefault(etree.QName(element).localname, []).append(text)
    date = said.get("date", [""])[0]
    return found_metadata(
        {"author": ", ".join(said.get("creator", [])) or None},
        title=said.get("title", [None])[0],
        publisher=said.get("publisher", [None])[0],
        published=date if len(date) >= 10 else None,
        lang=said.get("language", [None])[0],
    )
