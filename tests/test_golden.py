"""Stored courses of the typical animal in three built-in experiments: moved numbers show."""

import json

import numpy as np
import pytest

from golden.record import FILE, OUTPUTS, TIMES, courses


@pytest.mark.golden
def test_courses_are_as_they_were():
    stored = json.loads(FILE.read_text(encoding="utf-8"))
    fresh = courses()
    assert {name: list(arms) for name, arms in fresh.items()} == {
        name: list(arms) for name, arms in stored.items()
    }
    for name, arms in stored.items():
        for arm, course in arms.items():
            assert np.shape(course) == (len(TIMES), len(OUTPUTS))
            np.testing.assert_allclose(
                fresh[name][arm], course, rtol=2e-4, atol=1e-5, err_msg=f"{name}: {arm}"
            )
