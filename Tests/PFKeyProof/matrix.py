"""Each message with each extension: there and not there, twice, too short, too long, claiming nothing and too much."""
import struct

import octets as o

NEAR, FAR = "192.0.2.1", "192.0.2.2"
TUNNEL = o.request(50, 2, 3, 7, (NEAR, FAR))
INSIDE = [o.source("10.1.0.0/24", 0, 255), o.destination("10.2.0.0/24", 0, 255)]
ENDS = [o.source(NEAR), o.destination(FAR)]
KEYS = [o.key(o.EXT_KEY_AUTH, bytes(range(20))), o.key(o.EXT_KEY_ENCRYPT, bytes(range(16)))]
LIMITS = [o.lifetime(o.EXT_LIFETIME_HARD, 1000, 1000000, 3600, 1800), o.lifetime(o.EXT_LIFETIME_SOFT, 900, 900000, 3000, 1500)]
WORLD = [
    o.message(o.ADD, o.ESP, [o.association(0x1000), *LIMITS, *ENDS, *KEYS, o.sa2(2, 7)]),
    o.message(o.X_SPDADD, 0, [*INSIDE, o.policy(2, 2, 0, 100, [TUNNEL])]),
]
MIGRATION = o.policy(2, 2, 0, 0, [TUNNEL, o.request(50, 2, 3, 7, ("192.0.2.11", "192.0.2.12"))])

# One good extension of each kind, for where a message has none of its own.
GOOD = {
    o.EXT_SA: o.association(0x1001),
    o.EXT_LIFETIME_CURRENT: o.lifetime(o.EXT_LIFETIME_CURRENT, 1, 2, 3, 4),
    o.EXT_LIFETIME_HARD: LIMITS[0], o.EXT_LIFETIME_SOFT: LIMITS[1],
    o.EXT_ADDRESS_SRC: ENDS[0], o.EXT_ADDRESS_DST: ENDS[1],
    o.EXT_ADDRESS_PROXY: o.address(o.EXT_ADDRESS_PROXY, "10.9.0.0/16", 0, 255),
    o.EXT_KEY_AUTH: KEYS[0], o.EXT_KEY_ENCRYPT: KEYS[1],
    o.EXT_IDENTITY_SRC: o.extension(o.EXT_IDENTITY_SRC, struct.pack("=HHQ", 2, 0, 0) + b"near.example.org\0"),
    o.EXT_IDENTITY_DST: o.extension(o.EXT_IDENTITY_DST, struct.pack("=HHQ", 2, 0, 0) + b"far.example.org\0"),
    o.EXT_SENSITIVITY: o.extension(o.EXT_SENSITIVITY, struct.pack("=IBBBBI", 1, 1, 0, 1, 0, 0)),
    o.EXT_PROPOSAL: o.extension(o.EXT_PROPOSAL, struct.pack("=B3x", 4)),
    o.EXT_SUPPORTED_AUTH: o.extension(o.EXT_SUPPORTED_AUTH, bytes(4)),
    o.EXT_SUPPORTED_ENCRYPT: o.extension(o.EXT_SUPPORTED_ENCRYPT, bytes(4)),
    o.EXT_SPIRANGE: o.spi_range(0x2000, 0x2000),
    o.EXT_X_KMPRIVATE: o.extension(o.EXT_X_KMPRIVATE, bytes(4)),
    o.EXT_X_POLICY: o.policy(2, 2, 0, 0, [TUNNEL]),
    o.EXT_X_SA2: o.sa2(2, 9),
    **dict(zip((o.EXT_X_NAT_T_TYPE, o.EXT_X_NAT_T_SPORT, o.EXT_X_NAT_T_DPORT), o.encapsulation(2, 4500, 4501))),
    o.EXT_X_NAT_T_OA: o.address(o.EXT_X_NAT_T_OA, "203.0.113.1"),
    o.EXT_X_SEC_CTX: o.context(b"some:label"),
    o.EXT_X_KMADDRESS: o.key_manager(NEAR, FAR),
    o.EXT_X_FILTER: o.address_filter(2, NEAR, 32, FAR, 32),
    27: o.extension(27, b"\1\2\3\4"), 200: o.extension(200, b"\1\2\3\4"), 0: o.extension(0, bytes(4)),
}


