#!/usr/bin/python3
# usage: swiftesp-matrix.py EAST WEST EAST-DEVICE WEST-DEVICE PLAN WIRE   the matrix of esp-matrix over this kernel
#
# East seals what the plan says, and what leaves it is written to WIRE for `esp-matrix judge`; the engine's packets are
# put on the wire, and west has to open them. Prints a line for each failure, what the kernel lacks, and the counts.
import ctypes, re, select, socket, struct, subprocess, sys, time

east, west, east_device, west_device, plan_file, wire_file = sys.argv[1:]
libc = ctypes.CDLL(None, use_errno=True)
passed = failed = 0
started = time.monotonic()


def step(text):
    print(f"      {time.monotonic() - started:5.1f} s: {text}", flush=True)


def report(good, text):
    global passed, failed
    if good:
        passed += 1
    else:
        failed += 1
        print("FAIL  " + text)


def enter(namespace):
    with open("/run/netns/" + namespace) as file:
        if libc.setns(file.fileno(), 0x40000000) != 0:
            raise OSError(ctypes.get_errno(), "setns")


class Case:
    def __init__(self, words):
        (self.number, self.name, self.protocol, self.mode, self.source, self.destination, self.inner_source,
         self.inner_destination, self.kernel_spi, self.engine_spi, self.algorithms, self.first, self.udp,
         self.kernel_cpi, self.engine_cpi) = words
        # What it is in `ip xfrm`, and the mode of its outermost SA: ESP around IPComp is in transport mode.
        self.protocol = {"ipcomp": "comp"}.get(self.protocol, self.protocol)
        self.bundled = self.kernel_cpi != "-"
        self.send, self.inject, self.wire, self.arrived = [], [], [], []
        self.refused = self.lacking = None

    def states(self, spi, cpi, direction):
        lines = [self.state(spi, direction)]
        if self.bundled:
            lines.append(f"{self.state_words('comp', cpi, self.mode)} comp deflate sel {self.selector()}\n")
        return lines

    def state_words(self, protocol, spi, mode):
        return (f"xfrm state add src {self.source} dst {self.destination} proto {protocol} spi {spi} "
                f"reqid {int(self.number) + 1} mode {mode}")

    def state(self, spi, direction):
        line = f"{self.state_words(self.protocol, spi, 'transport' if self.bundled else self.mode)} {self.algorithms} "
        if self.protocol == "comp":
            pass
        elif self.first == "-":
            line += "replay-window 32 "
        else:
            high, low = divmod(int(self.first), 1 << 32)
            which = "oseq" if direction == "out" else "seq"
            line += f"replay-window 64 flag esn replay-{which} {low} replay-{which}-hi {high} "
        if self.udp == "udp":
            line += f"encap espinudp 4500 4500 {'0.0.0.0' if ':' not in self.source else '::'} "
        return line + f"sel {self.selector()}\n"

    def selector(self):
        bits = 128 if ":" in self.inner_source else 32
        return f"src {self.inner_source}/{bits} dst {self.inner_destination}/{bits}"

    def policy(self, direction):
        ends = f"src {self.source} dst {self.destination}"
        request = f"reqid {int(self.number) + 1}"
        line = f"xfrm policy add dir {direction} {self.selector()} priority 10 "
        if self.bundled:
            # The innermost first.
            return line + f"tmpl {ends} proto comp {request} mode {self.mode} tmpl {ends} proto esp {request} mode transport\n"
        return line + f"tmpl {ends} proto {self.protocol} {request} mode {self.mode}\n"


def read_plan():
    cases = {}
    for line in open(plan_file):
        kind, number, *words = line.rstrip("\n").split("\t")
        if kind == "case":
            cases[number] = Case([number] + words)
        elif kind == "send":
            cases[number].send.append(bytes.fromhex(words[0]))
        elif kind == "inject":
            cases[number].inject.append((bytes.fromhex(words[0]), bytes.fromhex(words[1])))
        else:
            cases[number].refused = words[0]
    return cases


def entries(namespace, table):
    listing = subprocess.run(["ip", "-n", namespace, "xfrm", table, "list"], text=True, stdout=subprocess.PIPE).stdout
    # The kernel makes SAs of IP in IP beside those of IPComp.
    mark = r"^src " if table == "policy" else r"^\s+proto (?:esp|ah|comp) "
    return len(re.findall(mark, listing, flags=re.M))


