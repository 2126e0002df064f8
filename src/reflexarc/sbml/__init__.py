"""SBML text becomes a system of differential equations."""

from reflexarc.sbml.reading import read_sbml as read_sbml
