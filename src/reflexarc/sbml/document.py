"""libSBML reads the text; its complaints become one sentence."""

import re
from typing import Any

from reflexarc.errors import InputError

__all__ = ["open_document"]

UNIMPORTANT = re.compile(r"annotation|RDF|SBO|metaid|notes|XHTML|unit|package", re.IGNORECASE)
"""Complaints about what doesn't change the meaning of a model."""


def open_document(text: str) -> Any:
    """Return the `SBMLDocument` of a text that `scan` let pass.

    Raises:
        InputError: If libSBML finds it wrong or there is no model.
    """
    import libsbml

    document = libsbml.readSBMLFromString(text)
    for i in range(document.getNumErrors()):
        error = document.getError(i)
        if error.getSeverity() < libsbml.LIBSBML_SEV_ERROR:
            continue
        message = _sentence(error.getMessage())
        if not UNIMPORTANT.search(f"{error.getShortMessage()} {message}"):
            raise InputError(f"not valid SBML: {message}", line=error.getLine() or None)
    if document.getModel() is None:
        raise InputError("the file holds no model", field="sbml")
    return document


def _sentence(message: str) -> str:
    """Return what is special about this case in a message of libSBML, in one line."""
    lines = [" ".join(line.split()) for line in message.strip().splitlines()]
    said = [line for line in lines if line and not line.startswith("Reference:")]
    return (said[-1] if said else "unknown error").rstrip(".")[:300]
