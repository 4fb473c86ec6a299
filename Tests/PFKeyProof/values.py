"""What stands in the fields: every satype, algorithm, mode, address, policy and request that there is, and others."""
import struct

import octets as o
from matrix import ENDS, FAR, GOOD, INSIDE, KEYS, LIMITS, NEAR, TUNNEL, WORLD, messages

SIX_NEAR, SIX_FAR = "2001:db8::1", "2001:db8::2"
SIX_ENDS = [o.source(SIX_NEAR), o.destination(SIX_FAR)]


def run(recorder):
    recorder.make(WORLD)
    for part in (satypes, algorithms, keys, associations, addresses, lifetimes, encapsulations, indices):
        part(recorder)
    recorder.make([])
    for part in (policies, requests, several_requests, policy_addresses):
        part(recorder)


def add(recorder, name, satype, *extensions, kind=o.ADD):
    recorder.case(name, o.message(kind, satype, extensions))


def satypes(recorder):
    for number, name in o.MESSAGES.items():
        for satype in (0, 1, 2, 4, 9, 10, 255):
            extensions = messages(recorder.policy)[number][1]
            recorder.case(f"{name} of satype {satype}", o.message(number, satype, extensions))
            if number in (o.REGISTER, o.X_PROMISC):
                recorder.reopen()


def algorithms(recorder):
    lengths = {2: 16, 3: 20, 5: 32, 6: 48, 7: 64, 8: 20, 9: 16, 10: 32, 251: 0}
    for number in [*range(1, 13), 249, 250, 251, 252, 255]:
        body = o.key(o.EXT_KEY_AUTH, bytes(range(lengths.get(number, 16))))
        add(recorder, f"ADD with AH and algorithm {number}", o.AH, o.association(0x1001, auth=number, encrypt=0), *ENDS, body)
        add(recorder, f"ADD with ESP, null and algorithm {number}", o.ESP, o.association(0x1001, auth=number, encrypt=11), *ENDS,
            body, o.key(o.EXT_KEY_ENCRYPT, b""))
    lengths = {2: 8, 3: 24, 11: 0, 13: 20, 18: 20, 19: 20, 20: 20, 14: 19, 15: 19, 16: 19, 23: 20}
    for number in [*range(1, 26), 249, 250, 251, 252, 253, 254, 255]:
        body = o.key(o.EXT_KEY_ENCRYPT, bytes(range(1, 1 + lengths.get(number, 16))))
        add(recorder, f"ADD with ESP and cipher {number}", o.ESP, o.association(0x1001, encrypt=number), *ENDS, KEYS[0], body)
        add(recorder, f"ADD with ESP and cipher {number} alone", o.ESP, o.association(0x1001, auth=0, encrypt=number), *ENDS, body)
    for number in [*range(0, 6), 255]:
        add(recorder, f"ADD with IPComp and algorithm {number}", o.IPCOMP, o.association(0x1001, 0, auth=0, encrypt=number), *ENDS)
    add(recorder, "ADD with IPComp and keys", o.IPCOMP, o.association(0x1001, 0, auth=3, encrypt=2), *ENDS, *KEYS)
    add(recorder, "ADD with IPComp and a large CPI", o.IPCOMP, o.association(0x123456, 0, auth=0, encrypt=2), *ENDS)
    add(recorder, "ADD with AH and a cipher", o.AH, o.association(0x1001), *ENDS, *KEYS)
    for state in range(256, 320, 21):
        add(recorder, f"ADD with state {state % 256}", o.ESP, o.association(0x1001, state=state % 256), *ENDS, *KEYS)


