"""`reflexarc safety`: how often people are harmed, and what the stimuli of an experiment do."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from reflexarc.cli.console import Json, print_json, print_table, stdout

if TYPE_CHECKING:
    from reflexarc.safety.rates import Effect
    from reflexarc.safety.stimulus import StimulusSafety

__all__ = ["safety"]


def safety(
    experiment: Annotated[
        str | None,
        typer.Argument(
            help="An experiment file or the name of a built-in one: check its stimuli.",
            show_default=False,
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Print how often people are harmed by acupuncture, or check the stimuli of an experiment.

    Example: reflexarc safety

    Example: reflexarc safety liu-2021
    """
    if experiment is None:
        _rates(json)
        return
    from reflexarc.protocol import Experiment
    from reflexarc.safety import assess

    loaded = Experiment.load(experiment)
    rows = assess(loaded)
    if json:
        _print_stimuli_as_data(loaded.title, rows)
        return
    _print_stimuli(loaded.title, rows)


def _rates(json: bool) -> None:
    from reflexarc.safety import CLOSING, load_effects
    from reflexarc.safety.language import cite

    effects = load_effects()
    keys = dict.fromkeys(key for effect in effects for key in effect.sources)
    if json:
        print_json(
            {
                "effects": [_as_data(effect) for effect in effects],
                "sources": {key: cite(key) for key in keys},
                "closing": CLOSING,
            }
        )
        return
    print_table(
        ["side effect", "how often", "source"],
        [
            (
                effect.name,
                effect.lay,
                effect.headline.source
                if effect.headline
                else effect.severe and effect.severe.source,
            )
            for effect in effects
        ],
        title="How often people are harmed by acupuncture, out of 10,000",
    )
    _say("")
    print_table(
        ["side effect", "what was counted", "of 10,000", "exactly", "read", "source"],
        list(_every(effects)),
        title="Every number behind it (those not read at the source are no basis for the above)",
    )
    _say("", "Reported without a denominator")
    for effect in effects:
        for report in effect.reports:
            _say(f"- {effect.name}: {report.text} [{report.source}]")
    _sources(keys)
    _say("", CLOSING)


def _every(effects: Iterable["Effect"]) -> Iterable[Sequence[object]]:
    from reflexarc.safety.language import READ

    for effect in effects:
        for count in effect.rates:
            what = f"{count.what} ({count.people})" if count.people else count.what
            notes = [count.heterogeneity, f"{count.studies} studies" if count.studies else None]
            exact = "; ".join(part for part in (count.exact, *notes, count.note) if part)
            via = f" by way of {count.via}" if count.via else ""
            yield effect.name, what, count.per, exact, READ[count.trust], f"{count.source}{via}"


def _as_data(effect: "Effect") -> dict[str, Any]:
    from reflexarc.safety.language import READ

    head = effect.headline
    return {
        "id": effect.id,
        "name": effect.name,
        "group": effect.group,
        "told by": list(effect.told_by),
        "lay": effect.lay,
        "known": head is not None,
        "unknown": effect.unknown,
        "rates": [
            {
                **{
                    key: value
                    for key, value in count.model_dump(mode="json").items()
                    if key not in ("rate", "low", "high", "interval")
                },
                "per 10,000": count.per_10_000,
                "interval per 10,000": count.bounds,
                "interval": count.interval_kind,
                "read": READ[count.trust],
            }
            for count in effect.rates
        ],
        "reports": [report.model_dump(mode="json") for report in effect.reports],
    }


def _print_stimuli_as_data(title: str, rows: "Sequence[StimulusSafety]") -> None:
    from reflexarc.safety import CLOSING
    from reflexarc.safety.language import cite
    from reflexarc.safety.sentences import LIMITS_OF_K, LIMITS_OF_PAIN

    keys = dict.fromkeys(key for row in rows for key in row.sources)
    print_json(
        {
            "title": title,
            "stimuli": [row.as_data() for row in rows],
            "limits": [LIMITS_OF_K, LIMITS_OF_PAIN],
            "sources": {key: cite(key) for key in keys},
            "closing": CLOSING,
        }
    )


def _print_stimuli(title: str, rows: "Sequence[StimulusSafety]") -> None:
    from reflexarc.safety import CLOSING, sentences
    from reflexarc.safety.sentences import LIMITS_OF_K, LIMITS_OF_PAIN

    _say(title)
    if not rows:
        _say("No arm has a stimulus, so there is nothing to check.")
    for row in rows:
        _say("", f"{row.stimulus}: {'; '.join(row.arms)}")
        for line in sentences(row):
            _say(f"  {line}")
    if rows:
        assumed = dict.fromkeys(text for row in rows for text in row.assumed)
        _say("", LIMITS_OF_K, LIMITS_OF_PAIN)
        if assumed:
            _say(f"Assumed: {'; '.join(assumed)}.")
        _sources(dict.fromkeys(key for row in rows for key in row.sources))
    _say("", CLOSING)


def _sources(keys: Iterable[str]) -> None:
    from reflexarc.safety.language import cite

    listed = list(keys)
    if listed:
        _say("", "Sources")
    for key in listed:
        _say(f"- {key}: {cite(key)}" if cite(key) != key else f"- {key}")


def _say(*lines: str) -> None:
    console = stdout()
    for line in lines:
        console.print(escape(line), soft_wrap=not console.is_terminal)
