"""Small SBML files for tests, written around what matters in each."""

HEADS = {
    "3.2": ("http://www.sbml.org/sbml/level3/version2/core", 'level="3" version="2"'),
    "3.1": ("http://www.sbml.org/sbml/level3/version1/core", 'level="3" version="1"'),
    "2.1": ("http://www.sbml.org/sbml/level2", 'level="2" version="1"'),
    **{
        f"2.{v}": (f"http://www.sbml.org/sbml/level2/version{v}", f'level="2" version="{v}"')
        for v in (2, 3, 4, 5)
    },
}
SYMBOLS = "http://www.sbml.org/sbml/symbols"
TIME = f'<csymbol encoding="text" definitionURL="{SYMBOLS}/time">t</csymbol>'


def sbml(*parts: str, level: str = "3.2", attributes: str = "") -> str:
    """Return a file whose model has these parts."""
    space, head = HEADS[level]
    inside = "".join(parts)
    return f'<sbml xmlns="{space}" {head}><model id="m" {attributes}>{inside}</model></sbml>'


def math(content: str) -> str:
    return f'<math xmlns="http://www.w3.org/1998/Math/MathML">{content}</math>'


def apply(operator: str, *arguments: str) -> str:
    head = operator if operator.startswith("<") else f"<{operator}/>"
    return f"<apply>{head}{''.join(arguments)}</apply>"


def call(function: str, *arguments: str) -> str:
    return apply(f"<ci>{function}</ci>", *arguments)


def ci(name: str) -> str:
    return f"<ci>{name}</ci>"


def cn(value: float) -> str:
    return f"<cn>{value}</cn>"


def rate_of(name: str) -> str:
    head = f'<csymbol encoding="text" definitionURL="{SYMBOLS}/rateOf">rateOf</csymbol>'
    return apply(head, ci(name))


def functions(**lambdas: tuple[str, str]) -> str:
    """Return function definitions: name = (arguments with spaces between, formula)."""
    parts = []
    for name, (arguments, formula) in lambdas.items():
        bound = "".join(f"<bvar><ci>{word}</ci></bvar>" for word in arguments.split())
        body = math(f"<lambda>{bound}{formula}</lambda>")
        parts.append(f'<functionDefinition id="{name}">{body}</functionDefinition>')
    return f"<listOfFunctionDefinitions>{''.join(parts)}</listOfFunctionDefinitions>"


def parameters(**values: float | None) -> str:
    """Return parameters that may change; None for no value."""
    parts = (
        f'<parameter id="{name}" constant="false"{_number("value", value)}/>'
        for name, value in values.items()
    )
    return f"<listOfParameters>{''.join(parts)}</listOfParameters>"


def compartments(**sizes: float | None) -> str:
    parts = (
        f'<compartment id="{name}" spatialDimensions="3" constant="false"{_number("size", size)}/>'
        for name, size in sizes.items()
    )
    return f"<listOfCompartments>{''.join(parts)}</listOfCompartments>"


def species(**attributes: str) -> str:
    """Return species in the compartment C: id = further attributes."""
    parts = (
        f'<species id="{name}" compartment="C" boundaryCondition="false" constant="false" '
        f"{'' if 'hasOnly' in more else HAS_CONCENTRATION} {more}/>"
        for name, more in attributes.items()
    )
    return f"<listOfSpecies>{''.join(parts)}</listOfSpecies>"


HAS_CONCENTRATION = 'hasOnlySubstanceUnits="false"'


def starts(**formulas: str) -> str:
    """Return initial assignments."""
    parts = (
        f'<initialAssignment symbol="{name}">{math(formula)}</initialAssignment>'
        for name, formula in formulas.items()
    )
    return f"<listOfInitialAssignments>{''.join(parts)}</listOfInitialAssignments>"


def rules(*, assigned: dict[str, str] | None = None, rated: dict[str, str] | None = None) -> str:
    parts = [
        f'<{kind} variable="{name}">{math(formula)}</{kind}>'
        for kind, formulas in (("assignmentRule", assigned), ("rateRule", rated))
        for name, formula in (formulas or {}).items()
    ]
    return f"<listOfRules>{''.join(parts)}</listOfRules>"


def reaction(
    name: str, reactants: str, products: str, rate: str, *, local: str = "", more: str = ""
) -> str:
    """Return one reaction: reactants and products are lists of elements, the rate is MathML."""
    law = f"<kineticLaw>{math(rate)}{local}</kineticLaw>" if rate else ""
    left = f"<listOfReactants>{reactants}</listOfReactants>" if reactants else ""
    right = f"<listOfProducts>{products}</listOfProducts>" if products else ""
    return f'<reaction id="{name}" reversible="false" {more}>{left}{right}{law}</reaction>'


def reactions(*parts: str) -> str:
    return f"<listOfReactions>{''.join(parts)}</listOfReactions>"


def reference(name: str, more: str = 'stoichiometry="1" constant="true"', inside: str = "") -> str:
    return f'<speciesReference species="{name}" {more}>{inside}</speciesReference>'


def event(trigger: str, *, first: str = "true", inside: str = "", **assignments: str) -> str:
    """Return one event in a list, with what else stands in it."""
    parts = "".join(
        f'<eventAssignment variable="{name}">{math(formula)}</eventAssignment>'
        for name, formula in assignments.items()
    )
    return (
        '<event id="E" useValuesFromTriggerTime="true">'
        f'<trigger initialValue="{first}" persistent="true">{math(trigger)}</trigger>'
        f"{inside}<listOfEventAssignments>{parts}</listOfEventAssignments></event>"
    )


def events(*parts: str) -> str:
    return f"<listOfEvents>{''.join(parts)}</listOfEvents>"


def _number(name: str, value: float | None) -> str:
    return "" if value is None else f' {name}="{value}"'
