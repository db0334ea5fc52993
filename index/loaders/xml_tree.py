"""XML of others, parsed without entities, without a network and without huge trees."""

from lxml import etree


def parse_xml(data: bytes, *, recover: bool = False) -> etree._Element:
    """The root of ``data``. Raises lxml.etree.XMLSyntaxError, or ValueError when there is none."""
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        recover=recover,
    )
    root = etree.fromstring(data, parser)
    if root is None:
        raise ValueError("holds no element")
    return root
