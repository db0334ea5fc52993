"""E-mail messages (RFC 5322), and the documents attached to them."""

import email
import email.policy
from collections.abc import Iterable, Iterator
from email.message import EmailMessage, MIMEPart
from email.utils import parsedate_to_datetime
from pathlib import PurePosixPath

import lxml.html

from index.errors import CorpusError
from index.loaders.blocks import TextBuilder, paragraphs_of_plain_text, without_surrogates
from index.loaders.formats import FORMATS, Item, read, suffix_of, unknown
from index.loaders.html_blocks import html_blocks
from index.loaders.limits import LimitError
from index.loaders.metadata import Metadata, found_metadata, title_from_path
from index.loaders.raw import RawDocument, Skipped
from index.loaders.reading import clean
from index.loaders.source import Source
from index.types import Block


def load_mail(source: Source) -> Iterator[RawDocument | Item]:
    """Read one message: its text, then each document attached to it."""
    message = email.message_from_bytes(source.data, policy=email.policy.default)
    if not isinstance(message, EmailMessage) or not message.keys():
        raise CorpusError(source.path, "is no e-mail message: it has no header; save it anew")
    if _is_encrypted(message):
        raise CorpusError(source.path, "is encrypted: save a decrypted copy")
    text, blocks = _body(message, source)
    attached = list(_attached(message))
    if blocks or not attached:
        title = title_from_path(source.file_name)
        yield RawDocument(text, blocks, title, _metadata(message))
    for name, part in attached:
        yield from _attachment(name, part, source)


def _is_encrypted(message: EmailMessage) -> bool:
    kind = message.get_content_type()
    if kind in ("application/pkcs7-mime", "application/x-pkcs7-mime"):
        return message.get_param("smime-type") != "signed-data"
    return kind == "multipart/encrypted"


def _body(message: EmailMessage, source: Source) -> tuple[str, tuple[Block, ...]]:
    part = message.get_body(preferencelist=("plain", "html"))
    if part is None:
        return "", ()
    content = clean(without_surrogates(_content(part))).strip()
    if part.get_content_type() != "text/html":
        return content, tuple(_with_quotes(content))
    builder = TextBuilder(source.limits.text_mib)
    if content:
        for text, kind, level in html_blocks(lxml.html.document_fromstring(content)):
            builder.add(text, kind, level)
    return builder.build()


def _content(part: MIMEPart) -> str:
    try:
        return str(part.get_content())
    except LookupError:  # a charset that nobody knows
        data = part.get_payload(decode=True)
        return data.decode("utf-8", "replace") if isinstance(data, bytes) else ""


def _with_quotes(text: str) -> Iterator[Block]:
    """Paragraphs; what is quoted from an earlier message is a quotation."""
    for block in paragraphs_of_plain_text(text):
        quoted = text.startswith(">", block.start)
        yield Block(block.start, block.end, "quote") if quoted else block


def _metadata(message: EmailMessage) -> Metadata:
    date = None
    try:
        date = parsedate_to_datetime(str(message["date"])) if message["date"] else None
    except (ValueError, TypeError, OverflowError):
        date = None
    return found_metadata(
        {
            "author": _header(message, "from"),
            "to": _header(message, "to"),
            "cc": _header(message, "cc"),
        },
        title=_header(message, "subject"),
        published=date,
    )


def _header(message: EmailMessage, name: str) -> str | None:
    value = message[name]
    return without_surrogates(str(value)).strip() or None if value is not None else None


def _attached(message: EmailMessage) -> Iterator[tuple[str, EmailMessage]]:
    """Each attachment with a name of its own, pictures within the text left out."""
    taken: set[str] = set()
    for number, part in enumerate(_parts(message), start=1):
        if not isinstance(part, EmailMessage):
            continue
        if (
            part.get_content_maintype() == "image"
            and part.get_content_disposition() != "attachment"
        ):
            continue
        is_message = part.get_content_type() == "message/rfc822"
        given = without_surrogates(part.get_filename() or "").replace("\\", "/")
        # Only the last part of a name: a message must not choose where it seems to lie.
        name = PurePosixPath(clean(given)).name.strip(". ")
        if not name or (is_message and suffix_of(name) != ".eml"):
            name = f"{name or f'attachment-{number}'}{'.eml' if is_message else ''}"
        if name in taken:
            name = f"{number}-{name}"
        taken.add(name)
        yield name, part


def _parts(message: EmailMessage) -> Iterable[object]:
    if message.get_content_type() == "message/rfc822":
        return [message]
    return message.iter_attachments() if message.is_multipart() else ()


def _attachment(name: str, part: EmailMessage, source: Source) -> Iterator[Item]:
    if suffix_of(name) not in FORMATS:
        yield Skipped(f"{source.name}/{name}", unknown(name))
        return
    try:
        if part.get_content_type() == "message/rfc822":
            data = part.get_payload(0).as_bytes()  # type: ignore[union-attr]
        else:
            decoded = part.get_payload(decode=True)
            data = decoded if isinstance(decoded, bytes) else b""
        source.budget.take(len(data))
        member = source.member(name, data)
    except LimitError as error:
        yield CorpusError(f"{source.path}/{name}", str(error))
    else:
        yield from read(member)
