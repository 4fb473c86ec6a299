"""What sockets say and are told: headers, flags of send() and recv(), options, dumps, and what others are told of a request."""
import ctypes
import hashlib
import os
import socket
import struct
import subprocess

import octets as o
from matrix import ENDS, FAR, INSIDE, KEYS, NEAR, TUNNEL, WORLD
from recorder import PF_KEY, PF_KEY_V2, error_name, opened

GET = o.message(o.GET, o.ESP, [o.association(0x1000), *ENDS])
ADD = o.message(o.ADD, o.ESP, [o.association(0x1001), *ENDS, *KEYS])


def run(recorder):
    recorder.open("main")
    recorder.make(WORLD)
    for part in (headers, sending, receiving, other_sockets, options):
        part(recorder)
    for part in (told_to_all, promiscuous, registrations, dumps, large_dumps):
        recorder.open("main")
        recorder.make(WORLD)
        part(recorder)
    recorder.open("main")


def headers(recorder):
    case = recorder.case
    for version in (0, 1, 3, 255):
        case(f"header of version {version}", o.message(o.GET, o.ESP, [o.association(0x1000), *ENDS], version=version))
    for reserved in (1, 0x100, 0xFFFF):
        case(f"header with {reserved:#x} reserved", o.message(o.GET, o.ESP, [o.association(0x1000), *ENDS], reserved=reserved))
    for kind in (0, 25, 26, 128, 255):
        case(f"header of type {kind}", o.message(kind, o.ESP, [o.association(0x1000), *ENDS]))
    for words in (0, 1, 2, len(GET) // 8 - 1, len(GET) // 8 + 1, 0xFFFF):
        case(f"header that claims {words} words", o.message(o.GET, o.ESP, [o.association(0x1000), *ENDS], words=words))
    for length in (0, 1, 2, 8, 15, 16, 17, 23, 24, 31, 40):
        case(f"the first {length} octets", GET[:length])
        case(f"the first {length} octets, as many words", GET[:4] + struct.pack("=H", length // 8) + GET[6:length])
    for stray in (1, 4, 7, 8):
        case(f"{stray} octets more", GET + bytes(stray))
        case(f"a header alone and {stray} octets", o.message(o.DUMP, o.ESP) + bytes(stray))
    for errno in (1, 22, 255):
        case(f"header with errno {errno}", o.message(o.GET, o.ESP, [o.association(0x1000), *ENDS], errno=errno))
        case(f"ACQUIRE with errno {errno} of nobody", o.message(o.ACQUIRE, o.ESP, errno=errno))
    case("ACQUIRE without errno", o.message(o.ACQUIRE, o.ESP))
    case("ACQUIRE without a sequence number", o.message(o.ACQUIRE, o.ESP, errno=22, seq=0))
    case("ACQUIRE with two faults", o.message(o.ACQUIRE, 0, errno=0, seq=0))
    case("numbers as large as they can be", o.message(o.GET, o.ESP, [o.association(0x1000), *ENDS], seq=0xFFFFFFFF, pid=0xFFFFFFFF))


def sending(recorder):
    case = recorder.case
    for name in ("MSG_OOB", "MSG_DONTWAIT", "MSG_NOSIGNAL", "MSG_MORE", "MSG_EOR", "MSG_CONFIRM"):
        case(f"send with {name}", GET, flags=getattr(socket, name, 0x800))
    case("65000 octets of an extension that nobody knows", o.message(o.GET, o.ESP, [o.association(0x1000), *ENDS, o.extension(99, bytes(65000))]))
    case("as many octets as there can be", o.message(o.GET, o.ESP, [o.extension(99, bytes(8 * 0xFFF0))] * 1))
    case("more octets than the socket sends", o.message(o.GET, o.ESP, [o.extension(99, bytes(8 * 0x8000 - 8)) for _ in range(1)]) + bytes(300000))
    sock = recorder.sockets["main"]
    ways = {"write": lambda: os.write(sock.fileno(), GET), "writev": lambda: os.writev(sock.fileno(), [GET[:5], GET[5:]]),
            "sendmsg": lambda: sock.sendmsg([GET[:16], GET[16:17], GET[17:]]), "send twice": lambda: sock.send(GET) + sock.send(GET),
            "sendto an address": lambda: called("sendto", sock, GET, len(GET), 0, SOMEWHERE, 16)}
    for name, way in ways.items():
        recorder.begin(name)
        recorder.line("main", outcome(way))
        recorder.drain()


def receiving(recorder):
    sock = recorder.sockets["main"]
    for name, flags in (("MSG_PEEK", 2), ("MSG_TRUNC", 0x20), ("MSG_WAITALL", 0x100), ("MSG_OOB", 1), ("MSG_ERRQUEUE", 0x2000),
                        ("MSG_CMSG_CLOEXEC", 0x40000000), ("MSG_WAITFORONE", 0x10000)):
        recorder.begin(f"recv with {name}")
        recorder.send(GET)
        recorder.line("main", received(recorder, sock, 4096, flags))
        recorder.line("main", received(recorder, sock, 8, flags))
        recorder.drain()
    for length in (0, 1, 16, 4096):
        recorder.begin(f"recv of {length} octets")
        recorder.send(GET)
        recorder.line("main", received(recorder, sock, length, socket.MSG_PEEK))
        recorder.line("main", received(recorder, sock, length, 0))
        recorder.drain()
    recorder.begin("read and readv")
    recorder.send(GET)
    recorder.send(GET)
    recorder.line("main", recorder.masks.message(os.read(sock.fileno(), 24)))
    parts = [bytearray(16), bytearray(4096)]
    recorder.line("main", f"readv {os.readv(sock.fileno(), parts)} {recorder.masks.message(bytes(parts[0]))}")
    recorder.drain()


def received(recorder, sock, length, flags):
    """recvmsg() alone says how much of a message there was; who sent it is nobody."""
    body, control, sender = ctypes.create_string_buffer(max(length, 1)), ctypes.create_string_buffer(64), Address()
    part = struct.pack("=QQ", ctypes.addressof(body), length)
    parts = ctypes.create_string_buffer(part)
    header = ctypes.create_string_buffer(struct.pack("=QIxxxxQQQQixxxx", ctypes.addressof(sender.octets), 128, ctypes.addressof(parts), 1,
                                                     ctypes.addressof(control), 64, 0))
    result = LIBRARY.recvmsg(sock.fileno(), header, flags | socket.MSG_DONTWAIT)
    if result < 0:
        return "recvmsg " + error_name(OSError(ctypes.get_errno(), ""))
    _, name_length, _, _, _, control_length, answered = struct.unpack("=QIxxxxQQQQixxxx", header.raw[:56])
    return f"recvmsg {result} octets, flags {answered:#x}, control {control_length}, sender {name_length}"


class Address(ctypes.Structure):
    """What a name of a socket is taken into."""

    _fields_ = [("octets", ctypes.c_ubyte * 128), ("length", ctypes.c_uint)]

    def __init__(self, octets=b""):
        super().__init__((ctypes.c_ubyte * 128)(*octets), len(octets) or 128)

    def told(self):
        return bytes(self.octets)[:self.length].hex() or "no address"


LIBRARY = ctypes.CDLL(None, use_errno=True)
SOMEWHERE = o.sockaddr("127.0.0.1", 1)


def called(name, sock, *arguments):
    """A function of the C library, for what Python would not do to such a socket."""
    result = getattr(LIBRARY, name)(sock.fileno(), *arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), name)
    return result


def named(name, sock):
    address = Address()
    called(name, sock, ctypes.byref(address.octets), ctypes.byref(address, Address.length.offset))
    return address.told()


def outcome(action):
    try:
        return repr(action())
    except OSError as error:
        return error_name(error)


def other_sockets(recorder):
    """socket() itself."""
    kinds = {"raw": socket.SOCK_RAW, "stream": socket.SOCK_STREAM, "datagram": socket.SOCK_DGRAM, "seqpacket": socket.SOCK_SEQPACKET,
             "raw, nonblocking": socket.SOCK_RAW | socket.SOCK_NONBLOCK, "raw, close on exec": socket.SOCK_RAW | socket.SOCK_CLOEXEC}
    for name, kind in kinds.items():
        for protocol in (0, 1, 2, 3, 256):
            recorder.begin(f"socket {name} of protocol {protocol}")

            def made(kind=kind, protocol=protocol):
                with socket.socket(PF_KEY, kind, protocol) as sock:
                    return sock.getblocking(), os.get_inheritable(sock.fileno())
            recorder.line("socket", outcome(made))
    recorder.begin("socket without rights")
    script = "import socket\ntry: socket.socket(15, 3, 2); print('made')\nexcept OSError as error: print(error.errno)"
    word = subprocess.run(["setpriv", "--reuid=65534", "--clear-groups", "--bounding-set=-all", "python3", "-c", script],
                          capture_output=True, text=True, check=False)
    recorder.line("socket", word.stdout.strip() or "nothing: " + word.stderr.strip().splitlines()[-1])


def options(recorder):
    """What else is done to a socket."""
    actions = {
        "bind": lambda sock: called("bind", sock, SOMEWHERE, 16), "connect": lambda sock: called("connect", sock, SOMEWHERE, 16),
        "listen": lambda sock: called("listen", sock, 1), "accept": lambda sock: called("accept", sock, None, None),
        "shutdown": lambda sock: called("shutdown", sock, 2), "getsockname": lambda sock: named("getsockname", sock),
        "getpeername": lambda sock: named("getpeername", sock),
        "SO_TYPE": lambda sock: sock.getsockopt(socket.SOL_SOCKET, socket.SO_TYPE),
        "SO_DOMAIN": lambda sock: sock.getsockopt(socket.SOL_SOCKET, socket.SO_DOMAIN),
        "SO_PROTOCOL": lambda sock: sock.getsockopt(socket.SOL_SOCKET, socket.SO_PROTOCOL),
        "SO_ERROR": lambda sock: sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR),
        "SO_RCVBUF": lambda sock: buffer(sock, socket.SO_RCVBUF), "SO_SNDBUF": lambda sock: buffer(sock, socket.SO_SNDBUF),
        "SO_RCVTIMEO": lambda sock: sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("=qq", 0, 100000)) or sock.recv(16),
        "an option of another level": lambda sock: sock.setsockopt(0, 1, 1),
        "recv of nothing": lambda sock: sock.recv(16, socket.MSG_DONTWAIT),
    }
    for name, action in actions.items():
        recorder.begin("socket's " + name)
        with opened() as sock:
            recorder.line("socket", outcome(lambda: action(sock)))
            # It is as good as before.
            recorder.line("socket", outcome(lambda: sock.send(GET)))
            recorder.line("socket", outcome(lambda: recorder.masks.message(sock.recv(4096, socket.MSG_DONTWAIT))))


