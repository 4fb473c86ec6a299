#!/usr/bin/python3
"""usage: hostile.py SOCKET SERVER-PID   what hostile clients of swiftpfkeyd do, while another one is served all the time.

Runs in a network namespace of its own. The one that is served says its time for each request; it must get every answer, right,
and the server must be what it was when the others have gone: no descriptor and hardly any memory more.
"""
import array
import os
import signal
import socket
import struct
import sys
import time

import octets as o

HELLO = b"SWPFKEY1" + bytes(8)
PATIENCE, TURNS, MANY = 20, 20, 60
INSIDE = [o.source("10.1.0.0/24", 0, 255), o.destination("10.2.0.0/24", 0, 255)]
GET_NOTHING = o.message(o.X_SPDGET, 0, [o.policy(1, 2, 1 << 20 | 1)])


def connected(path):
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    # While it does not wait, a full queue refuses it at once.
    sock.connect(path)
    sock.settimeout(PATIENCE)
    return sock


def with_rights(sock, octets, *descriptors):
    sock.sendmsg([octets], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))])


class Client:
    """One that says hello as it should, and waits after each message."""

    def __init__(self, path):
        self.socket = connected(path)
        self.acknowledged, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.acknowledged.settimeout(PATIENCE)
        kernel = [socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 6) for _ in range(2)]
        with_rights(self.socket, HELLO, theirs.fileno(), *(sock.fileno() for sock in kernel))
        theirs.close()
        for sock in kernel:
            sock.close()
        assert self.acknowledged.recv(16) == b"\0", "the hello is refused"

    def send(self, octets):
        self.socket.send(octets)

    def asked(self, octets):
        """The answer, which is there once the message is acknowledged."""
        self.send(octets)
        assert self.acknowledged.recv(16) == b"\0", "the message is refused"
        while True:
            answer = self.socket.recv(1 << 16, socket.MSG_DONTWAIT)
            if answer[1] == octets[1] and answer[8:12] == octets[8:12]:
                return answer

    def close(self):
        self.socket.close()
        self.acknowledged.close()


def policies(client, count):
    for number in range(count):
        near = o.source(f"172.{16 + (number >> 8)}.{number & 255}.0/24", 0, 255)
        client.asked(o.message(o.X_SPDADD, 0, [near, INSIDE[1], o.policy(1, 2)]))


# What hostile clients do; each returns what is to be kept open.

def silent(path):
    return [connected(path) for _ in range(MANY)]


def half_a_hello(path):
    clients = silent(path)
    for number, sock in enumerate(clients):
        sock.send(HELLO[:1 + number % 15])
    return clients


def hello_with_anything(path):
    """Descriptors that are no netlink sockets, too few and far too many."""
    clients, null = silent(path), os.open("/dev/null", os.O_RDWR)
    for number, sock in enumerate(clients):
        with_rights(sock, HELLO, *[null] * (1 + number % 250))
    os.close(null)
    return clients


def not_pf_key(path):
    clients = [Client(path) for _ in range(MANY // 4)]
    for number, client in enumerate(clients):
        for octets in (b"\0" * 16, b"\2", bytes(range(256)), o.message(99), o.message(o.ADD, 3, words=9), os.urandom(4000)):
            client.send(octets + bytes(number))
    return clients


def unread_dumps(path):
    clients = [Client(path) for _ in range(MANY // 4)]
    for client in clients:
        for _ in range(50):
            try:
                client.socket.send(o.message(o.X_SPDDUMP), socket.MSG_DONTWAIT)
            except BlockingIOError:
                break
    return clients


def half_read(path):
    clients = unread_dumps(path)
    for client in clients:
        client.socket.recv(8)
    return clients


def unread_broadcasts(path):
    """Promiscuous ones hear all that others say, and do not listen."""
    clients = [Client(path) for _ in range(MANY // 4)]
    for client in clients:
        client.asked(o.message(o.X_PROMISC, 1))
    return clients


def descriptors_with_each(path):
    clients, null = [Client(path) for _ in range(MANY // 10)], os.open("/dev/null", os.O_RDWR)
    for client in clients:
        for count in (1, 2, 100, 250):
            with_rights(client.socket, GET_NOTHING, *[null] * count)
    os.close(null)
    return clients


def gone_at_once(path):
    for _ in range(MANY):
        client = Client(path)
        client.send(o.message(o.X_SPDDUMP))
        client.close()
    return []


def killed(path):
    """A process that floods, and ends in the middle of it."""
    child = os.fork()
    if child == 0:
        try:
            client = Client(path)
            client.socket.settimeout(None)
            while True:
                client.send(o.message(o.X_SPDDUMP))
        finally:
            os._exit(1)
    time.sleep(0.2)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return []


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def resident(pid):
    with open(f"/proc/{pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * 4


def served(client, path, name, pid):
    """The good one's requests while hostile ones are there; true if each has its answer."""
    began, longest = time.monotonic(), 0.0
    try:
        hostile = HOSTILE[name](path)
        for number in range(TURNS):
            start = time.monotonic()
            seq = 1000 + number
            added = client.asked(o.message(o.X_SPDADD, 0, [*INSIDE, o.policy(1, 2)], seq=seq))
            again = client.asked(o.message(o.X_SPDADD, 0, [*INSIDE, o.policy(1, 2)], seq=seq))
            deleted = client.asked(o.message(o.X_SPDDELETE, 0, [*INSIDE, o.policy(1, 2)], seq=seq))
            assert (added[2], again[2], deleted[2]) == (0, 17, 0), (added[2], again[2], deleted[2])
            longest = max(longest, time.monotonic() - start)
        most = resident(pid)
        for one in hostile:
            one.close()
    except (OSError, AssertionError) as error:
        print(f"FAIL  {name.replace('_', ' ')}: {error!r}")
        return False
    print(f"ok    {name.replace('_', ' ')}: three requests took {longest * 1000:.0f} ms at most, {most} KiB resident, "
          f"{time.monotonic() - began:.1f} s in all")
    return True


HOSTILE = {function.__name__: function for function in (
    silent, half_a_hello, hello_with_anything, not_pf_key, unread_dumps, half_read, unread_broadcasts, descriptors_with_each,
    gone_at_once, killed)}


def settled(pid, wanted):
    """Descriptors, once what has gone was let go."""
    end = time.monotonic() + PATIENCE
    while descriptors(pid) > wanted and time.monotonic() < end:
        time.sleep(0.05)
    return descriptors(pid)


def main(path, pid):
    client = Client(path)
    policies(client, 300)
    before, memory = descriptors(pid), resident(pid)
    good = [served(client, path, name, pid) for name in HOSTILE]
    after = settled(pid, before)
    good.append(after == before)
    print(f"{'ok   ' if good[-1] else 'FAIL '} descriptors: {before} before, {after} after")
    good.append(resident(pid) < memory + 65536)
    print(f"{'ok   ' if good[-1] else 'FAIL '} memory: {memory} KiB before, {resident(pid)} KiB after")
    print(f"\n{sum(good)} passed, {len(good) - sum(good)} failed")
    return 0 if all(good) else 1


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], int(sys.argv[2])))
