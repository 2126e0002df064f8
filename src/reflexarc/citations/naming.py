"""Find the reference that a line of text names."""

import re

from reflexarc.references import references

__all__ = ["listed"]

NUMBER = re.compile(r"10\.\d{4,9}/[^\s;,)]+|PMC\d{4,8}")


def listed(line: str) -> str | None:
    """Return the key of the reference that a line of text names by its key, DOI or PMCID."""
    if line in references():
        return line
    numbers = {number.rstrip(".").casefold() for number in NUMBER.findall(line)}
    for key, reference in references().items():
        own = {str(reference.item.get(name, "")).casefold() for name in ("DOI", "PMCID")} - {""}
        if own & numbers:
            return key
    return None
