"""The atlas: where a needle can go, what lies there, and which fibres end in it.

Every table is a text file beside this module, so that a site, a tissue or a nerve is added by
adding a row. What nobody has looked at is `unknown`, which is not the same as none.
"""

import json
from functools import cache
from importlib.resources import files

from reflexarc.atlas._cells import (
    read_grade,
    read_population,
    read_range,
    read_region,
    split_cell,
)
from reflexarc.atlas._records import (
    FibreClass,
    Grade,
    Innervation,
    Nerve,
    Opsin,
    Population,
    Region,
    Site,
    Tissue,
    TrunkFibres,
)
from reflexarc.atlas._tables import read_rows
from reflexarc.errors import InputError, unknown_word

__all__ = [
    "CLASSES",
    "REGIONS",
    "FibreClass",
    "Grade",
    "Innervation",
    "Nerve",
    "Opsin",
    "Population",
    "Region",
    "Site",
    "Tissue",
    "TrunkFibres",
    "fibre_classes",
    "innervation",
    "needle_depth",
    "nerve",
    "nerve_chain",
    "nerves",
    "opsin",
    "opsins",
    "problems",
    "site",
    "sites",
    "threshold_sources",
    "tissues",
    "trunk",
    "trunk_names",
]

REGIONS: tuple[Region, ...] = ("fore", "hind", "trunk")
CLASSES: tuple[str, ...] = ("AB", "AD", "PROKR2", "C")


def site(name: str) -> Site:
    """Return one site by its WHO code or its name, whatever the case and the hyphens.

    Raises:
        InputError: The site is not in the atlas; the nearest spelling is offered.

    Example:
        >>> site("st-36").region
        'hind'
    """
    found = _sites_by_word().get(_plain(name))
    if found is None:
        words = [s.code for s in sites()] + [s.name for s in sites()]
        message = unknown_word("site", name, words, listed_by="reflexarc sites")
        raise InputError(message, field="site")
    return found


@cache
def sites() -> tuple[Site, ...]:
    """Return all sites in the order of the table."""
    return tuple(
        Site(
            code=row["site"],
            name=row["name"],
            region=read_region(row["region"]),
            segments=row["segments"],
            depth_mm=float(row["depth_mm"]) if row["depth_mm"] else None,
            depth_source=row["depth_source"],
            nerve=row["nerve"],
            midline=row["midline"] == "yes",
            human_mm=read_range(row["human_mm"]),
            human_source=row["human_source"],
            refused=row["refused"],
            layers=split_cell(row["layers"]),
            source=row["source"],
            note=row["note"],
        )
        for row in read_rows("sites.tsv")
    )


def needle_depth(place: Site) -> float:
    """Return the usual depth of a tip at a site of the mouse, in mm.

    Raises:
        InputError: The model has no reflex for the site.

    Example:
        >>> needle_depth(site("ST36"))
        3.0
    """
    if place.refused or place.depth_mm is None:
        message = f"a stimulus at {place.code} can't be represented: {place.refused}"
        raise InputError(message, field="site")
    return place.depth_mm


def tissues(code: str) -> tuple[Tissue, ...]:
    """Return the tissues at a site, from the skin downwards.

    Args:
        code: WHO code or name of the site.

    Raises:
        InputError: The site is not in the atlas.

    Example:
        >>> [tissue.kind for tissue in tissues("ST25")]
        ['skin', 'superficial fascia', 'muscle', 'peritoneum']
    """
    return _tissues_by_site()[site(code).code]


def innervation(tissue: Tissue, fibre_class: str) -> Innervation:
    """Return how densely a fibre class ends in a tissue of a site.

    A row for the site wins over a row for its region, which wins over a row for anywhere.

    Args:
        tissue: A tissue of the atlas.
        fibre_class: One of `CLASSES`.

    Example:
        >>> deep = tissues("ST36")[-1]
        >>> innervation(deep, "PROKR2").grade
        2
        >>> innervation(tissues("LI4")[-1], "PROKR2").grade is None
        True
    """
    table = _innervation()
    for where in (tissue.site, site(tissue.site).region, "*"):
        found = table.get((tissue.kind, where, fibre_class))
        if found is not None:
            return found
    return Innervation(None, "", "no row in the table")


@cache
def fibre_classes() -> tuple[FibreClass, ...]:
    """Return the four classes of somatic afferents, thickest first by table order."""
    return tuple(
        FibreClass(
            id=row["class"],
            name=row["name"],
            population=read_population(row),
            threshold_factor=float(row["threshold_factor"]),
            status=row["status"],
            source=row["source"],
            note=row["note"],
        )
        for row in read_rows("fibres.tsv")
    )


@cache
def nerves() -> tuple[Nerve, ...]:
    """Return all peripheral nerves of the atlas."""
    return tuple(
        Nerve(
            name=row["nerve"],
            parent=row["parent"] or None,
            aliases=split_cell(row["aliases"]),
            roots=row["roots"],
            source=row["source"],
            note=row["note"],
        )
        for row in read_rows("nerves.tsv")
    )


