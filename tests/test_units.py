import math
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflexarc.errors import InputError
from reflexarc.units import INTERNAL_UNITS, Kind, format_quantity, quantity


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("0.5 mA", "current", 0.5),
        ("0.5mA", "current", 0.5),
        ("500 uA", "current", 0.5),
        ("500 µA", "current", 0.5),  # micro sign
        ("500 μA", "current", 0.5),  # Greek mu
        ("0.0005 A", "current", 0.5),
        ("-0 mA", "current", 0.0),
        ("4 mg/kg", "dose", 4.0),
        ("500 ng/kg", "dose", 5e-4),
        ("0.5 ug/kg", "dose", 5e-4),
        ("0.5 µg/kg", "dose", 5e-4),
        ("30 ng/kg/min", "dose rate", 1.8e-3),
        ("15 min", "time", 0.25),
        ("-15 min", "time", -0.25),
        ("\u221215 min", "time", -0.25),  # typographic minus
        ("15\u00a0min", "time", 0.25),  # no-break space
        ("7 d", "time", 168.0),
        ("7 days", "time", 168.0),
        ("36 s", "duration", 0.01),
        ("1e1 h", "time", 10.0),
        ("50 us", "pulse width", 50.0),
        ("0.25 ms", "pulse width", 250.0),
        ("10 Hz", "frequency", 10.0),
        ("1.5 %", "percentage", 1.5),
        ("1.5%", "percentage", 1.5),
        ("3 mm", "length", 3.0),
        ("0.3 cm", "length", 3.0),
        ("10 mW/mm2", "irradiance", 10.0),
        ("1 W/cm^2", "irradiance", 10.0),
        ("10 mW/mm²", "irradiance", 10.0),
        ("2 ng/mL", "mass concentration", 2000.0),
        ("1 uM", "amount concentration", 1000.0),
    ],
)
def test_quantities_are_read_in_internal_units(text: str, kind: Kind, value: float) -> None:
    assert quantity(text, kind) == pytest.approx(value, rel=1e-12)


def test_common_quantities_come_out_exact() -> None:
    assert [quantity(t, "time") for t in ("15 min", "90 min", "7 d")] == [0.25, 1.5, 168.0]
    assert quantity("250 us", "pulse width") == 250.0


@pytest.mark.parametrize(
    ("value", "kind", "sentence"),
    [
        ("0.5", "current", "the current '0.5' has no unit; write for example '0.5 mA'"),
        (0.5, "current", "the current 0.5 has no unit; write for example '0.5 mA'"),
        (0, "time", "the time 0 has no unit"),
        ("4 V", "current", "the current '4 V' has the wrong dimension"),
        ("5 mg", "dose", "the dose '5 mg' has the wrong dimension"),
        ("15 m", "time", "the time '15 m' has the wrong dimension"),
        ("0.015 kg/kg", "percentage", "wrong dimension"),
        ("-1 mA", "current", "the current can't be negative, but is '-1 mA'"),
        ("-1 min", "duration", "the duration can't be negative"),
        ("10 hz", "frequency", "unknown unit 'hz' (did you mean 'Hz'?)"),
        ("3 blinks", "time", "unknown unit 'blinks'"),
        ("nan mA", "current", "can't read the current 'nan mA'"),
        ("inf mA", "current", "can't read"),
        ("1e999 mA", "current", "not a finite number"),
        ("1e308 A", "current", "not a finite number"),
        ("0,5 mA", "current", "needs a point, not a comma"),
        ("", "time", "can't read the time ''"),
        (None, "time", "must be a quantity such as"),
        (True, "time", "must be a quantity such as"),
        (["1 h"], "time", "must be a quantity such as"),
        ("1 mA**999999999", "current", "can't read"),
        ("__import__('os').abort() mA", "current", "can't read"),
        ("1 " + "mA/" * 10_000, "current", "can't read"),
    ],
)
def test_what_is_no_quantity_is_refused(value: object, kind: Kind, sentence: str) -> None:
    with pytest.raises(InputError) as caught:
        quantity(value, kind)
    assert sentence in str(caught.value)
    assert len(str(caught.value)) < 250


def test_the_place_goes_into_the_error() -> None:
    with pytest.raises(InputError) as caught:
        quantity("1", "time", field="arms.leg.at", file="leg.yaml", line=3)
    assert str(caught.value).startswith("leg.yaml:3: arms.leg.at: the time '1' has no unit")


@given(st.sampled_from(sorted(INTERNAL_UNITS)), st.floats(0, 1e6))
def test_what_is_formatted_is_read_back(kind: Kind, value: float) -> None:
    assert quantity(format_quantity(value, kind), kind) == pytest.approx(value, rel=1e-9)


@given(st.text(max_size=80), st.sampled_from(sorted(INTERNAL_UNITS)))
def test_any_text_is_read_or_refused_in_one_sentence(text: str, kind: Kind) -> None:
    try:
        value, sentence = quantity(text, kind), ""
    except InputError as error:
        value, sentence = 0.0, str(error)
    assert math.isfinite(value)
    assert "\n" not in sentence


def test_pint_is_loaded_with_the_first_quantity_only() -> None:
    code = "import sys, reflexarc.units; print('pint' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
