#!/usr/bin/python3
"""usage: compare.py FIRST SECOND [ALLOWED]   compares two runs of record.py and names the first octet in which each case differs.

ALLOWED has a line for what may differ: a pattern of case names, a tab, a pattern of what is reported, a tab and the reason.
Ends with the number of cases and how many of them differ; the status is 1 when one differs that may not.
"""
import fnmatch
import sys
from collections import OrderedDict
from itertools import zip_longest

import octets as o

SHOWN = 100


def cases(file):
    """What each case gave, by socket and in order."""
    found = OrderedDict()
    with open(file, encoding="ascii") as lines:
        for line in lines:
            case, who, what = line.rstrip("\n").split("\t", 2)
            found.setdefault(case, OrderedDict()).setdefault(who, []).append(what)
    return found


def is_message(text):
    return len(text) >= 32 and len(text) % 2 == 0 and " " not in text


def walked(text):
    """The octets of a message for finding its fields, whatever stands in masked ones."""
    digits = "".join(character if character in "0123456789abcdef" else "0" for character in text)
    return bytes.fromhex(digits)


def difference(first, second):
    """Where two lines part, in words."""
    if first is None or second is None:
        return f"only the {'second' if first is None else 'first'} has {named(first or second)}"
    if is_message(first) and is_message(second):
        place = next((index for index, (one, two) in enumerate(zip(first, second)) if one != two), min(len(first), len(second)))
        octet = place // 2
        field = o.field_at(walked(max(first, second, key=len)), octet)
        return (f"{named(first)}: octet {octet}, {field}: {first[octet * 2:octet * 2 + 8] or 'end'} "
                f"became {second[octet * 2:octet * 2 + 8] or 'end'}")
    for one, two in zip_longest(first.split(), second.split()):
        if one != two:
            return f"{named(first)}: {one} became {two}"
    return "nothing"


def named(text):
    if not is_message(text):
        return text if len(text) < 60 else " ".join(text.split()[:2])
    octets = walked(text)
    kind = o.MESSAGES.get(octets[1], f"type {octets[1]}")
    return f"{kind} with errno {octets[2]}" if octets[2] else kind


def differences(first, second):
    for case in list(first) + [case for case in second if case not in first]:
        one, two = first.get(case, {}), second.get(case, {})
        for who in list(one) + [who for who in two if who not in one]:
            for left, right in zip_longest(one.get(who, []), two.get(who, [])):
                if left != right:
                    yield case, f"{who}: {difference(left, right)}"
                    break


def allowances(file):
    if not file:
        return []
    with open(file, encoding="ascii") as lines:
        return [line.rstrip("\n").split("\t") for line in lines if line.strip() and not line.startswith("#")]


def main(first_file, second_file, allowed_file=None):
    first, second, allowed = cases(first_file), cases(second_file), allowances(allowed_file)
    used, refused = {}, []
    for case, said in differences(first, second):
        reason = next((reason for pattern, wanted, reason in allowed
                       if fnmatch.fnmatchcase(case, pattern) and fnmatch.fnmatchcase(said, wanted)), None)
        if reason:
            used[reason] = used.get(reason, 0) + 1
        else:
            refused.append(f"{case}: {said}")
    print("\n".join(refused[:SHOWN]))
    if len(refused) > SHOWN:
        print(f"and {len(refused) - SHOWN} more")
    for reason, count in used.items():
        print(f"{count} differ as the manual says: {reason}")
    print(f"{len(first)} and {len(second)} cases, {len(refused)} differences")
    return 1 if refused or not first else 0


if len(sys.argv) not in (3, 4):
    sys.exit(__doc__)
sys.exit(main(*sys.argv[1:]))
