"""`python -m benchmarks [grab sweep pages …] [--seconds 8]`: without names, all but the long ones."""

from __future__ import annotations

import argparse
from importlib import import_module

from benchmarks.measure import Figures, say

USUAL = ("grab", "sweep", "pages", "imports", "together", "fleet", "quality")
ON_DEMAND = ("api", "history", "soak")


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(USUAL + ON_DEMAND)}; default: {', '.join(USUAL)}")
    parser.add_argument("--seconds", type=float, default=8, help="length of each grabbing measurement")
    arguments = parser.parse_args()
    if unknown := set(arguments.parts) - {*USUAL, *ON_DEMAND}:
        parser.error(f"there is no part {', '.join(unknown)}")
    figures = Figures()
    for part in arguments.parts or USUAL:
        import_module(f"benchmarks.{part}").measure(figures, arguments.seconds)
    figures.show()
    figures.save()
    say("\nAll figures by name: benchmarks/latest.json")


if __name__ == "__main__":
    main()