def buffer(sock, option):
    sock.setsockopt(socket.SOL_SOCKET, option, 100000)
    return sock.getsockopt(socket.SOL_SOCKET, option)


def told_to_all(recorder):
    """A request of one socket, and what one that registered, one that did not and a promiscuous one are told."""
    recorder.open("main", "registered", "unregistered", "promiscuous")
    recorder.case("REGISTER of one of several", o.message(o.REGISTER, o.AH), who="registered")
    recorder.case("X_PROMISC of one of several", o.message(o.X_PROMISC, 1), who="promiscuous")
    told = {
        "GETSPI": o.message(o.GETSPI, o.ESP, [*ENDS, o.spi_range(0x2000, 0x2000)]), "ADD": ADD, "GET": GET,
        "UPDATE": o.message(o.UPDATE, o.ESP, [o.association(0x1000), *ENDS, *KEYS]),
        "DELETE": o.message(o.DELETE, o.ESP, [o.association(0x1000), *ENDS]), "DUMP": o.message(o.DUMP, o.ESP),
        "DUMP of nothing": o.message(o.DUMP, o.AH), "FLUSH": o.message(o.FLUSH, o.ESP), "FLUSH of nothing": o.message(o.FLUSH, o.AH),
        "X_SPDADD": o.message(o.X_SPDADD, 0, [o.source("10.5.0.0/16"), o.destination("10.6.0.0/16"), o.policy(1, 2)]),
        "X_SPDADD again": o.message(o.X_SPDADD, 0, [*INSIDE, o.policy(2, 2, 0, 100, [TUNNEL])]),
        "X_SPDUPDATE": o.message(o.X_SPDUPDATE, 0, [*INSIDE, o.policy(1, 2)]), "X_SPDDUMP": o.message(o.X_SPDDUMP),
        "X_SPDDELETE": o.message(o.X_SPDDELETE, 0, [*INSIDE, o.policy(2, 2)]), "X_SPDFLUSH": o.message(o.X_SPDFLUSH),
        "EXPIRE": o.message(o.EXPIRE, o.ESP), "ACQUIRE": o.message(o.ACQUIRE, o.ESP, errno=22), "a bad message": GET[:-8] + bytes(8),
        "a worse message": o.message(o.GET, o.ESP, version=3), "X_PROMISC without a change": o.message(o.X_PROMISC, 9),
    }
    for name, octets in told.items():
        recorder.case(f"{name}, told to all", octets)
    for name, kind in (("X_SPDGET", o.X_SPDGET), ("X_SPDDELETE2", o.X_SPDDELETE2)):
        recorder.case(f"{name}, told to all", o.message(kind, 0, [o.policy(2, 2, recorder.policy)]))
    recorder.case("REGISTER, told to all", o.message(o.REGISTER, o.ESP), who="unregistered")
    recorder.case("ADD by the promiscuous one", ADD, who="promiscuous")
    recorder.case("GET by the promiscuous one", GET, who="promiscuous")
    recorder.case("X_PROMISC no more", o.message(o.X_PROMISC, 0), who="promiscuous")
    recorder.case("ADD after it", ADD)


