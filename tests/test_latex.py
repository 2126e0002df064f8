"""The LaTeX of the model says what its SBML says, and typesets."""

import re
import shutil
import subprocess
from pathlib import Path

import libsbml
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.mathtext import MathTextParser

from reflexarc.biology import assemble
from reflexarc.latex import document, expression, symbol


def latex(formula: str) -> str:
    return expression(libsbml.parseL3Formula(formula))


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("k * (a + b) / (K + a)", r"\frac{k\,\left(a + b\right)}{K + a}"),
        ("a - (b - c)", r"a - \left(b - c\right)"),
        ("(a - b) - c", "a - b - c"),
        ("(a + b)^2", r"\left(a + b\right)^{2}"),
        ("a^(b + c)", "a^{b + c}"),
        ("(a / b)^n", r"\left(\frac{a}{b}\right)^{n}"),
        ("-a * b", r"-a\,b"),
        ("a * (-b)", r"a\,\left(-b\right)"),
        ("a + -3", "a - 3"),
        ("2.5e-6 * a", r"2.5\times10^{-6}\,a"),
        ("exp(-k * t_0)", r"\exp\left(-k\,t_{\mathrm{0}}\right)"),
        ("max(a, 0)", r"\max\left(a, 0\right)"),
        ("sqrt(a)", r"\sqrt{a}"),
        (
            "piecewise(a - 1, a > 1, 0)",
            r"\begin{cases}a - 1 & \text{if } a > 1 \\ 0 & \text{otherwise}\end{cases}",
        ),
    ],
)
def test_a_formula_reads_as_written(formula: str, expected: str) -> None:
    assert latex(formula) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("A", "A"),
        ("DMV", r"\mathrm{DMV}"),
        ("tau_IL6", r"\tau_{\mathrm{IL6}}"),
        ("K_NA_beta2", r"K_{\mathrm{NA,beta2}}"),
    ],
)
def test_an_id_becomes_a_symbol_with_an_index(name: str, expected: str) -> None:
    assert symbol(name) == expected


def formulas() -> st.SearchStrategy[str]:
    return st.recursive(
        st.sampled_from(["a", "b", "k_x", "2", "0.5", "-3", "1e-7"]),
        lambda inner: st.tuples(inner, st.sampled_from("+-*/^"), inner).map(
            lambda parts: "({} {} {})".format(*parts)
        ),
        max_leaves=8,
    )


@given(formulas())
def test_any_formula_is_balanced_and_typesets(formula: str) -> None:
    shown = latex(formula)
    assert shown.count("{") == shown.count("}")
    assert shown.count(r"\left") == shown.count(r"\right")
    MathTextParser("path").parse(f"${shown}$")


def test_every_variable_of_the_model_has_its_equation() -> None:
    model = assemble()
    text = document(model)
    for state in model.states:
        assert rf"\frac{{d\,{symbol(state.id)}}}{{dt}} &=" in text, state.id
    for subsystem in model.subsystems:
        assert rf"\section{{{subsystem.name}}}" in text
    sbml = libsbml.readSBMLFromString(model.sbml).getModel()
    for i in range(sbml.getNumRules()):
        rule = sbml.getRule(i)
        if rule.isAssignment():
            assert f"{symbol(rule.getVariable())} &=" in text, rule.getVariable()


def test_an_equation_stands_in_the_section_of_the_fragment_that_defines_it() -> None:
    sections = re.split(r"\\section\{", document(assemble()))
    adrenal = next(s for s in sections if s.startswith("adrenal}"))
    assert rf"{symbol('drive_release')} &=" in adrenal
    assert not any(
        rf"{symbol('drive_release')} &=" in s for s in sections if not s.startswith("adrenal}")
    )


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no LaTeX on this machine")
def test_the_document_compiles(tmp_path: Path) -> None:
    (tmp_path / "model.tex").write_text(document(assemble()), encoding="utf-8")
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "model.tex"],
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:].decode(errors="replace")
    assert (tmp_path / "model.pdf").stat().st_size > 10_000