def keys(recorder):
    for bits in (0, 1, 7, 8, 63, 128, 159, 160, 161, 192, 256, 512, 2048):
        octets = bytes(range(256))[:(bits + 7) // 8]
        add(recorder, f"ADD with an authentication key of {bits} bits", o.ESP, o.association(0x1001), *ENDS, KEYS[1],
            o.key(o.EXT_KEY_AUTH, octets, bits))
        add(recorder, f"ADD with a cipher's key of {bits} bits", o.ESP, o.association(0x1001), *ENDS, KEYS[0],
            o.key(o.EXT_KEY_ENCRYPT, octets, bits))
    for bits in (0, 64, 65, 128, 168, 192, 200):
        add(recorder, f"ADD with 3DES and a key of {bits} bits", o.ESP, o.association(0x1001, encrypt=3), *ENDS, KEYS[0],
            o.key(o.EXT_KEY_ENCRYPT, bytes(range(1, 1 + (bits + 7) // 8)), bits))
    add(recorder, "ADD with a key of more bits than octets", o.ESP, o.association(0x1001), *ENDS, KEYS[1],
        o.key(o.EXT_KEY_AUTH, bytes(20), 200))
    add(recorder, "ADD with a key of fewer bits than octets", o.ESP, o.association(0x1001), *ENDS, KEYS[1],
        o.key(o.EXT_KEY_AUTH, bytes(40), 160))
    add(recorder, "ADD with a key of one word more", o.ESP, o.association(0x1001), *ENDS, KEYS[1],
        o.key(o.EXT_KEY_AUTH, bytes(28), 160))
    add(recorder, "ADD with a weak key of DES", o.ESP, o.association(0x1001, encrypt=2), *ENDS, KEYS[0],
        o.key(o.EXT_KEY_ENCRYPT, b"\1" * 8))
    add(recorder, "ADD with keys and no algorithms", o.ESP, o.association(0x1001, auth=0, encrypt=0), *ENDS, *KEYS)
    add(recorder, "ADD with an empty key of an authentication", o.ESP, o.association(0x1001, auth=251), *ENDS, KEYS[1],
        o.key(o.EXT_KEY_AUTH, b""))


def associations(recorder):
    for replay in (0, 1, 32, 33, 64, 255):
        add(recorder, f"ADD with a replay window of {replay}", o.ESP, o.association(0x1001, replay), *ENDS, *KEYS)
    for flags in (1, 2, 4, 0x20000000, 0x40000000, 0x80000000, 0xFFFFFFFF):
        add(recorder, f"ADD with flags {flags:#x}", o.ESP, o.association(0x1001, flags=flags), *ENDS, *KEYS)
    for spi in (0, 1, 255, 256, 0xFFFFFFFF, 0x1000):
        add(recorder, f"ADD with SPI {spi:#x}", o.ESP, o.association(spi), *ENDS, *KEYS)
    for mode in [*range(0, 8), 255]:
        for satype, name in ((o.ESP, "ESP"), (o.AH, "AH")):
            add(recorder, f"ADD with {name} of mode {mode}", satype, o.association(0x1001), *ENDS, *KEYS[:1 if name == "AH" else 2],
                o.sa2(mode, 5))
        add(recorder, f"ADD with IPComp of mode {mode}", o.IPCOMP, o.association(0x1001, 0, auth=0, encrypt=2), *ENDS, o.sa2(mode, 5))
        add(recorder, f"GETSPI of mode {mode}", o.ESP, *ENDS, o.spi_range(0x2000, 0x2000), o.sa2(mode, 5), kind=o.GETSPI)
    for reqid in (1, 0x3FFF, 0x4000, 0xFFFFFFFF):
        add(recorder, f"ADD with reqid {reqid:#x}", o.ESP, o.association(0x1001), *ENDS, *KEYS, o.sa2(1, reqid))
    for least, most in ((0, 0), (0x100, 0x1FF), (1, 1), (5, 4), (0x10000, 0x10000), (0xFFFFFFFF, 0xFFFFFFFF), (0x1000, 0x1000),
                        (0x3000, 0x4000)):
        for satype, name in ((o.AH, "AH"), (o.ESP, "ESP"), (o.IPCOMP, "IPComp")):
            add(recorder, f"GETSPI of {name} from {least:#x} to {most:#x}", satype, *ENDS, o.spi_range(least, most), kind=o.GETSPI)
    for seq in (0, 1, o.SEQUENCE, 0xFFFFFFFF):
        recorder.masks.sequences.add(seq)
        recorder.case(f"GETSPI with sequence number {seq:#x}",
                      o.message(o.GETSPI, o.ESP, [*ENDS, o.spi_range(0x2000, 0x2000)], seq=seq))
    recorder.case("ADD with other header fields", o.message(o.ADD, o.ESP, [o.association(0x1001), *ENDS, *KEYS], seq=0, pid=0, errno=5))


def addresses(recorder):
    zero, many, any_six = "0.0.0.0", "224.0.0.5", "::"
    pairs = [(SIX_NEAR, SIX_FAR), (NEAR, SIX_FAR), (zero, FAR), (NEAR, zero), (zero, zero), (many, many), (any_six, any_six),
             (NEAR, "255.255.255.255"), (NEAR + "/0", FAR + "/0"), (NEAR + "/33", FAR), (NEAR, FAR + "/33"),
             (SIX_NEAR + "/129", SIX_FAR), (SIX_NEAR + "/64", SIX_FAR + "/64")]
    for near, far in pairs:
        ends = [o.source(near), o.destination(far)]
        for kind, extensions in ((o.ADD, [o.association(0x1001), *ends, *KEYS]), (o.GETSPI, [*ends, o.spi_range(0x2000, 0x2000)]),
                                 (o.GET, [o.association(0x1000), *ends]), (o.DELETE, [o.association(0x1000), *ends]),
                                 (o.X_SPDADD, [*ends, o.policy(1, 2)])):
            add(recorder, f"{o.MESSAGES[kind]} from {near} to {far}", o.ESP, *extensions, kind=kind)
    add(recorder, "ADD with ports and protocols", o.ESP, o.association(0x1001), o.source(NEAR, 500, 17), o.destination(FAR, 501, 17), *KEYS)
    for family in (0, 1, 3, 10, 255):
        body = struct.pack("=BBHHH", 0, 32, 0, family, 0) + bytes(12)
        for kind, other in ((o.EXT_ADDRESS_SRC, ENDS[1]), (o.EXT_ADDRESS_DST, ENDS[0])):
            add(recorder, f"ADD with {o.EXTENSIONS[kind]} of family {family}", o.ESP, o.association(0x1001),
                o.extension(kind, body), other, *KEYS)
    for text in ("10.9.0.0/16", "0.0.0.0/0", NEAR, NEAR + "/24", FAR, SIX_NEAR + "/64", "::/0", "10.9.0.0/33"):
        proxy = o.address(o.EXT_ADDRESS_PROXY, text, 99, 6)
        add(recorder, f"ADD for the proxy {text}", o.ESP, o.association(0x1001), *ENDS, proxy, *KEYS, o.sa2(2))
        add(recorder, f"ADD over IPv6 for the proxy {text}", o.ESP, o.association(0x1001), *SIX_ENDS, proxy, *KEYS, o.sa2(2))
    add(recorder, "DELETE over other addresses", o.ESP, o.association(0x1000), o.source("192.0.2.9"), ENDS[1], kind=o.DELETE)
    add(recorder, "GET of another protocol", o.AH, o.association(0x1000), *ENDS, kind=o.GET)


def lifetimes(recorder):
    hard, soft = o.EXT_LIFETIME_HARD, o.EXT_LIFETIME_SOFT
    most = 0xFFFFFFFFFFFFFFFF
    for name, one, two in (("zeros", [0] * 4, [0] * 4), ("the most", [0xFFFFFFFF, most, most, most], [0xFFFFFFFF, most, most, most]),
                           ("soft after hard", [1, 1, 10000, 10000], [2, 2, 20000, 20000]), ("hours", [0, 0, 7200, 0], [0, 0, 7000, 0])):
        both = [o.lifetime(hard, *one), o.lifetime(soft, *two)]
        add(recorder, f"ADD with lifetimes of {name}", o.ESP, o.association(0x1001), *ENDS, *KEYS, *both)
        add(recorder, f"UPDATE with lifetimes of {name}", o.ESP, o.association(0x1000), *ENDS, *KEYS, *both, kind=o.UPDATE)
        add(recorder, f"X_SPDADD with lifetimes of {name}", 0, o.source("10.5.0.0/16"), o.destination("10.6.0.0/16"), o.policy(1, 1),
            *both, kind=o.X_SPDADD)
    add(recorder, "UPDATE without lifetimes", o.ESP, o.association(0x1000), *ENDS, *KEYS, kind=o.UPDATE)
    add(recorder, "UPDATE of what is not there", o.ESP, o.association(0x1009), *ENDS, *KEYS, kind=o.UPDATE)
    add(recorder, "UPDATE with other keys and modes", o.ESP, o.association(0x1000, 9, auth=2), *ENDS, o.key(o.EXT_KEY_AUTH, bytes(16)),
        KEYS[1], o.sa2(1, 3), kind=o.UPDATE)
    getspi = o.message(o.GETSPI, o.ESP, [*ENDS, o.spi_range(0x2000, 0x2000), o.sa2(2, 7)], seq=5)
    update = o.message(o.UPDATE, o.ESP, [o.association(0x2000), *LIMITS, *ENDS, *KEYS, o.sa2(2, 7)], seq=5)
    recorder.masks.sequences.add(5)
    recorder.case("GETSPI and what follows", getspi, getspi, o.message(o.GET, o.ESP, [o.association(0x2000), *ENDS]),
                  o.message(o.ADD, o.ESP, [o.association(0x2000), *ENDS, *KEYS]), update, update,
                  o.message(o.DELETE, o.ESP, [o.association(0x2000), *ENDS]))
    recorder.case("GETSPI and DELETE", getspi, o.message(o.DELETE, o.ESP, [o.association(0x2000), *ENDS]))


def encapsulations(recorder):
    for kind in (0, 1, 2, 3, 7, 255):
        add(recorder, f"ADD encapsulated by type {kind}", o.ESP, o.association(0x1001), *ENDS, *KEYS, *o.encapsulation(kind, 4500, 4501))
    kind, near, far = o.encapsulation(2, 4500, 4501)
    for name, some in (("without ports", [kind]), ("without a source port", [kind, far]), ("without a destination port", [kind, near]),
                       ("without a type", [near, far])):
        add(recorder, f"ADD encapsulated {name}", o.ESP, o.association(0x1001), *ENDS, *KEYS, *some)
        add(recorder, f"UPDATE encapsulated {name}", o.ESP, o.association(0x1000), *ENDS, *KEYS, *some, kind=o.UPDATE)
    add(recorder, "ADD of AH encapsulated", o.AH, o.association(0x1001, encrypt=0), *ENDS, KEYS[0], kind, near, far)
    add(recorder, "ADD over IPv6 encapsulated", o.ESP, o.association(0x1001), *SIX_ENDS, *KEYS, kind, near, far)
    ports = [o.message(o.ADD, o.ESP, [o.association(0x1001), *ENDS, *KEYS, kind, near, far]),
             o.message(o.UPDATE, o.ESP, [o.association(0x1001), *ENDS, *KEYS, *o.encapsulation(2, 4500, 9999)]),
             o.message(o.UPDATE, o.ESP, [o.association(0x1001), *ENDS, *KEYS])]
    recorder.case("UPDATE of ports", *ports)
    for name, text, length in (("empty", b"", 0), ("whole words", b"12345678", 8), ("more than there is", b"1234", 9),
                               ("less than there is", b"12345678", 3), ("far too long", b"1234", 5000)):
        add(recorder, f"ADD with a context: {name}", o.ESP, o.association(0x1001), *ENDS, *KEYS, o.context(text, length=length))
        add(recorder, f"X_SPDADD with a context: {name}", 0, o.source("10.5.0.0/16"), o.destination("10.6.0.0/16"), o.policy(1, 1),
            o.context(text, length=length), kind=o.X_SPDADD)
    for algorithm, interpretation in ((0, 0), (2, 1), (1, 2)):
        add(recorder, f"ADD with a context of {algorithm} and {interpretation}", o.ESP, o.association(0x1001), *ENDS, *KEYS,
            o.context(b"some:label", algorithm, interpretation))


def indices(recorder):
    """Policies by identity: those of each direction, those that are nobody's."""
    for kind in (o.X_SPDGET, o.X_SPDDELETE2):
        for bits in range(8):
            add(recorder, f"{o.MESSAGES[kind]} by an identity of direction {bits}", 0, o.policy(2, 2, (recorder.policy & ~7) | bits), kind=kind)
        for identity in (0, 1, 2, 3, 4, 7, 0xFFFFFFF9, 0xFFFFFFFF):
            add(recorder, f"{o.MESSAGES[kind]} of {identity:#x}", 0, o.policy(2, 2, identity), kind=kind)
        add(recorder, f"{o.MESSAGES[kind]} with another direction in it", 0, o.policy(2, 1, recorder.policy), kind=kind)
        add(recorder, f"{o.MESSAGES[kind]} with requests", 0, o.policy(2, 2, recorder.policy, 0, [TUNNEL]), kind=kind)
    for direction in range(0, 6):
        add(recorder, f"X_SPDDELETE of direction {direction}", 0, *INSIDE, o.policy(2, direction), kind=o.X_SPDDELETE)
    add(recorder, "X_SPDDELETE of others", 0, o.source("10.7.0.0/24"), o.destination("10.8.0.0/24"), o.policy(2, 2), kind=o.X_SPDDELETE)
    add(recorder, "X_SPDUPDATE of others", 0, o.source("10.7.0.0/24"), o.destination("10.8.0.0/24"), o.policy(1, 2), kind=o.X_SPDUPDATE)
    add(recorder, "X_SPDSETIDX of others", 0, o.source("10.7.0.0/24"), o.destination("10.8.0.0/24"), o.policy(1, 2), kind=o.X_SPDSETIDX)


def spdadd(recorder, name, policy, near="10.1.0.0/24", far="10.2.0.0/24"):
    recorder.case("X_SPDADD " + name, o.message(o.X_SPDADD, 0, [o.source(near), o.destination(far), policy]))


def policies(recorder):
    for kind in range(0, 7):
        for direction in range(0, 5):
            spdadd(recorder, f"of type {kind} and direction {direction}", o.policy(kind, direction, 0, 0, [TUNNEL]))
            spdadd(recorder, f"of type {kind} and direction {direction} alone", o.policy(kind, direction))
    for priority in (1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF):
        spdadd(recorder, f"of priority {priority:#x}", o.policy(1, 2, 0, priority))
    spdadd(recorder, "with an identity", o.policy(1, 2, 0x4321))
    same = [o.source("10.1.0.0/24"), o.destination("10.2.0.0/24")]
    recorder.case("X_SPDADD twice, with another priority", o.message(o.X_SPDADD, 0, [*same, o.policy(1, 2, 0, 1)]),
                  o.message(o.X_SPDADD, 0, [*same, o.policy(1, 2, 0, 2)]), o.message(o.X_SPDUPDATE, 0, [*same, o.policy(0, 2, 0, 3)]),
                  o.message(o.X_SPDADD, 0, [*same, o.policy(1, 1)]), o.message(o.X_SPDADD, 0, [*same, o.policy(1, 3)]))
    recorder.case("X_SPDSETIDX twice", o.message(o.X_SPDSETIDX, 0, [*same, o.policy(1, 2, 0, 1)]),
                  o.message(o.X_SPDSETIDX, 0, [*same, o.policy(1, 2, 0, 2)]))


def requests(recorder):
    for protocol in (0, 50, 51, 108, 4, 43, 60, 255, 256, 65535):
        spdadd(recorder, f"with protocol {protocol}", o.policy(requests=[o.request(protocol, 2)]))
        spdadd(recorder, f"with protocol {protocol} in transport mode", o.policy(requests=[o.request(protocol, 1)]))
    for mode in range(0, 8):
        for direction in (1, 2, 3):
            for level in range(0, 5):
                spdadd(recorder, f"of direction {direction} with mode {mode} and level {level}",
                       o.policy(2, direction, requests=[o.request(50, mode, level, 5)]))
    for reqid in (0, 1, 0x3FFF, 0x4000, 0xFFFFFFFF):
        for level in (1, 2, 3):
            spdadd(recorder, f"with reqid {reqid:#x} and level {level}", o.policy(2, 1, requests=[o.request(50, 2, level, reqid)]))
    for name, ends in (("IPv6", (SIX_NEAR, SIX_FAR)), ("both families", (NEAR, SIX_FAR)), ("the other order", (SIX_NEAR, FAR)),
                       ("zeros", ("0.0.0.0", "0.0.0.0")), ("none", None)):
        spdadd(recorder, f"with ends of {name}", o.policy(requests=[o.request(50, 2, 2, 0, ends)]))
        spdadd(recorder, f"for IPv6 with ends of {name}", o.policy(requests=[o.request(50, 2, 2, 0, ends)]), "2001:db8:1::/48", "2001:db8:2::/48")
    for length in (0, 8, 15, 16, 17, 24, 31, 32, 40, 47, 48, 49, 56, 64, 65535):
        spdadd(recorder, f"with a request of {length} octets", o.policy(requests=[o.request(50, 2, length=length)]))
        spdadd(recorder, f"with a request in transport mode of {length} octets", o.policy(requests=[o.request(50, 1, length=length)]))
    spdadd(recorder, "with addresses in transport mode", o.policy(requests=[o.request(50, 2, length=48)[:4] + b"\1" + o.request(50, 2)[5:]]))
    spdadd(recorder, "with half a request", o.policy(requests=[o.request(50, 1)[:8]]))


def several_requests(recorder):
    for count in (2, 5, 6, 7, 10):
        spdadd(recorder, f"with {count} requests", o.policy(requests=[o.request(50, 1)] * count))
        spdadd(recorder, f"with {count} unique requests", o.policy(requests=[o.request(50, 1, 3)] * count))
    spdadd(recorder, "with a bundle", o.policy(requests=[o.request(108, 2, 1), o.request(50, 1, 2), o.request(51, 1, 2)]))
    spdadd(recorder, "with an inbound bundle", o.policy(2, 1, requests=[o.request(108, 2, 1), o.request(50, 1, 2), o.request(51, 1, 3, 9)]))
    spdadd(recorder, "with two tunnels", o.policy(requests=[o.request(50, 2, 2, 0, ("10.1.0.1", "10.2.0.1")), o.request(51, 2, 3, 4)]))
    spdadd(recorder, "with tunnels of both families", o.policy(requests=[o.request(50, 2, 2, 0, (SIX_NEAR, SIX_FAR)), o.request(51, 2)]))


def policy_addresses(recorder):
    for near, far in (("0.0.0.0/0", "0.0.0.0/0"), ("10.1.2.3/8", "10.2.0.0/24"), ("10.1.0.1", "10.2.0.1"), ("::/0", "::/0"),
                      ("2001:db8:1::/48", "2001:db8:2::1"), ("10.1.0.0/24", "::/0")):
        spdadd(recorder, f"from {near} to {far}", o.policy(1, 2), near, far)
    for near, far in ((0, 6), (6, 0), (6, 17), (255, 255), (1, 255), (58, 58), (0, 0), (4, 4)):
        for ports in ((0, 0), (80, 0), (0, 80), (1000, 65535)):
            recorder.case(f"X_SPDADD of protocols {near} and {far} and ports {ports[0]} and {ports[1]}", o.message(o.X_SPDADD, 0, [
                o.source("10.1.0.0/24", ports[0], near), o.destination("10.2.0.0/24", ports[1], far), o.policy(1, 2)]))
    deleted = [o.source("10.1.0.0/24", 80, 6), o.destination("10.2.0.0/24", 81, 6), o.policy(1, 2)]
    recorder.case("X_SPDDELETE by ports", o.message(o.X_SPDADD, 0, deleted),
                  o.message(o.X_SPDDELETE, 0, [o.source("10.1.0.0/24", 0, 6), o.destination("10.2.0.0/24", 81, 6), o.policy(1, 2)]),
                  o.message(o.X_SPDDELETE, 0, [o.source("10.1.0.0/24", 80, 17), o.destination("10.2.0.0/24", 81, 6), o.policy(1, 2)]))
    recorder.case("X_SPDADD with a current lifetime", o.message(o.X_SPDADD, 0, [*INSIDE, o.policy(1, 2), GOOD[o.EXT_LIFETIME_CURRENT]]))