def promiscuous(recorder):
    """What a payload of X_PROMISC relays, to whom."""
    recorder.open("main", "other", "promiscuous")
    recorder.case("X_PROMISC on", o.message(o.X_PROMISC, 1), who="promiscuous")
    recorder.case("X_PROMISC on again", o.message(o.X_PROMISC, 1), who="promiscuous")
    for satype in (0, 1, 2, 255):
        recorder.case(f"X_PROMISC of satype {satype} with a message", o.message(o.X_PROMISC, satype, [GET]))
        recorder.case(f"X_PROMISC of satype {satype} with half a header", o.message(o.X_PROMISC, satype, [GET[:8]]))
    recorder.case("X_PROMISC with an extension", o.message(o.X_PROMISC, 1, [o.association(0x1000)]))
    recorder.case("X_PROMISC that is an error", o.message(o.X_PROMISC, 1, errno=5))
    recorder.case("X_PROMISC with a message of an error", o.message(o.X_PROMISC, 0, [o.message(o.ADD, o.ESP, errno=5)]))
    recorder.case("X_PROMISC off of another", o.message(o.X_PROMISC, 0), who="other")
    recorder.case("X_PROMISC off", o.message(o.X_PROMISC, 0), who="promiscuous")


def registrations(recorder):
    for satype in range(0, 12):
        recorder.open("main", "second")
        recorder.case(f"REGISTER of satype {satype}", o.message(o.REGISTER, satype))
        recorder.case(f"REGISTER of satype {satype}, again", o.message(o.REGISTER, satype))
        recorder.case(f"REGISTER of satype {satype} by another", o.message(o.REGISTER, satype), who="second")
    recorder.open("main", "second")
    recorder.case("REGISTER of all", *(o.message(o.REGISTER, satype) for satype in (2, 3, 9)))
    recorder.case("GET by a registered one", GET)
    recorder.case("ADD by a registered one", ADD)
    recorder.case("ADD by another", ADD, who="second")


