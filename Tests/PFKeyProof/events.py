"""What happens without a request: changes by others, expiries, packets that want an SA, moved peers, policies of sockets."""
import ctypes
import os
import socket
import struct
import subprocess
import time

import octets as o
from matrix import ENDS, FAR, INSIDE, KEYS, NEAR, TUNNEL, WORLD
from recorder import error_name

GET = o.message(o.GET, o.ESP, [o.association(0x1000), *ENDS])
TRANSPORT = o.policy(2, 2, 0, 0, [o.request(50, 1)])
HOSTS = [o.source(NEAR, 0, 255), o.destination(FAR, 0, 255)]


def run(recorder):
    recorder.ip = Iproute()
    for part in (by_iproute, expiries, expiries_by_traffic, acquires, answered_acquires, migrations, mappings, socket_policies):
        recorder.open("main", "registered", "unregistered", "promiscuous")
        recorder.begin("listeners")
        for who, octets in (("registered", o.message(o.REGISTER, o.ESP)), ("promiscuous", o.message(o.X_PROMISC, 1))):
            recorder.send(octets, who)
        recorder.drain(quiet=True)
        recorder.make([])
        began = time.monotonic()
        part(recorder)
        print(f"  {part.__name__}: {time.monotonic() - began:.1f} s", flush=True)
    recorder.ip.end()
    recorder.open("main")