def nerve(name: str) -> Nerve:
    """Return one peripheral nerve by its name or an alias.

    Raises:
        InputError: The nerve is not in the atlas; the nearest spelling is offered.

    Example:
        >>> nerve("sciatic nerve").name
        'sciatic'
    """
    found = _nerves_by_word().get(_plain(name))
    if found is None:
        words = [word for n in nerves() for word in (n.name, *n.aliases)]
        raise InputError(unknown_word("nerve", name, words), field="nerve")
    return found


@cache
def nerve_chain(name: str) -> tuple[str, ...]:
    """Return the nerves that fibres of this nerve run through, from the skin towards the cord.

    Example:
        >>> nerve_chain("deep peroneal")
        ('deep peroneal', 'common peroneal', 'sciatic')
    """
    here = nerve(name)
    chain = [here.name]
    while here.parent is not None:
        here = nerve(here.parent)
        if here.name in chain:
            raise ValueError(f"nerves.tsv: {here.name!r} is its own ancestor")
        chain.append(here.name)
    return tuple(chain)


def opsin(name: str) -> Opsin:
    """Return one opsin by name.

    Raises:
        InputError: The opsin is not in the atlas.

    Example:
        >>> opsin("catch").name
        'CatCh'
    """
    for found in opsins():
        if _plain(found.name) == _plain(name):
            return found
    raise InputError(unknown_word("opsin", name, [o.name for o in opsins()]), field="opsin")


@cache
def opsins() -> tuple[Opsin, ...]:
    """Return all opsins of the atlas."""
    return tuple(
        Opsin(
            name=row["opsin"],
            half_mW_mm2=float(row["half_mW_mm2"]),
            hill=float(row["hill"]),
            spread=float(row["spread"]),
            wavelength_nm=float(row["wavelength_nm"]),
            status=row["status"],
            source=row["source"],
            note=row["note"],
        )
        for row in read_rows("opsins.tsv")
    )


def trunk(name: str) -> tuple[TrunkFibres, ...]:
    """Return the fibres of a nerve that can carry a hook or cuff electrode.

    Raises:
        InputError: No electrode on this nerve is described.

    Example:
        >>> {fibres.drives for fibres in trunk("splenic nerve")}
        {'drive_splenic'}
    """
    words = _trunk_words()
    found = words.get(_plain(name))
    if found is None:
        raise InputError(unknown_word("nerve electrode", name, trunk_names()), field="nerve")
    return tuple(fibres for fibres in _trunks() if fibres.nerve == found)


def trunk_names() -> tuple[str, ...]:
    """Return the nerves that can carry an electrode."""
    return tuple(dict.fromkeys(fibres.nerve for fibres in _trunks()))


@cache
def threshold_sources() -> tuple[str, ...]:
    """Return the keys of the fibre models from which the thresholds were computed.

    Example:
        >>> threshold_sources()
        ('pena2024', 'mcintyre2002', 'sundt2015')
    """
    text = files("reflexarc.atlas").joinpath("thresholds", "provenance.json").read_text("utf-8")
    return tuple(block["source"] for block in json.loads(text)["blocks"].values())


def problems() -> tuple[str, ...]:
    """Return what is wrong with the tables of the atlas: nothing, if all is well.

    Unknown words, missing sources, layers outside the order of depth and double rows are found.

    Example:
        >>> problems()
        ()
    """
    from reflexarc.atlas._checks import find_problems

    return tuple(find_problems())


@cache
def _trunks() -> tuple[TrunkFibres, ...]:
    return tuple(
        TrunkFibres(
            nerve=row["nerve"],
            fibres=row["fibres"],
            drives=row["drives"],
            share=float(row["share"]),
            population=read_population(row),
            near_mm=float(row["near_mm"]),
            far_mm=float(row["far_mm"]),
            threshold_factor=float(row["threshold_factor"]),
            source=row["source"],
            note=row["note"],
        )
        for row in read_rows("electrodes.tsv")
    )


@cache
def _trunk_words() -> dict[str, str]:
    return {
        _plain(word): row["nerve"]
        for row in read_rows("electrodes.tsv")
        for word in (row["nerve"], *split_cell(row["aliases"]))
    }


@cache
def _sites_by_word() -> dict[str, Site]:
    return {_plain(word): found for found in sites() for word in (found.name, found.code)}


@cache
def _nerves_by_word() -> dict[str, Nerve]:
    return {_plain(word): found for found in nerves() for word in (found.name, *found.aliases)}


@cache
def _tissues_by_site() -> dict[str, tuple[Tissue, ...]]:
    found: dict[str, list[Tissue]] = {s.code: [] for s in sites()}
    for row in read_rows("tissues.tsv"):
        found[row["site"]].append(
            Tissue(
                site=row["site"],
                kind=row["tissue"],
                from_mm=float(row["from_mm"]),
                to_mm=float(row["to_mm"]),
                nerve=row["nerve"],
                source=row["source"],
                note=row["note"],
            )
        )
    return {code: tuple(layers) for code, layers in found.items()}


@cache
def _innervation() -> dict[tuple[str, str, str], Innervation]:
    return {
        (row["tissue"], row["where"], row["class"]): Innervation(
            read_grade(row["grade"]), row["source"], row["note"]
        )
        for row in read_rows("innervation.tsv")
    }


def _plain(word: str) -> str:
    return "".join(c for c in word.casefold() if c not in " -_")