def mixed_world():
    ends = [[o.source(f"192.0.2.{near}"), o.destination(f"192.0.2.{far}")] for near, far in ((1, 2), (2, 1), (3, 4))]
    made = [o.message(o.ADD, o.ESP, [o.association(0x1000 + number), *pair, *KEYS, o.sa2(2, number)]) for number, pair in enumerate(ends)]
    made += [o.message(o.ADD, o.AH, [o.association(0x1100, encrypt=0), *ends[0], KEYS[0]]),
             o.message(o.ADD, o.IPCOMP, [o.association(0x1200, 0, auth=0, encrypt=2), *ends[1]]),
             o.message(o.ADD, o.IPCOMP, [o.association(0x1201, 0, auth=0, encrypt=2), *ends[2], o.sa2(2, 4)]),
             o.message(o.ADD, o.ESP, [o.association(0x1300), o.source("2001:db8::1"), o.destination("2001:db8::2"), *KEYS]),
             o.message(o.GETSPI, o.ESP, [*ends[2], o.spi_range(0x2000, 0x2000)])]
    for number, direction in enumerate((1, 2, 3)):
        made.append(o.message(o.X_SPDADD, 0, [*INSIDE, o.policy(2, direction, 0, 10 - number, [TUNNEL])]))
    made.append(o.message(o.X_SPDADD, 0, [o.source("2001:db8::/32"), o.destination("::/0", 443, 6), o.policy(0, 2)]))
    return made


