"""What one server is willing to do, so that no request can take it away from the others."""

from dataclasses import dataclass

__all__ = ["Limits"]


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The bounds of a server; every one of them is answered with a sentence, never with silence.

    Args:
        body: Bytes of a request's body.
        body_seconds: How long a request's body may take to arrive, in s.
        arms: Arms of an experiment.
        animals: Animals in an arm.
        runs: Animals in all arms together.
        edges: Instants at which something changes, in all arms together.
        hours: Hours from the first thing that happens to the last.
        numbers: Numbers of a result's trajectories that are kept.
        queue: Jobs that wait.
        at_once: Jobs under way at the same time.
        seconds: How long the process of a job may take, in s.
        attempts: How often a job is begun again after its process ended by itself.
        kept: Jobs that have ended and are kept; the oldest go first.
        checks: Experiments that are being checked or wait for it.
        streams: Streams of events that are open.
        shown: Numbers of one answer in JSON; Arrow has no such bound.
    """

    body: int = 100_000
    body_seconds: float = 10.0
    arms: int = 40
    animals: int = 200
    runs: int = 2_000
    edges: int = 1_000
    hours: float = 24 * 30.0
    numbers: int = 50_000_000
    queue: int = 16
    at_once: int = 1
    seconds: float = 600.0
    attempts: int = 3
    kept: int = 100
    checks: int = 8
    streams: int = 50
    shown: int = 500_000