def messages(policy):
    """Each type of message as it is best understood: its satype and its extensions."""
    by_identity = [o.policy(2, 2, policy)]
    changed = [*INSIDE, o.policy(2, 2, 0, 200, [TUNNEL])]
    return {
        o.GETSPI: (o.ESP, [*ENDS, o.spi_range(0x2000, 0x2000), o.sa2(2, 8)]),
        o.UPDATE: (o.ESP, [o.association(0x1000), o.lifetime(o.EXT_LIFETIME_HARD, added=7200),
                           o.lifetime(o.EXT_LIFETIME_SOFT, added=7000), *ENDS, *KEYS, o.sa2(2, 7)]),
        o.ADD: (o.ESP, [o.association(0x1001), *LIMITS, *ENDS, *KEYS, o.sa2(2, 7)]),
        o.DELETE: (o.ESP, [o.association(0x1000), *ENDS]),
        o.GET: (o.ESP, [o.association(0x1000), *ENDS]),
        o.ACQUIRE: (o.ESP, []), o.REGISTER: (o.ESP, []), o.EXPIRE: (o.ESP, [o.association(0x1000), *ENDS]),
        o.FLUSH: (o.ESP, []), o.DUMP: (o.ESP, []), o.X_PROMISC: (1, []), o.X_PCHANGE: (0, []),
        o.X_SPDUPDATE: (0, changed),
        o.X_SPDADD: (0, [o.source("10.3.0.0/24", 0, 255), o.destination("10.4.0.0/24", 0, 255), o.policy(2, 1, 0, 300, [TUNNEL])]),
        o.X_SPDDELETE: (0, [*INSIDE, o.policy(2, 2)]), o.X_SPDGET: (0, by_identity), o.X_SPDACQUIRE: (0, changed),
        o.X_SPDDUMP: (0, []), o.X_SPDFLUSH: (0, []), o.X_SPDSETIDX: (0, changed), o.X_SPDEXPIRE: (0, changed),
        o.X_SPDDELETE2: (0, by_identity), o.X_NAT_T_NEW_MAPPING: (o.ESP, [o.association(0x1000), *ENDS]),
        o.X_MIGRATE: (o.ESP, [*INSIDE, MIGRATION]),
    }


def kind_of(extension):
    return struct.unpack_from("=H", extension, 2)[0]


def claiming(extension, words):
    return struct.pack("=H", words) + extension[2:]


def variants(extension):
    """What can be wrong with an extension that stands last in its message."""
    words = len(extension) // 8
    yield "doubled", [extension, extension]
    if words > 1:
        yield "too short", [claiming(extension[:-8], words - 1)]
    yield "too long", [claiming(extension + bytes(8), words + 1)]


def lies(extension):
    """Lengths that are none; what reads them does not know yet what the message wants."""
    yield "claiming nothing", [claiming(extension, 0)]
    yield "claiming more than there is", [claiming(extension, len(extension) // 8 + 1)]


# These say something to a socket for as long as it is open.
LASTING = {o.REGISTER, o.X_PROMISC}


def run(recorder):
    recorder.make(WORLD)
    for number, name in o.MESSAGES.items():
        satype, base = messages(recorder.policy)[number]
        kinds = [kind_of(extension) for extension in base]
        for kind, good in sorted(GOOD.items()):
            word = o.EXTENSIONS.get(kind, f"extension {kind}")
            own = next((extension for extension in base if kind_of(extension) == kind), None)
            others = [extension for extension in base if kind_of(extension) != kind]
            tries = [("without" if own else "with", others if own else others + [good])]
            tries += [(variant, others + body) for variant, body in variants(own or good)]
            if number in (o.ADD, o.X_SPDADD):
                tries += [(variant, others + body) for variant, body in lies(own or good)]
            for variant, extensions in tries:
                one(recorder, f"{name} {word} {variant}", number, satype, extensions)
        one(recorder, f"{name} as it should be", number, satype, base)
        one(recorder, f"{name} with all", number, satype, base + [GOOD[kind] for kind in o.EXTENSIONS if kind not in kinds])


def one(recorder, name, number, satype, extensions):
    # A policy that was made anew has another identity.
    if number in (o.X_SPDGET, o.X_SPDDELETE2):
        current = recorder.policy
        extensions = [with_identity(extension, current) for extension in extensions]
    recorder.case(name, o.message(number, satype, extensions, errno=22 if number == o.ACQUIRE else 0))
    if number in LASTING:
        recorder.reopen()


def with_identity(extension, identity):
    if kind_of(extension) != o.EXT_X_POLICY or len(extension) < 16:
        return extension
    return extension[:8] + struct.pack("=I", identity) + extension[12:]
