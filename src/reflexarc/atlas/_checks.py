"""Find what is wrong with the tables of the atlas."""

from collections import Counter
from collections.abc import Iterator

from reflexarc import atlas
from reflexarc.atlas._tables import read_rows
from reflexarc.references import ASSUMED, references

__all__ = ["find_problems"]

DRIVES = {
    "drive_vagus_efferent",
    "drive_vagus_afferent",
    "drive_splanchnic",
    "drive_splenic",
    *atlas.CLASSES,
}

HEAD = "head"
"""The group of regions whose fibres enter by the trigeminal nerve."""
STIMULI = {"pinch", "brush", "needle", "touch"}
"""What discharge is known for."""
FASTEST_HZ = 200.0
"""Fibres don't fire faster by themselves."""


def find_problems() -> Iterator[str]:
    """Yield one sentence for each thing that is wrong with the tables."""
    yield from _sources()
    yield from _doubles()
    yield from _sites()
    yield from _tissues()
    yield from _innervation()
    yield from _nerves()
    yield from _fibres()
    yield from _regions()
    yield from _discharge()
    yield from _thermal()


def _sources() -> Iterator[str]:
    known = {ASSUMED, *references()}
    for table, columns in {
        "sites.tsv": ("source", "depth_source", "human_source"),
        "tissues.tsv": ("source",),
        "nerves.tsv": ("source",),
        "fibres.tsv": ("source",),
        "opsins.tsv": ("source",),
        "electrodes.tsv": ("source",),
        "innervation.tsv": ("source",),
        "regions.tsv": ("source",),
        "techniques.tsv": ("source",),
    }.items():
        for row in read_rows(table):
            for column in columns:
                cell = row[column]
                if row.get("grade") == "unknown":
                    if cell:
                        yield f"{table}: an unknown grade can't have the source {cell!r}"
                    continue
                depth = {"depth_source": "depth_mm", "human_source": "human_mm"}.get(column)
                if depth is not None and not row[depth]:
                    if cell:
                        yield f"{table}: {row['site']}: an unknown depth can't have a source"
                    continue
                if cell not in known:
                    yield f"{table}: {next(iter(row.values()))}: no source {cell!r}"


def _doubles() -> Iterator[str]:
    for table, columns in {
        "sites.tsv": ("site",),
        "tissues.tsv": ("site", "tissue"),
        "nerves.tsv": ("nerve",),
        "fibres.tsv": ("class",),
        "opsins.tsv": ("opsin",),
        "electrodes.tsv": ("nerve", "fibres"),
        "innervation.tsv": ("tissue", "where", "class"),
        "regions.tsv": ("region",),
        "techniques.tsv": ("technique",),
        "discharge.tsv": ("stimulus", "class"),
        "thermal.tsv": ("class", "direction"),
    }.items():
        counts = Counter(tuple(row[column] for column in columns) for row in read_rows(table))
        for key, count in counts.items():
            if count > 1:
                yield f"{table}: {' / '.join(key)} stands there {count} times"


def _sites() -> Iterator[str]:
    for site in atlas.sites():
        if site.depth_mm is not None and not 0 < site.depth_mm <= 10:
            yield f"sites.tsv: {site.code}: depth {site.depth_mm} mm"
        if site.human_mm is not None and not 0 < site.human_mm[0] < site.human_mm[1] <= 60:
            yield f"sites.tsv: {site.code}: {site.human_mm} mm in people"
        if not site.segments:
            yield f"sites.tsv: {site.code}: no spinal segments"
        yield from _refused(site) if site.refused else _modelled(site)


def _modelled(site: atlas.Site) -> Iterator[str]:
    if site.region not in atlas.REGIONS:
        yield f"sites.tsv: {site.code}: the model has no reflex for {site.region}"
    if site.depth_mm is None:
        yield f"sites.tsv: {site.code}: no depth"
    if site.nerve not in {nerve.name for nerve in atlas.nerves()}:
        yield f"sites.tsv: {site.code}: no nerve {site.nerve!r}"
    if not atlas.tissues(site.code):
        yield f"sites.tsv: {site.code}: no tissue"
    if site.layers:
        yield f"sites.tsv: {site.code}: its layers belong into tissues.tsv"


def _refused(site: atlas.Site) -> Iterator[str]:
    if site.region in atlas.REGIONS:
        yield f"sites.tsv: {site.code}: refused, though the model has a reflex for {site.region}"
    if atlas.tissues(site.code):
        yield f"sites.tsv: {site.code}: refused, but there are tissues for it"
    if not (site.layers and site.nerve):
        yield f"sites.tsv: {site.code}: no layers or no nerve"


def _tissues() -> Iterator[str]:
    codes = {site.code for site in atlas.sites()}
    graded = {row["tissue"] for row in read_rows("innervation.tsv")}
    names = {nerve.name for nerve in atlas.nerves()}
    for row in read_rows("tissues.tsv"):
        where = f"tissues.tsv: {row['site']} {row['tissue']}"
        if row["site"] not in codes:
            yield f"{where}: no such site"
        if row["tissue"] not in graded:
            yield f"{where}: innervation.tsv has no row for this tissue"
        if row["nerve"] not in names:
            yield f"{where}: no nerve {row['nerve']!r}"
        if not 0 <= float(row["from_mm"]) < float(row["to_mm"]):
            yield f"{where}: from {row['from_mm']} to {row['to_mm']} mm"


