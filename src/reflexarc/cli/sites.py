"""`reflexarc sites`: where a needle can go, and what it reaches there."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reflexarc.cli.console import Json, note, print_json, print_table

if TYPE_CHECKING:
    from reflexarc.atlas import Site
    from reflexarc.recruitment import Band, Recruitment

__all__ = ["sites"]

_FORMATS = (".png", ".svg", ".pdf")


def sites(
    code: Annotated[
        str | None, typer.Argument(help="Show what a needle here reaches.", show_default=False)
    ] = None,
    current: Annotated[str, typer.Option(help="Current per pulse.")] = "0.5 mA",
    pulse_width: Annotated[str, typer.Option(help="Width of a pulse.")] = "50 us",
    figure: Annotated[
        Path | None,
        typer.Option(help="Draw recruitment against current into this .png, .svg or .pdf."),
    ] = None,
    json: Json = False,
) -> None:
    """List the sites of the atlas, or show what a needle at one of them recruits.

    Sites of the neck, the head and the sacrum are there for their anatomy: the model has no reflex
    for them, and no stimulus can be set there.

    Example: reflexarc sites ST36 --current "3 mA" --pulse-width "50 us"

    Example: reflexarc sites ST25 --figure st25.svg
    """
    if code is None:
        _list(json=json, figure=figure)
        return
    from reflexarc import atlas
    from reflexarc.recruitment import recruit
    from reflexarc.units import quantity

    width = quantity(pulse_width, "pulse width", field="--pulse-width")
    site = atlas.site(code)
    if site.refused and figure is None:
        _print_refused(site, json=json)
        return
    found = recruit(
        site=site.code,
        current_mA=quantity(current, "current", field="--current"),
        pulse_width_us=width,
        frequency_hz=10.0,
    )
    if figure is not None:
        _draw(site.code, width, figure)
    if json:
        print_json(_as_data(site, found, current, pulse_width))
        return
    _print_site(site, found, current, pulse_width)


def _list(*, json: bool, figure: Path | None) -> None:
    from reflexarc import atlas
    from reflexarc.errors import InputError

    if figure is not None:
        raise InputError("a figure needs a site, for example `sites ST36 --figure st36.svg`")
    if json:
        print_json({"sites": [asdict(site) for site in atlas.sites()]})
        return
    print_table(
        ["site", "name", "region", "segments", "depth [mm]", "in people", "nerve", "source"],
        [
            (s.code, s.name, s.region, s.segments, _depth(s), _people(s), s.nerve, s.source)
            for s in atlas.sites()
            if not s.refused
        ],
        right=["depth [mm]", "in people"],
        title="Sites of the mouse. `reflexarc sites CODE` shows what a needle there reaches.\n"
        "Depth in the mouse (in brackets where it is assumed), and in people, in mm.",
    )
    print_table(
        ["site", "name", "region", "segments", "nerve"],
        [(s.code, s.name, s.region, s.segments, s.nerve) for s in atlas.sites() if s.refused],
        title="\nNo stimulus can be set here: `reflexarc sites CODE` says why.",
    )


def _depth(site: "Site") -> str:
    if site.depth_mm is None:
        return "unknown"
    return f"({site.depth_mm:g})" if site.depth_source == "assumed" else f"{site.depth_mm:g}"


def _people(site: "Site") -> str:
    return "unknown" if site.human_mm is None else "{:g}-{:g}".format(*site.human_mm)


def _print_refused(site: "Site", *, json: bool) -> None:
    if json:
        print_json({"site": asdict(site)})
        return
    print_table(
        ["layer", "depth [mm]"],
        [(layer, "unknown") for layer in site.layers],
        title=f"{site.code}, {site.name}: {site.region}, {site.segments}; {site.note}.\n"
        f"Nerves: {site.nerve}. Depth in the mouse {_depth(site)}, in people {_people(site)} [mm].",
    )
    note(f"no stimulus can be set here: {site.refused}")


def _draw(code: str, width: float, figure: Path) -> None:
    from reflexarc.errors import InputError
    from reflexarc.recruitment import draw_recruitment

    if figure.suffix not in _FORMATS:
        raise InputError(f"a figure ends in {', '.join(_FORMATS)}, not {figure.suffix!r}")
    draw_recruitment(code, width).savefig(figure)
    note(f"wrote {figure}")


def _as_data(site: "Site", found: "Recruitment", current: str, width: str) -> dict[str, object]:
    return {
        "site": asdict(site),
        "stimulus": {"current": current, "pulse width": width},
        "recruited": {name: asdict(band) for name, band in found.classes.items()},
        "tissues": [asdict(reach) for reach in found.reach],
    }


def _print_site(site: "Site", found: "Recruitment", current: str, width: str) -> None:
    print_table(
        ["tissue", "depth [mm]", "nerve", "fibres", "supply", "of them fire", "source"],
        [
            (
                reach.tissue,
                f"{reach.from_mm:g}-{reach.to_mm:g}",
                reach.nerve,
                reach.fibre_class,
                "unknown" if reach.grade is None else reach.grade,
                _percent(reach.fraction),
                reach.source,
            )
            for reach in found.reach
        ],
        title=f"{site.code}, {site.name}: {site.region}, {site.segments}, needle {site.depth_mm:g} "
        f"mm deep. {current}, {width}, one side.",
        right=["of them fire"],
    )
    print_table(
        ["fibres", "recruited", "low to high"],
        [
            (name, f"{band.central:.3f}", f"{band.low:.3f} to {band.high:.3f}")
            for name, band in found.classes.items()
        ],
        title="\nAll tissues together (1 = every fibre of one richly supplied tissue)",
        right=["recruited"],
    )


def _percent(band: "Band") -> str:
    if band.high < 0.0005:
        return "0 %"
    return f"{100 * band.central:.0f} % ({100 * band.low:.0f}-{100 * band.high:.0f})"
