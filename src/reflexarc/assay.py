"""What a laboratory would have measured: sampling, detection limits, plate and handling.

A measured value is the model's value times a handling factor (catecholamines of decapitated
animals), a plate error and an error of each sample. A plate holds a few animals of every arm, as a
careful laboratory lays it out, so that a plate can't pass for an effect of an arm. The error of a
sample belongs to arm and animal: it is another one in every arm. A value at or below the detection
limit is reported as the limit, with a flag; without a limit, what the integrator can't tell from 0
is reported as 0. A dead animal gives none, nor does one that lacks the organ. Temperatures are read
in degrees Celsius.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from reflexarc.cohort import normal
from reflexarc.errors import InputError, unknown_word
from reflexarc.reference import ATOL

if TYPE_CHECKING:
    import pandas as pd
    import xarray

    from reflexarc.biology import Observable

__all__ = ["COLUMNS", "SAMPLINGS", "Sample", "groups", "measure"]

Floats = NDArray[np.float64]

ANIMALS_PER_PLATE = 5
SAMPLINGS = ("cannula", "decapitation")
COLUMNS = (
    "arm",
    "animal",
    "observable",
    "where",
    "time",
    "value",
    "unit",
    "below_limit",
    "dead",
    "simulated",
)


@dataclass(frozen=True)
class Sample:
    """One thing measured at one time in every animal.

    Attributes:
        observable: What, with its detection limit and its errors.
        time: When, in h on the experiment's clock.
        sampling: How blood is drawn: `"cannula"` or `"decapitation"`.
    """

    observable: "Observable"
    time: float
    sampling: str = "cannula"


def measure(
    *,
    trajectories: "xarray.Dataset",
    samples: Sequence[Sample],
    deaths: Floats | None = None,
    seed: int | None,
) -> "pd.DataFrame":
    """Measure samples in every animal of every arm.

    Args:
        trajectories: Result of `simulate`; must hold each sample's variable at its exact time.
        samples: What to measure when.
        deaths: Time of death in h, shape (arm, animal); None if nobody dies.
        seed: Seed of the assay's errors; None measures without error.

    Returns:
        A tidy table with `COLUMNS`: one row per arm, animal and sample, ordered that way. `value`
        is what the laboratory reads (missing for the dead), `simulated` what was in the animal.

    Raises:
        InputError: If a variable or a time is missing, or the sampling is unknown.
    """
    import pandas as pd

    arms = [str(arm) for arm in trajectories["arm"].values]
    animals = [int(animal) for animal in trajectories["animal"].values]
    frames = []
    for sample in samples:
        true = _at(trajectories, sample)
        read = true * _handling(sample) * _error(sample, arms, animals, seed)
        read = sample.observable.read(np.where(np.abs(read) <= ATOL, 0.0, read))
        limit = sample.observable.detection_limit
        below = np.zeros(true.shape, dtype=bool) if limit is None else read <= limit
        dead = np.zeros(true.shape, dtype=bool) if deaths is None else deaths <= sample.time
        read = np.where(below, limit if limit is not None else 0.0, read)
        read = np.where(dead, np.nan, read)
        frames.append(
            pd.DataFrame(
                {
                    "arm": np.repeat(arms, len(animals)),
                    "animal": np.tile(animals, len(arms)),
                    "observable": sample.observable.name,
                    "where": sample.observable.where,
                    "time": sample.time,
                    "value": read.ravel(),
                    "unit": sample.observable.reading,
                    "below_limit": (below & ~dead).ravel(),
                    "dead": dead.ravel(),
                    "simulated": sample.observable.read(true).ravel(),
                }
            )
        )
    if not frames:
        return pd.DataFrame(columns=list(COLUMNS))
    together = pd.concat(frames, ignore_index=True)
    place = {arm: i for i, arm in enumerate(arms)}
    order = together["arm"].map(place) * len(animals) + together["animal"].map(
        {animal: i for i, animal in enumerate(animals)}
    )
    return together.iloc[np.argsort(order.to_numpy(), kind="stable")].reset_index(drop=True)


def groups(table: "pd.DataFrame") -> "Mapping[str, Floats]":
    """Return the measured values of each arm, in the order of the table; the dead left out."""
    return {
        str(arm): rows["value"].dropna().to_numpy(dtype=np.float64)
        for arm, rows in table.groupby("arm", sort=False)
    }


def _at(trajectories: "xarray.Dataset", sample: Sample) -> Floats:
    name = sample.observable.id
    if name not in trajectories:
        raise InputError(unknown_word("variable", name, [str(v) for v in trajectories.data_vars]))
    times = trajectories["time"].values
    nearest = int(np.abs(times - sample.time).argmin())
    if abs(times[nearest] - sample.time) > 1e-9:
        raise InputError(f"{sample.observable.name} was not simulated at {sample.time:g} h")
    return np.asarray(trajectories[name].values[:, :, nearest], dtype=np.float64)


def _handling(sample: Sample) -> float:
    if sample.sampling not in SAMPLINGS:
        raise InputError(unknown_word("way of sampling", sample.sampling, SAMPLINGS))
    factor = sample.observable.decapitation_factor
    return factor if sample.sampling == "decapitation" and factor is not None else 1.0


def _error(sample: Sample, arms: Sequence[str], animals: Sequence[int], seed: int | None) -> Floats:
    """Return the factor of plate and sample error, shape (arm, animal).

    A plate is shared by the arms; each sample has an error of its own, whatever other arms exist.
    """
    if seed is None:
        return np.ones((len(arms), len(animals)))
    what = sample.observable.name
    when = f"{sample.time:.9g}"
    plates = normal(seed, f"plate:{what}:{when}", [k // ANIMALS_PER_PLATE for k in animals])
    errors = np.array([normal(seed, f"assay:{what}:{when}:{arm}", animals) for arm in arms])
    logs = sample.observable.plate_lnsd * plates + sample.observable.assay_lnsd * errors
    return np.asarray(np.exp(logs))