def dumps(recorder):
    recorder.make([])
    for kind in (o.DUMP, o.X_SPDDUMP):
        recorder.case(f"{o.MESSAGES[kind]} of nothing", o.message(kind))
    recorder.make(mixed_world())
    for satype in (0, 2, 3, 9, 5, 10):
        recorder.case(f"DUMP of satype {satype} among many", o.message(o.DUMP, satype))
    recorder.case("X_SPDDUMP of many", o.message(o.X_SPDDUMP))
    for family, near, near_length, far, far_length in (
            (2, "192.0.2.1", 32, "192.0.2.2", 32), (2, "192.0.2.1", 32, "0.0.0.0", 0), (2, "0.0.0.0", 0, "192.0.2.0", 30),
            (2, "192.0.2.0", 24, "192.0.2.0", 24), (2, "10.0.0.0", 8, "0.0.0.0", 0), (2, "0.0.0.0", 0, "0.0.0.0", 0),
            (10, "2001:db8::", 32, "::", 0), (10, "::", 0, "::", 0), (10, "2001:db8::1", 128, "2001:db8::2", 128),
            (2, "192.0.2.1", 33, "0.0.0.0", 0), (2, "192.0.2.1", 128, "0.0.0.0", 0), (2, "192.0.2.1", 129, "0.0.0.0", 0),
            (2, "0.0.0.0", 0, "192.0.2.1", 255), (10, "::", 129, "::", 0)):
        wanted = o.address_filter(family, near, near_length, far, far_length)
        recorder.case(f"DUMP from {near}/{near_length} to {far}/{far_length}", o.message(o.DUMP, 0, [wanted]))
    for family in (0, 1, 255):
        octets = o.address_filter(2, "192.0.2.1", 32, "192.0.2.2", 32)
        recorder.case(f"DUMP with a filter of family {family}",
                      o.message(o.DUMP, 0, [octets[:36] + struct.pack("=H", family) + octets[38:]]))
    for satype in (2, 3, 9, 0):
        recorder.case(f"FLUSH of satype {satype} among many", o.message(o.FLUSH, satype))
    recorder.case("X_SPDFLUSH of many", o.message(o.X_SPDFLUSH))
    recorder.make([])


def large_dumps(recorder):
    """More than a socket holds at once: all of it comes, in order, and a second dump is refused until it has."""
    recorder.make([])
    recorder.begin("many SAs")
    for number in range(1200):
        recorder._quietly(o.message(o.ADD, o.ESP, [o.association(0x10000 + number), *ENDS, *KEYS]))
    recorder.begin("DUMP of 1200")
    found = recorder.exchange(o.message(o.DUMP, o.ESP), quiet=True)
    whole = hashlib.sha256("\n".join(recorder.masks.message(octets) for _, octets in found).encode()).hexdigest()
    recorder.line("main", f"{len(found)} messages, digest {whole}")
    sock = recorder.sockets["main"]
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 20000)
    recorder.begin("a second DUMP during the first")
    recorder.send(o.message(o.DUMP, o.ESP))
    recorder.send(o.message(o.X_SPDDUMP))
    recorder.send(GET)
    answers, numbers = [], []
    for octets in rest(recorder, sock):
        kind, error, sequence = octets[1], octets[2], struct.unpack_from("=I", octets, 8)[0]
        if kind == o.DUMP and not error:
            numbers.append(sequence)
        else:
            answers.append((o.MESSAGES[kind], error))
    in_order = numbers == list(range(1, len(numbers))) + [0]
    recorder.line("main", f"{len(numbers)} messages, in order: {in_order}, others: {sorted(answers)}")
    recorder.open("main")
    recorder.make([])


def rest(recorder, sock):
    """All that comes until the last of a dump."""
    sock.settimeout(5)
    while True:
        try:
            octets = sock.recv(1 << 16)
        except TimeoutError:
            recorder.line("main", "the dump did not end")
            return
        yield octets
        if octets[1] == o.DUMP and not octets[2] and octets[8:12] == bytes(4):
            sock.settimeout(None)
            return