def batch(namespace, table, lines):
    """Runs ip's commands, of which each makes an entry; gives those that failed, each with why.

    ip ends at the first that fails, without saying which: how many entries there are tells."""
    bad = []
    before = entries(namespace, table)
    while lines:
        done = subprocess.run(["ip", "-n", namespace, "-batch", "-"], input="".join(line for _, line in lines),
                              text=True, stderr=subprocess.PIPE)
        if done.returncode == 0:
            break
        now = entries(namespace, table)
        made, before = now - before, now
        bad.append((lines[made][0], lines[made][1], done.stderr.strip()))
        lines = lines[made + 1:]
    return bad


def databases(cases):
    for namespace, direction in ((east, "out"), (west, "in")):
        lines = [(case, line) for case in cases for line in case.states(case.kernel_spi, case.kernel_cpi, direction)]
        if direction == "in":
            lines += [(case, line) for case in cases for line in case.states(case.engine_spi, case.engine_cpi, direction)]
        for case, line, said in batch(namespace, "state", lines):
            if "not found" in said or "No such file" in said or "not implemented" in said:
                case.lacking = case.algorithms
            else:
                report(False, f"{case.name}: {line.strip()}: {said}")
        lines = [(case, case.policy(direction)) for case in cases if not case.lacking]
        # What is in UDP reaches its socket by a policy of its own, as IKE daemons have one for their socket.
        for any in ("0.0.0.0/0", "::/0") if direction == "in" else ():
            lines.append((cases[0], f"xfrm policy add dir in src {any} dst {any} proto udp dport 4500 priority 1\n"))
        for case, line, said in batch(namespace, "policy", lines):
            report(False, f"{case.name}: its policy: {said}")


def routes():
    for namespace, device, other, mine in ((east, east_device, 2, (1, 3)), (west, west_device, 1, (2, 4))):
        theirs = (2, 4) if namespace == east else (1, 3)
        lines = [f"link set {device} mtu 9216\n"]
        for number in mine:
            lines.append(f"route add local 10.{number}.0.0/16 dev lo\n")
            lines.append(f"-6 route add local fd00:{number}::/32 dev lo\n")
        for number in theirs:
            lines.append(f"route add 10.{number}.0.0/16 via 192.0.2.{other} dev {device}\n")
            lines.append(f"-6 route add fd00:{number}::/32 via 2001:db8::{other} dev {device}\n")
        for line in lines:
            done = subprocess.run(["ip", "-n", namespace] + line.split(), stderr=subprocess.PIPE, text=True)
            report(done.returncode == 0, f"{namespace}: {line}: {done.stderr}")


def addresses(packet):
    if packet[0] >> 4 == 4:
        return socket.inet_ntop(socket.AF_INET, packet[16:20])
    return socket.inet_ntop(socket.AF_INET6, packet[24:40])


def protected(packet):
    if packet[0] >> 4 == 4:
        number, rest = packet[9], packet[20:]
    else:
        number, rest = packet[6], packet[40:]
    return number in (50, 51, 108) or (number == 17 and rest[:4] == b"\x11\x94\x11\x94")


def kernel_seals(cases):
    enter(east)
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3))
    wire.setsockopt(socket.SOL_SOCKET, 33, 1 << 24)
    wire.bind((east_device, 3))
    by_destination = {case.destination: case for case in cases}
    for case in cases:
        # A socket for packets with their headers; policies go by its own address, not by those of the packets.
        raw = socket.socket(socket.AF_INET6 if ":" in case.inner_source else socket.AF_INET, socket.SOCK_RAW, 255)
        # That address need be on no device (IP_FREEBIND, IPV6_FREEBIND).
        raw.setsockopt(*((socket.IPPROTO_IPV6, 78, 1) if raw.family == socket.AF_INET6 else (0, 15, 1)))
        raw.bind((case.inner_source, 0))
        for packet in case.send:
            try:
                raw.sendto(packet, (case.inner_destination, 0))
            except OSError as error:
                report(False, f"{case.name}: the kernel does not seal: {error}")
                break
        deadline = time.monotonic() + (2 if any(one.wire for one in cases) else 0.2)
        while len(case.wire) < len(case.send) and time.monotonic() < deadline:
            if not select.select([wire], [], [], 0.2)[0]:
                continue
            packet, (_, _, kind, _, _) = wire.recvfrom(65535)
            if kind == 4 and protected(packet):
                owner = by_destination.get(addresses(packet))
                if owner:
                    owner.wire.append(packet)
    wire.close()
    with open(wire_file, "w") as file:
        for case in cases:
            for packet in case.wire:
                file.write(f"wire {case.number} {packet.hex()}\n")