def _innervation() -> Iterator[str]:
    places = {"*", *atlas.REGIONS, *(site.code for site in atlas.sites())}
    for row in read_rows("innervation.tsv"):
        where = f"innervation.tsv: {row['tissue']} {row['where']} {row['class']}"
        if row["where"] not in places:
            yield f"{where}: no such site or region"
        if row["class"] not in atlas.CLASSES:
            yield f"{where}: no such fibre class"
        if row["grade"] not in {"0", "1", "2", "unknown"}:
            yield f"{where}: grade {row['grade']!r}"


def _nerves() -> Iterator[str]:
    names = {nerve.name for nerve in atlas.nerves()}
    words = Counter(word for nerve in atlas.nerves() for word in (nerve.name, *nerve.aliases))
    for nerve in atlas.nerves():
        if nerve.parent is not None and nerve.parent not in names:
            yield f"nerves.tsv: {nerve.name}: no parent {nerve.parent!r}"
    for word, count in words.items():
        if count > 1:
            yield f"nerves.tsv: {word!r} names {count} nerves"


def _fibres() -> Iterator[str]:
    if tuple(fibre.id for fibre in atlas.fibre_classes()) != atlas.CLASSES:
        yield f"fibres.tsv: the classes must be {', '.join(atlas.CLASSES)}"
    for table in ("fibres.tsv", "electrodes.tsv"):
        for row in read_rows(table):
            where = f"{table}: {next(iter(row.values()))}"
            low, mean, high = (float(row[c]) for c in ("min_um", "mean_um", "max_um"))
            if not 0 < low < mean < high:
                yield f"{where}: diameters {low}, {mean}, {high} um are out of order"
            if float(row["threshold_factor"]) < 1:
                yield f"{where}: threshold factor below 1"
            if row["block"] not in {"myelinated", "unmyelinated"}:
                yield f"{where}: block {row['block']!r}"
            if row.get("drives", "AB") not in DRIVES:
                yield f"{where}: drives {row['drives']!r}"


def _regions() -> Iterator[str]:
    names = {nerve.name for nerve in atlas.nerves()}
    for row in read_rows("regions.tsv"):
        where = f"regions.tsv: {row['region']}"
        if row["group"] not in {*atlas.REGIONS, HEAD}:
            yield f"{where}: the model has no reflex for {row['group']}"
        if not float(row["density"]) > 0:
            yield f"{where}: density {row['density']}"
        supply = [word.strip().rpartition(" ") for word in row["nerves"].split(";") if word.strip()]
        for nerve, _, _ in supply:
            if nerve not in names:
                yield f"{where}: no nerve {nerve!r}"
        total = sum(float(share) for _, _, share in supply)
        if supply and abs(total - 1) > 1e-9:
            yield f"{where}: the shares of its nerves add up to {total:g}, not 1"
        if bool(supply) == (row["group"] == HEAD):
            yield f"{where}: only the head has no nerves that can be cut"
    for row in read_rows("techniques.tsv"):
        where = f"techniques.tsv: {row['technique']}"
        if not 0 <= float(row["share"]) <= 1:
            yield f"{where}: share {row['share']}"
        if row["penetrates"] not in {"yes", "no"}:
            yield f"{where}: penetrates {row['penetrates']!r}"


def _discharge() -> Iterator[str]:
    for row in read_rows("discharge.tsv"):
        where = f"discharge.tsv: {row['stimulus']} {row['class']}"
        if row["stimulus"] not in STIMULI:
            yield f"{where}: no such stimulus"
        if row["class"] not in atlas.CLASSES:
            yield f"{where}: no such fibre class"
        if not 0 <= float(row["rate_hz"]) <= FASTEST_HZ:
            yield f"{where}: {row['rate_hz']} Hz"
        yield from _status(row, where)


def _thermal() -> Iterator[str]:
    for row in read_rows("thermal.tsv"):
        where = f"thermal.tsv: {row['class']} {row['direction']}"
        if row["class"] not in atlas.CLASSES:
            yield f"{where}: no such fibre class"
        if row["direction"] not in {"heat", "cold"}:
            yield f"{where}: neither heat nor cold"
        if not (float(row["hz_per_c"]) > 0 and 0 < float(row["max_hz"]) <= FASTEST_HZ):
            yield f"{where}: {row['hz_per_c']} Hz per degree up to {row['max_hz']} Hz"
        yield from _status(row, where)


def _status(row: dict[str, str], where: str) -> Iterator[str]:
    if row["status"] not in {"assumed", "measured"}:
        yield f"{where}: status {row['status']!r}"
    if row["source"] and row["source"] not in references():
        yield f"{where}: no source {row['source']!r}"
    if not row["source"] and row["status"] != "assumed":
        yield f"{where}: a measured rate needs a source"
