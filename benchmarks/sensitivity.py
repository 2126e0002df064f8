"""Compare slopes: `python benchmarks/sensitivity.py [--out FILE]`.

All states of the 72 h problem at 101 times by 15 parameters, beside AMICI's forward sensitivities
where `.bench/amici` is there (`make bench-peers`).
"""

import argparse
import json
import platform
import sys
from pathlib import Path

from reflexarc.bench.cases import response
from reflexarc.bench.slopes import compare_slopes


def main() -> None:
    """Run the comparison and print or write its rows."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--animals", type=int, default=32)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--rtol", type=float, nargs="+", default=[1e-6])
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    rows = compare_slopes(
        response(given.animals),
        rtols=given.rtol,
        repeats=given.repeats,
        seconds=given.seconds,
        say=lambda text: print(text, file=sys.stderr),
    )
    text = json.dumps(
        {
            "python": platform.python_version(),
            "machine": _machine(),
            "parameters": 15,
            "rows": [row.to_json() for row in rows],
        },
        indent=1,
    )
    if given.out:
        given.out.write_text(text + "\n", encoding="utf-8")
    else:
        print(text)


def _machine() -> str:
    cpu = Path("/proc/cpuinfo")
    if cpu.exists():
        for line in cpu.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor()


if __name__ == "__main__":
    main()
