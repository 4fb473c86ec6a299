#!/usr/bin/python3
"""usage: record.py FILE [PART...]   sends every PF_KEY request there is and writes each reply to FILE, for compare.py.

Needs the right to administer a network namespace of its own, in which nothing else uses IPsec.
"""
import sys
import time

import matrix
import values
from recorder import Recorder

PARTS = {"matrix": matrix.run, "values": values.run}


def main(file, *parts):
    with open(file, "w", encoding="ascii") as output:
        recorder = Recorder(output)
        for part in parts or PARTS:
            began = time.monotonic()
            PARTS[part](recorder)
            print(f"{part}: {time.monotonic() - began:.1f} s", flush=True)


if len(sys.argv) < 2 or any(part not in PARTS for part in sys.argv[2:]):
    sys.exit(__doc__)
main(*sys.argv[1:])
