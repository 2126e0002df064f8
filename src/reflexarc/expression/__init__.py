"""Formulas as a graph: build, simplify, differentiate, evaluate."""

from reflexarc.expression.evaluation import BOOLEAN as BOOLEAN
from reflexarc.expression.evaluation import OPERATORS as OPERATORS
from reflexarc.expression.graph import TIME as TIME
from reflexarc.expression.graph import Graph as Graph
from reflexarc.expression.graph import Node as Node
