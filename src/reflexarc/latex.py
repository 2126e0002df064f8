"""The equations of a model as a readable LaTeX document, one section per subsystem."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import libsbml

if TYPE_CHECKING:
    from reflexarc.biology import Model

__all__ = ["document", "expression", "symbol"]

_GREEK = {"alpha", "beta", "gamma", "delta", "eta", "kappa", "lambda", "mu", "rho", "sigma", "tau"}
_SUM, _PRODUCT, _POWER, _ATOM = 1, 2, 3, 4
_FUNCTIONS = {
    libsbml.AST_FUNCTION_EXP: r"\exp",
    libsbml.AST_FUNCTION_LN: r"\ln",
    libsbml.AST_FUNCTION_LOG: r"\log",
    libsbml.AST_FUNCTION_TANH: r"\tanh",
    libsbml.AST_FUNCTION_SIN: r"\sin",
    libsbml.AST_FUNCTION_COS: r"\cos",
    libsbml.AST_FUNCTION_MIN: r"\min",
    libsbml.AST_FUNCTION_MAX: r"\max",
}
_RELATIONS = {
    libsbml.AST_RELATIONAL_EQ: "=",
    libsbml.AST_RELATIONAL_NEQ: r"\neq",
    libsbml.AST_RELATIONAL_LT: "<",
    libsbml.AST_RELATIONAL_LEQ: r"\leq",
    libsbml.AST_RELATIONAL_GT: ">",
    libsbml.AST_RELATIONAL_GEQ: r"\geq",
    libsbml.AST_LOGICAL_AND: r"\wedge",
    libsbml.AST_LOGICAL_OR: r"\vee",
}
_LINE = 150  # characters of LaTeX after which a sum is broken at its signs


def document(model: "Model") -> str:
    r"""Return a whole LaTeX document with every equation of the model.

    Args:
        model: The model from `reflexarc.biology.assemble`.

    Returns:
        LaTeX source that needs only amsmath and geometry. Each subsystem is a section: what it is,
        its algebraic relations, then its rates of change (per hour).

    Example:
        >>> from reflexarc.biology import assemble
        >>> document(assemble()).startswith(r"\documentclass")
        True
    """
    sbml = libsbml.readSBMLFromString(model.sbml).getModel()
    equations = dict(_equations(sbml))
    labels = {state.id: (state.label, state.unit) for state in model.states}
    home = _homes(model)
    parts = [
        r"\documentclass[a4paper]{article}",
        r"\usepackage{amsmath}",
        r"\usepackage[landscape,margin=15mm]{geometry}",
        r"\allowdisplaybreaks",
        r"\setlength{\parindent}{0pt}",
        r"\begin{document}",
        rf"\title{{The reflexarc model, {model.hash}}}",
        r"\author{}",
        r"\date{}",
        r"\maketitle",
        r"Time in hours. Values, sources and units of the parameters: "
        r"\texttt{reflexarc model --parameters}.",
    ]
    names = [subsystem.name for subsystem in model.subsystems]
    for subsystem in model.subsystems:
        parts.append(rf"\section{{{_text(subsystem.name)}}}")
        parts.append(_text(subsystem.summary))
        mine = [name for name in equations if home.get(name, names[-1]) == subsystem.name]
        relations = [_display(*equations[name]) for name in mine if name not in labels]
        if relations:
            parts.append(_block(" \\\\\n".join(relations)))
        for name in mine:
            if name in labels:
                parts.append("\n" + _text("{} [{}]".format(*labels[name])))
                parts.append(_block(_display(*equations[name])))
    parts.append(r"\end{document}")
    return "\n".join(parts) + "\n"


def symbol(name: str) -> str:
    r"""Return a model id as a LaTeX symbol.

    Args:
        name: An id of the model; what follows the first underscore becomes the index.

    Returns:
        LaTeX for math mode.

    Example:
        >>> symbol("NA_spleen")
        '\\mathrm{NA}_{\\mathrm{spleen}}'
        >>> symbol("k_TNF_LPS")
        'k_{\\mathrm{TNF,LPS}}'
    """
    head, _, tail = name.strip("_").partition("_")
    if head in _GREEK:
        shown = f"\\{head}"
    elif len(head) == 1 and head.isalpha():
        shown = head
    else:
        shown = rf"\mathrm{{{head}}}"
    index = ",".join(part for part in tail.split("_") if part)
    return rf"{shown}_{{\mathrm{{{index}}}}}" if index else shown


def expression(node: Any) -> str:
    r"""Return the LaTeX of one formula.

    Args:
        node: A libsbml ASTNode, for example from `libsbml.parseL3Formula`.

    Returns:
        LaTeX for math mode, with as few brackets as the order of operations allows.

    Example:
        >>> expression(libsbml.parseL3Formula("k * (a + b) / (K + a)"))
        '\\frac{k\\,\\left(a + b\\right)}{K + a}'
    """
    return _render(node)[0]


def _render(node: Any) -> tuple[str, int]:
    """LaTeX of a node and how tightly it binds."""
    kind = node.getType()
    children = [node.getChild(i) for i in range(node.getNumChildren())]
    if node.isNumber():
        return _number(node)
    if kind == libsbml.AST_NAME_TIME:
        return "t", _ATOM
    if kind == libsbml.AST_CONSTANT_PI:
        return r"\pi", _ATOM
    if kind == libsbml.AST_CONSTANT_E:
        return r"\mathrm{e}", _ATOM
    if node.isName() or (kind == libsbml.AST_NAME):
        return symbol(node.getName()), _ATOM
    if kind == libsbml.AST_PLUS:
        return _sum(children), _SUM
    if kind == libsbml.AST_MINUS:
        if len(children) == 1:
            return "-" + _bracket(children[0], _PRODUCT), _SUM
        return f"{_bracket(children[0], _SUM)} - {_bracket(children[1], _PRODUCT)}", _SUM
    if kind == libsbml.AST_TIMES:
        return _product(children)
    if kind == libsbml.AST_DIVIDE:
        return rf"\frac{{{_render(children[0])[0]}}}{{{_render(children[1])[0]}}}", _PRODUCT
    if kind in (libsbml.AST_POWER, libsbml.AST_FUNCTION_POWER):
        return rf"{_power_base(children[0])}^{{{_render(children[1])[0]}}}", _POWER
    if kind == libsbml.AST_FUNCTION_ROOT:
        return rf"\sqrt{{{_render(children[-1])[0]}}}", _ATOM
    if kind == libsbml.AST_FUNCTION_ABS:
        return rf"\left|{_render(children[0])[0]}\right|", _ATOM
    if kind == libsbml.AST_FUNCTION_PIECEWISE:
        return _cases(children), _ATOM
    if kind in _RELATIONS:
        return f" {_RELATIONS[kind]} ".join(_render(child)[0] for child in children), _SUM
    return _call(_FUNCTIONS.get(kind) or rf"\mathrm{{{node.getName()}}}", children), _POWER


def _bracket(node: Any, needed: int) -> str:
    shown, binding = _render(node)
    return rf"\left({shown}\right)" if binding < needed else shown


def _power_base(node: Any) -> str:
    shown, binding = _render(node)
    return shown if binding == _ATOM else rf"\left({shown}\right)"


def _product(children: list[Any]) -> tuple[str, int]:
    first, binding = _render(children[0])
    rest = [_bracket(child, _PRODUCT) for child in children[1:]]
    if first.startswith("-") and binding == _SUM and _is_signed(children[0]):
        return r"\,".join([first, *rest]), _SUM
    return r"\,".join([_bracket(children[0], _PRODUCT), *rest]), _PRODUCT


def _is_signed(node: Any) -> bool:
    return bool(node.isNumber() or (node.isUMinus() and node.getNumChildren() == 1))


def _sum(children: list[Any]) -> str:
    terms = [_bracket(child, _SUM) for child in children]
    text = terms[0] if terms else "0"
    for term in terms[1:]:
        text += f" - {term[1:]}" if term.startswith("-") else f" + {term}"
    return text


def _call(name: str, children: list[Any]) -> str:
    return rf"{name}\left({', '.join(_render(child)[0] for child in children)}\right)"


def _cases(children: list[Any]) -> str:
    rows = []
    for i in range(0, len(children) - 1, 2):
        rows.append(rf"{_render(children[i])[0]} & \text{{if }} {_render(children[i + 1])[0]}")
    if len(children) % 2:
        rows.append(rf"{_render(children[-1])[0]} & \text{{otherwise}}")
    return r"\begin{cases}" + r" \\ ".join(rows) + r"\end{cases}"


def _number(node: Any) -> tuple[str, int]:
    value = float(node.getInteger() if node.isInteger() else node.getValue())
    mantissa, _, exponent = f"{abs(value):.6g}".partition("e")
    text = mantissa if not exponent else rf"{mantissa}\times10^{{{int(exponent)}}}"
    if value < 0:
        return "-" + text, _SUM
    return text, _ATOM if not exponent else _PRODUCT


def _equations(sbml: Any) -> Iterator[tuple[str, tuple[str, str]]]:
    """Each variable of the model with the two sides of the equation that governs it."""
    for rule in (sbml.getRule(i) for i in range(sbml.getNumRules())):
        name = rule.getVariable()
        left = _rate_of(name) if rule.isRate() else symbol(name)
        yield name, (left, expression(rule.getMath()))
    flows: dict[str, list[str]] = {}
    for reaction in (sbml.getReaction(i) for i in range(sbml.getNumReactions())):
        rate = reaction.getKineticLaw().getMath()
        ends = [(reaction.getProduct(i), "+") for i in range(reaction.getNumProducts())]
        ends += [(reaction.getReactant(i), "-") for i in range(reaction.getNumReactants())]
        for end, sign in ends:
            species = sbml.getSpecies(end.getSpecies())
            if species.getBoundaryCondition() or species.getConstant():
                continue
            amount = end.getStoichiometry()
            factor = "" if amount == 1 else rf"{amount:g}\,"
            flows.setdefault(species.getId(), []).append(
                f"{sign} {factor}{_bracket(rate, _PRODUCT)}"
            )
    for name, terms in flows.items():
        yield name, (_rate_of(name), " ".join(terms).removeprefix("+ "))


def _rate_of(name: str) -> str:
    return rf"\frac{{d\,{symbol(name)}}}{{dt}}"


def _homes(model: "Model") -> dict[str, str]:
    """The subsystem in whose text each variable is defined."""
    home = {state.id: state.subsystem for state in model.states}
    for subsystem in model.subsystems:
        for line in subsystem.text.splitlines():
            found = re.match(r"\s*(?:[A-Za-z]\w*\s*:\s*)?([A-Za-z_]\w*)\s*(?::=|'\s*=)", line)
            if found:
                home.setdefault(found[1], subsystem.name)
    return home


def _display(left: str, right: str) -> str:
    """One equation; a long sum gets one line per term at the top level."""
    if len(right) <= _LINE:
        return f"{left} &= {right}"
    depth, lines, start = 0, [], 0
    for i, character in enumerate(right):
        if character in "{(":
            depth += 1
        elif character in "})":
            depth -= 1
        elif depth == 0 and right[i - 1 : i + 2] in (" + ", " - ") and i - start > _LINE // 3:
            lines.append(right[start : i - 1])
            start = i
    lines.append(right[start:])
    return f"{left} &= " + " \\\\\n&\\quad ".join(lines)


def _block(rows: str) -> str:
    return "\\begin{align*}\n" + rows + "\n\\end{align*}"


def _text(words: str) -> str:
    escaped = re.sub(r"([&%$#_{}])", r"\\\1", words.replace("\\", "/"))
    escaped = escaped.replace("^", r"\^{}").replace("~", r"\~{}").replace("µ", r"$\mu$")
    escaped = escaped.replace("->", r"$\rightarrow$")
    return escaped.replace("<", "$<$").replace(">", "$>$")
