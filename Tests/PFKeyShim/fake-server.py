#!/usr/bin/env python3
"""fake-server.py SOCKET FLAGSFILE: as little of a PF_KEY server as the client's library can be judged against.

Each request is answered with a copy of itself, after the twentieth of a second: who does not wait for the acknowledgement
finds no answer. Requests of type 24 have errno 22 as their acknowledgement; those with a wrong version, too. After a
request of type 23 the server ends. The flags of each hello are written to FLAGSFILE, with how many descriptors came.
"""
import array, os, selectors, socket, struct, sys, time

path, notes = sys.argv[1:]
listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
listener.bind(path)
listener.listen(16)
events = selectors.DefaultSelector()
events.register(listener, selectors.EVENT_READ)
acknowledgements = {}


def receive(client):
    data, control, _, _ = client.recvmsg(65536, socket.CMSG_SPACE(64 * 4))
    descriptors = array.array("i")
    for level, kind, octets in control:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            descriptors.frombytes(octets[: len(octets) - len(octets) % 4])
    return data, list(descriptors)


def acknowledge(descriptor, code):
    with socket.socket(fileno=os.dup(descriptor)) as channel:
        try:
            channel.send(bytes([code]), socket.MSG_NOSIGNAL)
        except OSError:
            pass


def hello(client, data, descriptors):
    with open(notes, "a") as out:
        print(struct.unpack("=I", data[8:12])[0], len(descriptors), file=out)
    acknowledgements[client] = descriptors[0]
    for descriptor in descriptors[1:]:
        os.close(descriptor)
    acknowledge(descriptors[0], 0)


def request(client, data, descriptors):
    code = 22 if data[:1] != b"\2" or data[1] == 24 else 0
    if not code:
        time.sleep(0.05)
        try:
            client.send(data)
        except OSError:
            pass
    acknowledge(descriptors[0] if descriptors else acknowledgements[client], code)
    for descriptor in descriptors:
        os.close(descriptor)
    if data[1:2] == b"\x17":
        sys.exit(0)


def serve(client):
    try:
        data, descriptors = receive(client)
    except ConnectionResetError:
        data, descriptors = b"", []
    if not data:
        events.unregister(client)
        if client in acknowledgements:
            os.close(acknowledgements.pop(client))
        client.close()
    elif data[:8] == b"SWPFKEY1":
        hello(client, data, descriptors)
    else:
        request(client, data, descriptors)


while True:
    for key, _ in events.select():
        if key.fileobj is listener:
            events.register(listener.accept()[0], selectors.EVENT_READ)
        else:
            serve(key.fileobj)