class Iproute:
    """One iproute2 for many changes: starting a program takes longer than all that it then does."""

    def __init__(self, *options):
        self.options = options
        self.start()

    def start(self):
        # What was preloaded here is not for others.
        clean = {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}
        self.process = subprocess.Popen(["stdbuf", "-oL", "ip", *self.options, "-force", "-batch", "-"], env=clean, text=True,
                                        bufsize=1, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def run(self, words):
        """Does it, and says what iproute2 said."""
        self.process.stdin.write(words + "\nxfrm state count\n")
        told = []
        while (line := self.process.stdout.readline()) and "SAD count" not in line:
            told.append(line.strip())
        if not line:
            # It gave up over what it could not read.
            self.start()
        return [line for line in told if not line.startswith("Command failed")]

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def iproute(recorder, words, name=None):
    recorder.begin(f"ip {name or words}")
    recorder.masks.forget()
    for line in recorder.ip.run(words):
        recorder.line("ip", line)
    recorder.gather()


def socket_within(namespace, family, kind):
    """A socket of another network namespace."""
    here = os.open("/proc/self/ns/net", os.O_RDONLY)
    there = os.open(f"/run/netns/{namespace}", os.O_RDONLY)
    library = ctypes.CDLL(None)
    library.setns(there, 0)
    sock = socket.socket(family, kind)
    library.setns(here, 0)
    os.close(here)
    os.close(there)
    return sock


def by_iproute(recorder):
    """SAs and policies that others make and change: those that PF_KEY can tell, and those that it cannot."""
    keys = "enc cbc(aes) 0x000102030405060708090a0b0c0d0e0f auth hmac(sha1) 0x000102030405060708090a0b0c0d0e0f10111213"
    who = f"src {NEAR} dst {FAR} proto esp"
    state, forward = "xfrm state", "src 10.1.0.0/24 dst 10.2.0.0/24"
    recorder.masks.spis.update(range(0x3000, 0x3010))
    for words in (
            f"{state} add {who} spi 0x3000 reqid 9 mode tunnel {keys}",
            f"{state} update {who} spi 0x3000 reqid 9 mode tunnel {keys} limit time-hard 1000",
            f"{state} delete {who} spi 0x3000",
            f"{state} add {who} spi 0x3001 mode transport auth-trunc hmac(sha256) 0x{'00' * 32} 128 enc cbc(aes) 0x{'00' * 16}",
            f"{state} add {who} spi 0x3002 mode tunnel aead rfc4106(gcm(aes)) 0x{'00' * 20} 128",
            f"{state} add {who} spi 0x3003 mode tunnel {keys} replay-window 32 replay-seq 5 flag esn",
            f"{state} add {who} spi 0x3004 mode beet {keys} flag noecn nopmtudisc af-unspec sel src 10.1.0.0/24 dst 10.2.0.0/24",
            f"{state} add {who} spi 0x3005 mode transport {keys} encap espinudp 4500 4501 0.0.0.0",
            f"{state} add {who} spi 0x3006 mode tunnel {keys} mark 5 mask 7",
            f"{state} add {who} spi 0x3007 mode tunnel {keys} if_id 3 output-mark 9",
            f"{state} add {who} spi 0x3008 mode transport {keys} sel src {NEAR} dst {FAR} proto udp sport 5 dport 6",
            f"{state} add src {NEAR} dst {FAR} proto esp spi 0x3009 mode tunnel auth-trunc digest_null 0x 0 enc ecb(cipher_null) 0x",
            f"{state} add src {NEAR} dst {FAR} proto ah spi 0x300a mode transport auth cmac(aes) 0x{'00' * 16}",
            f"{state} add src {NEAR} dst {FAR} proto comp spi 0x300b mode transport comp deflate",
            f"{state} add src 2001:db8::1 dst 2001:db8::2 proto route2 spi 0 mode ro coa 2001:db8::3",
            f"{state} allocspi {who} mode tunnel min 0x300c max 0x300c"):
        iproute(recorder, words)
    recorder.case("DUMP of what others made", o.message(o.DUMP))
    for spi in (0x3002, 0x3006, 0x3007, 0x3008):
        recorder.case(f"GET of {spi:#x} that others made", o.message(o.GET, o.ESP, [o.association(spi), *ENDS]))
    iproute(recorder, f"{state} deleteall proto ah")
    iproute(recorder, f"{state} flush proto esp")
    iproute(recorder, f"{state} flush")
    iproute(recorder, f"{state} flush", f"{state} flush of nothing")
    tunnel = f"tmpl src {NEAR} dst {FAR} proto esp reqid 4 mode tunnel"
    for words in (
            f"xfrm policy add {forward} dir out priority 5 {tunnel}", f"xfrm policy update {forward} dir out priority 6 {tunnel} level use",
            f"xfrm policy add {forward} dir in mark 3 {tunnel}", f"xfrm policy add {forward} dir fwd if_id 4 {tunnel}",
            f"xfrm policy add {forward} dir in ptype sub", f"xfrm policy add {forward} proto tcp sport 7 dport 8 dir out action block",
            f"xfrm policy add src 2001:db8::/32 dst ::/0 proto ipv6-icmp type 8 code 1 dir in flag icmp limit time-hard 1000",
            f"xfrm policy add src 10.7.0.0/16 dst 10.8.0.0/16 dir out tmpl proto ah mode transport tmpl proto comp mode transport level use",
            "xfrm policy add src 10.9.0.0/16 dst 10.8.0.0/16 dir out tmpl proto esp mode beet reqid 5", "xfrm policy setdefault in block",
            "xfrm policy setdefault in accept"):
        iproute(recorder, words)
    recorder.case("X_SPDDUMP of what others made", o.message(o.X_SPDDUMP))
    for words in (f"xfrm policy delete {forward} dir out", f"xfrm policy delete {forward} dir in mark 3",
                  f"xfrm policy delete {forward} dir fwd if_id 4", "xfrm policy flush ptype sub", "xfrm policy flush"):
        iproute(recorder, words)
    iproute(recorder, "xfrm policy flush", "xfrm policy flush of nothing")


def set_acquired_seconds(seconds):
    with open("/proc/sys/net/core/xfrm_acq_expires", "w", encoding="ascii") as file:
        file.write(str(seconds))


def expiries(recorder):
    """By the clock: soft, then hard; policies without a word; what GETSPI reserved."""
    set_acquired_seconds(1)
    soft_and_hard = [o.lifetime(o.EXT_LIFETIME_HARD, added=2), o.lifetime(o.EXT_LIFETIME_SOFT, added=1)]
    at_once = [o.lifetime(o.EXT_LIFETIME_HARD, added=1), o.lifetime(o.EXT_LIFETIME_SOFT)]
    recorder.begin("an SA that expires")
    recorder.exchange(o.message(o.ADD, o.ESP, [o.association(0x1001), *soft_and_hard, *ENDS, *KEYS, o.sa2(2, 3), *o.encapsulation(),
                                               o.address(o.EXT_ADDRESS_PROXY, "10.9.0.0/16")]))
    recorder.gather(registered=3)
    recorder.begin("an SA of AH that expires")
    recorder.exchange(o.message(o.ADD, o.AH, [o.association(0x1001, encrypt=0), *at_once, *ENDS, KEYS[0]]))
    recorder.gather(registered=2)
    recorder.begin("an SA of IPComp and a policy that expire")
    recorder.exchange(o.message(o.X_SPDADD, 0, [*INSIDE, o.policy(1, 2), *at_once]))
    recorder.exchange(o.message(o.ADD, o.IPCOMP, [o.association(0x1001, 0, auth=0, encrypt=2), *at_once, *ENDS]))
    recorder.gather(registered=3)
    recorder.begin("GETSPI that expires")
    recorder.exchange(o.message(o.GETSPI, o.ESP, [*ENDS, o.spi_range(0x2000, 0x2000), o.sa2(2, 3)]))
    recorder.gather(registered=1)
    recorder.begin("an SA that others made expires")
    recorder.ip.run(f"xfrm state add src {NEAR} dst {FAR} proto esp spi 0x3000 mode tunnel "
                    f"aead rfc4106(gcm(aes)) 0x{'00' * 20} 128 limit time-hard 1")
    recorder.gather(registered=2)
    set_acquired_seconds(30)


def packet(port=9, family=socket.AF_INET, from_port=7777):
    """One datagram to the other host; what became of it."""
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        try:
            sock.bind(("", from_port))
            sock.sendto(b"x" * 10, (FAR if family == socket.AF_INET else "2001:db8::2", port))
        except OSError as error:
            return error_name(error)
    return "sent"


def packets(recorder, count, **options):
    for _ in range(count):
        recorder.line("packet", packet(**options))


def expiries_by_traffic(recorder):
    for name, hard, soft in (("packets", {"allocations": 4}, {"allocations": 2}), ("octets", {"octets": 80}, {"octets": 40})):
        limits = [o.lifetime(o.EXT_LIFETIME_HARD, **hard), o.lifetime(o.EXT_LIFETIME_SOFT, **soft)]
        recorder.make([o.message(o.X_SPDADD, 0, [*HOSTS, TRANSPORT])])
        recorder.begin(f"an SA that expires by {name}")
        recorder.exchange(o.message(o.ADD, o.ESP, [o.association(0x1001), *limits, *ENDS, *KEYS]))
        packets(recorder, 3)
        recorder.gather()
        recorder.begin(f"an SA with {name} used")
        recorder.exchange(o.message(o.GET, o.ESP, [o.association(0x1001), *ENDS]))
        packets(recorder, 2)
        recorder.gather(registered=1)
        recorder.begin(f"a packet after all {name}")
        packets(recorder, 1)
        recorder.gather()
        recorder.state()


def acquires(recorder):
    """A packet that wants an SA tells it to those who registered, once."""
    wanted = {
        "esp": [o.request(50, 1)], "ah": [o.request(51, 1)], "both": [o.request(51, 1), o.request(50, 1)],
        "ipcomp": [o.request(108, 1), o.request(50, 1)], "unique": [o.request(50, 1, 3, 12)],
        "tunnel": [o.request(50, 2, 2, 0, (NEAR, FAR))], "use": [o.request(50, 1, 1)],
    }
    for name, requests in wanted.items():
        recorder.make([o.message(o.X_SPDADD, 0, [*HOSTS, o.policy(2, 2, 0, 17, requests)])])
        recorder.begin(f"ACQUIRE for {name}")
        recorder.masks.forget()
        packets(recorder, 2)
        recorder.gather()
        recorder.state()
    recorder.make([])
    iproute(recorder, f"xfrm policy add src {NEAR}/32 dst {FAR}/32 dir out priority 3 tmpl proto esp mode transport")
    recorder.begin("ACQUIRE for a policy that others made")
    recorder.masks.forget()
    packets(recorder, 1)
    recorder.gather()
    six = [o.source("2001:db8::1", 0, 255), o.destination("2001:db8::2", 0, 255)]
    recorder.make([o.message(o.X_SPDADD, 0, [*six, TRANSPORT])])
    recorder.begin("ACQUIRE over IPv6")
    packets(recorder, 1, family=socket.AF_INET6)
    recorder.gather()
    recorder.case("DUMP of what is acquired", o.message(o.DUMP))
    recorder.make([o.message(o.X_SPDADD, 0, [*HOSTS, TRANSPORT])])
    recorder.begin("two that registered")
    recorder.exchange(o.message(o.REGISTER, o.AH), who="unregistered")
    packets(recorder, 1)
    recorder.gather()
    recorder.open("main", "unregistered")
    recorder.make()
    recorder.begin("nobody registered")
    packets(recorder, 1)
    recorder.gather()
    recorder.state()


def answered_acquires(recorder):
    """What a daemon answers: that it cannot; SAs with the number of the question."""
    def asked(name):
        recorder.make([o.message(o.X_SPDADD, 0, [*HOSTS, TRANSPORT])])
        recorder.begin(name)
        recorder.masks.forget()
        packets(recorder, 1)
        recorder.gather(registered=1)
        recorder.begin(name + ", the answer")
        return recorder.last["registered"][8:12]

    def answer(number, octets, who="registered"):
        recorder.exchange(octets[:8] + number + octets[12:], who)

    number = asked("ACQUIRE answered by an SA")
    answer(number, o.message(o.GETSPI, o.ESP, [o.source(FAR), o.destination(NEAR), o.spi_range(0x2000, 0x2000)]))
    answer(number, o.message(o.ADD, o.ESP, [o.association(0x1001), *ENDS, *KEYS]))
    packets(recorder, 1)
    answer(number, o.message(o.GET, o.ESP, [o.association(0x1001), *ENDS]))
    recorder.state()
    number = asked("ACQUIRE answered by GETSPI of its own SA")
    answer(number, o.message(o.GETSPI, o.ESP, [*ENDS, o.spi_range(0x2000, 0x2000)]))
    answer(number, o.message(o.UPDATE, o.ESP, [o.association(0x2000), *ENDS, *KEYS]))
    packets(recorder, 1)
    recorder.state()
    number = asked("ACQUIRE answered by an error")
    answer(number, o.message(o.ACQUIRE, o.ESP, errno=22))
    recorder.begin("ACQUIRE after an error")
    packets(recorder, 1)
    recorder.gather()


def migrations(recorder):
    near, far, other = ("192.0.2.1", "192.0.2.2"), ("192.0.2.11", "192.0.2.12"), ("192.0.2.21", "192.0.2.22")
    six, other_six = ("2001:db8::1", "2001:db8::2"), ("2001:db8::11", "2001:db8::12")

    def pair(one, two, protocol=50, mode=2, level=3, reqid=7):
        return [o.request(protocol, mode, level, reqid, one), o.request(protocol, mode, level, reqid, two)]

    def migrate(name, requests, *more, direction=2, satype=o.ESP, ends=None):
        recorder.case("X_MIGRATE " + name, o.message(o.X_MIGRATE, satype, [*(ends or INSIDE), o.policy(2, direction, 0, 0, requests), *more]))

    recorder.make(WORLD)
    migrate("of a tunnel", pair(near, far))
    migrate("with the key manager's addresses", pair(near, far), o.key_manager("192.0.2.31", "192.0.2.32"))
    migrate("with the key manager's addresses of IPv6", pair(near, far), o.key_manager(*six))
    migrate("with half of the key manager's addresses", pair(near, far), o.extension(o.EXT_X_KMADDRESS, bytes(4) + o.sockaddr(NEAR)))
    migrate("with the key manager's addresses of both families", pair(near, far), o.key_manager(NEAR, "2001:db8::1"))
    migrate("to another family", pair(near, six))
    migrate("of another reqid", pair(near, far, reqid=8))
    migrate("of any reqid", pair(near, far, level=2, reqid=0))
    migrate("of another protocol", pair(near, far, 51))
    migrate("of another mode", pair(near, far, mode=1))
    migrate("of an unknown mode", pair(near, far, mode=9))
    migrate("of an unknown protocol", pair(near, far, 99))
    migrate("of other ends", pair(other, far))
    migrate("to where it is", pair(near, near))
    migrate("of nothing", [])
    migrate("of half a pair", pair(near, far)[:1])
    migrate("of a pair and a half", pair(near, far) + pair(other, far)[:1])
    migrate("of two pairs", pair(near, far) + pair(other, far))
    migrate("of two equal pairs", pair(near, far) * 2)
    migrate("of seven pairs", [octets for number in range(7) for octets in pair((f"192.0.2.{number + 50}", "192.0.2.2"), far)])
    migrate("of requests that differ", pair(near, far)[:1] + pair(near, far, 51)[1:])
    migrate("of requests whose modes differ", pair(near, far)[:1] + pair(near, far, mode=1)[1:])
    migrate("of requests whose reqids differ", pair(near, far)[:1] + pair(near, far, reqid=9)[1:])
    for direction in (0, 1, 3, 4):
        migrate(f"of direction {direction}", pair(near, far), direction=direction)
    for satype in (0, 2, 10):
        migrate(f"of satype {satype}", pair(near, far), satype=satype)
    migrate("of another policy", pair(near, far), ends=[o.source("10.7.0.0/24"), o.destination("10.8.0.0/24")])
    migrate("with too short a request", [o.request(50, 2, 3, 7, near, length=24)])
    recorder.make([o.message(o.ADD, o.ESP, [o.association(0x1000), o.source(six[0]), o.destination(six[1]), *KEYS, o.sa2(2, 7)]),
                   o.message(o.X_SPDADD, 0, [*INSIDE, o.policy(2, 2, 0, 0, [o.request(50, 2, 3, 7, six)])])])
    migrate("of IPv6", pair(six, other_six))
    recorder.make(WORLD[1:])
    migrate("without an SA", pair(near, far))


def mappings(recorder):
    """A peer whose port changes, then whose address does: packets come from the other namespace."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((NEAR, 4500))
    # The kernel takes ESP from this socket.
    sock.setsockopt(17, 100, 2)
    inbound = [o.association(0x1001), o.source(FAR), o.destination(NEAR), *KEYS]
    recorder.begin("a peer behind a port")
    recorder.exchange(o.message(o.ADD, o.ESP, [*inbound, *o.encapsulation(2, 4500, 4500)]))
    peer = Iproute("-n", os.environ["PEER_NAMESPACE"])
    for number, port in enumerate((4500, 5555, 5555)):
        from_the_peer(recorder, peer, port, number)
    recorder.begin("a peer behind another port")
    recorder.exchange(o.message(o.UPDATE, o.ESP, [*inbound, *o.encapsulation(2, 5555, 4500)]))
    from_the_peer(recorder, peer, 5555, 3)
    from_the_peer(recorder, peer, 5556, 4, "192.0.2.3")
    peer.end()
    recorder.state()
    sock.close()


def from_the_peer(recorder, peer, port, number, address=FAR):
    recorder.begin(f"a datagram from {address}, port {port}, as number {number}")
    keys = f"enc cbc(aes) 0x{bytes(range(16)).hex()} auth-trunc hmac(sha1) 0x{bytes(range(20)).hex()} 96"
    peer.run("xfrm state flush")
    told = peer.run(f"xfrm state add src {address} dst {NEAR} proto esp spi 0x1001 mode transport {keys} replay-oseq {number} "
                    f"encap espinudp {port} 4500 0.0.0.0")
    told += peer.run(f"xfrm policy update src {address} dst {NEAR} dir out tmpl proto esp mode transport")
    for line in told:
        recorder.line("ip", line)
    with socket_within(os.environ["PEER_NAMESPACE"], socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((address, 0))
        sock.sendto(b"x", (NEAR, 9))
    recorder.gather()


def socket_policies(recorder):
    """IP_IPSEC_POLICY and IPV6_IPSEC_POLICY: what setsockopt() says, and what policies there are then."""
    def tried(name, value, family=socket.AF_INET, level=0, option=16):
        recorder.begin("policy of a socket: " + name)
        recorder.masks.forget()
        with socket.socket(family, socket.SOCK_DGRAM) as sock:
            try:
                sock.setsockopt(level, option, value)
                recorder.line("setsockopt", "done")
            except OSError as error:
                recorder.line("setsockopt", error_name(error))
            for line in recorder.kernel.lines():
                recorder.line("kernel", line)
            recorder.exchange(o.message(o.X_SPDDUMP))

    def value(*arguments, **more):
        octets = o.policy(*arguments, **more)
        return octets

    for kind in range(0, 6):
        for direction in (0, 1, 2, 3, 4):
            tried(f"type {kind}, direction {direction}", value(kind, direction))
    six = {"family": socket.AF_INET6, "level": 41, "option": 34}
    for name, octets in (("bypass", value(3, 1)), ("bypass out", value(3, 2)), ("none", value(1, 2)),
                         ("required", value(2, 2, requests=[o.request(50, 1)])), ("entrusted", value(4, 1))):
        tried(f"IPv6, {name}", octets, **six)
        tried(f"IPv4's option on a socket of IPv6, {name}", octets, socket.AF_INET6)
    for mode in (0, 1, 2, 3):
        for level in (0, 1, 2, 3):
            tried(f"mode {mode}, level {level}", value(2, 2, requests=[o.request(50, mode, level, 5)]))
    tried("with a priority", value(2, 2, 0, 55, [o.request(50, 1)]))
    tried("two requests", value(2, 1, requests=[o.request(51, 1), o.request(50, 2, 2, 0, (NEAR, FAR))]))
    whole = value(2, 2, requests=[o.request(50, 2)])
    for length in (0, 4, 8, 15, 16, 24, len(whole) - 8, len(whole) - 1):
        tried(f"the first {length} octets", whole[:length])
    tried("octets more", whole + bytes(8))
    tried("a length that is not so", struct.pack("=H", 200) + whole[2:])
    tried("another extension", whole[:2] + struct.pack("=H", 99) + whole[4:])
