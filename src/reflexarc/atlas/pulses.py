"""Pulse trains: one frequency, or several that take turns (dense-disperse)."""

from reflexarc.errors import InputError

__all__ = [
    "FULL_DRIVE_HZ",
    "MAX_FREQUENCY_HZ",
    "Frequency",
    "drive_rate",
    "pulse_rate",
    "relayed_rate",
]

Frequency = float | tuple[tuple[float, float], ...]
"""Hz; or pairs of Hz and the share of the time that it lasts."""

MAX_FREQUENCY_HZ = 400.0
"""The fastest train that the cable models were given."""

FULL_DRIVE_HZ = 10.0
"""A nerve drive of 1 is every fibre firing at this rate."""

DEPRESSED_HZ = 12.0
"""Rate at which a synapse of the solitary nucleus passes half of what it passes at rest; with the
steepness below it passes 0.575 at 10 Hz (andresen1995) and 0.24 at 24 Hz (chen1999)."""
DEPRESSION_STEEPNESS = 1.66
RELAYS = 2
"""Synapses between an afferent and a vagal motor neuron: two pass 0.06 at 24 Hz, where neurons
beyond the second are reached by 0.08 (chen1999)."""
BEST_HZ = DEPRESSED_HZ / (RELAYS * DEPRESSION_STEEPNESS - 1) ** (1 / DEPRESSION_STEEPNESS)
"""Rate at which most passes."""


def pulse_rate(frequency: Frequency) -> float:
    """Return pulses per second, averaged over alternating frequencies.

    Raises:
        InputError: A frequency outside 0 to 400 Hz, or shares that do not add up to 1.

    Example:
        >>> pulse_rate(((2, 0.5), (100, 0.5)))
        51.0
    """
    return sum(hz * share for hz, share in _phases(frequency))


def drive_rate(frequency: Frequency) -> float:
    """Return the rate as a share of full drive, 0 to 1, averaged over the time.

    Raises:
        InputError: As for `pulse_rate`.

    Example:
        >>> drive_rate(5.0)
        0.5
    """
    return sum(share * min(hz, FULL_DRIVE_HZ) / FULL_DRIVE_HZ for hz, share in _phases(frequency))


def relayed_rate(frequency: Frequency) -> float:
    """Return what crosses the solitary nucleus, as a share of the most.

    Its synapses are depressed by fast trains, so that there is a best rate, 7 Hz.

    Raises:
        InputError: As for `pulse_rate`.

    Example:
        >>> [round(relayed_rate(hz), 2) for hz in (1.0, 7.0, 10.0, 25.0)]
        [0.27, 1.0, 0.94, 0.36]
    """
    return sum(share * _relayed(hz) for hz, share in _phases(frequency)) / _relayed(BEST_HZ)


def _relayed(hz: float) -> float:
    return hz / float(1 + (hz / DEPRESSED_HZ) ** DEPRESSION_STEEPNESS) ** RELAYS


def _phases(frequency: Frequency) -> tuple[tuple[float, float], ...]:
    phases = frequency if isinstance(frequency, tuple) else ((frequency, 1.0),)
    for hz, share in phases:
        if not 0 < hz <= MAX_FREQUENCY_HZ:
            raise InputError(
                f"the frequency must lie above 0 and up to {MAX_FREQUENCY_HZ:g} Hz, not {hz:g} Hz",
                field="frequency",
            )
        if not 0 < share <= 1:
            raise InputError(
                f"a share of the time must lie above 0 and up to 1, not {share:g}",
                field="frequency",
            )
    if not phases or abs(sum(share for _, share in phases) - 1) > 1e-6:
        raise InputError("shares of alternating frequencies must add up to 1", field="frequency")
    return phases