def kernel_opens(cases):
    enter(west)
    receivers = []
    for family in (socket.AF_INET, socket.AF_INET6):
        receiver = socket.socket(family, socket.SOCK_DGRAM)
        if family == socket.AF_INET6:
            receiver.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        receiver.setsockopt(socket.SOL_SOCKET, 33, 1 << 24)
        receiver.bind(("", 7777))
        receivers.append(receiver)
    return receivers


def encapsulation_sockets():
    enter(west)
    sockets = []
    for family in (socket.AF_INET, socket.AF_INET6):
        made = socket.socket(family, socket.SOCK_DGRAM)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind(("", 4500))
        made.setsockopt(17, 100, 2)
        sockets.append(made)
    return sockets


def engine_seals(cases, receivers):
    enter(east)
    link = subprocess.run(["ip", "-n", west, "-o", "link", "show", "dev", west_device], text=True, stdout=subprocess.PIPE)
    address = re.search(r"link/ether ([0-9a-f:]+)", link.stdout).group(1)
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0)
    to = bytes.fromhex(address.replace(":", ""))
    for case in cases:
        for packet, _ in case.inject:
            kind = 0x0800 if packet[0] >> 4 == 4 else 0x86dd
            wire.sendto(packet, (east_device, kind, 0, 0, to))
        wanted = len(case.inject)
        deadline = time.monotonic() + (2 if any(one.arrived for one in cases) else 0.2)
        while len(case.arrived) < wanted and time.monotonic() < deadline:
            for receiver in select.select(receivers, [], [], 0.2)[0]:
                payload, sender = receiver.recvfrom(65535)
                case.arrived.append((payload, sender[0]))


def drain(receivers):
    found = []
    while True:
        ready = select.select(receivers, [], [], 0.5)[0]
        if not ready:
            return found
        for receiver in ready:
            found.append(receiver.recvfrom(65535))


def counters():
    text = subprocess.run(["ip", "-n", west, "-s", "xfrm", "state"], stdout=subprocess.PIPE, text=True).stdout
    counts = {}
    for part in re.split(r"^src ", text, flags=re.M)[1:]:
        spi = re.search(r"spi (0x[0-9a-f]+)", part).group(1)
        counts[spi] = (int(re.search(r"\(bytes\), (\d+)\(packets\)\s+add", part).group(1)),
                       re.search(r"stats:\s+(.*)", part).group(1))
    return counts


def main():
    cases = list(read_plan().values())
    routes()
    step("addresses and routes are made")
    databases(cases)
    step("SAs and policies are made")
    lacking = [case.lacking for case in cases if case.lacking]
    for words in sorted(set(re.sub(r" 0x[0-9a-f]+", "", words) for words in lacking)):
        print(f"      this kernel takes no SA with: {words}")
    there = [case for case in cases if not case.lacking]
    sockets = encapsulation_sockets()
    receivers = kernel_opens(there)
    kernel_seals(there)
    with open(wire_file, "a") as file:
        for case in cases:
            if case.lacking:
                file.write(f"lacks {case.number}\n")
    step("the kernel has sealed")
    sent = sum(len(case.send) for case in there)
    arrived = len(drain(receivers))
    report(arrived == sent, f"between the kernels alone: {arrived} of {sent} packets arrived")
    ours = [case for case in there if not case.refused]
    for case in there:
        if case.refused:
            report(False, f"{case.name}: {case.refused}")
    engine_seals(ours, receivers)
    step("the engine's packets are sent")
    counts = counters()
    for case in ours:
        source = case.inner_source
        # The kernel may decrypt packets of one SA side by side: their order is not judged.
        good = sorted(payload for _, payload in case.inject)
        got = sorted(payload for payload, sender in case.arrived if sender == source)
        report(got == good, f"{case.name}: we seal, the kernel opens: {len(got)} of {len(good)} arrived")
        count = counts.get(case.engine_spi, (0, ""))
        report(count[0] == len(good), f"{case.name}: the kernel's SA counted {count}")
    for namespace in (east, west):
        enter(namespace)
        bad = [line.strip() for line in open("/proc/net/xfrm_stat") if not line.split()[1] == "0"]
        report(not bad, f"{namespace}'s kernel counted errors: {bad}")
    print(f"matrix: {passed} passed, {failed} failed; {len(there)} of {len(cases)} SAs, {sent} packets sealed by the kernel, "
          f"{sum(len(case.inject) for case in ours)} by the engine")
    return 0 if failed == 0 else 1


sys.exit(main())
