#!/usr/bin/python3
# usage: bad-packets.py DEVICE CAPTURE   sends the ESP packets of a capture of Ethernet again from DEVICE: the last four
# as they were, three altered (a number that is to come, and an octet of the ICV), and two with an SPI of nobody.
import socket, struct, sys

device, path = sys.argv[1:]
capture = open(path, "rb").read()
frames, place = [], 24
while place + 16 <= len(capture):
    length = struct.unpack_from("=I", capture, place + 8)[0]
    frame = capture[place + 16 : place + 16 + length]
    if frame[12:14] == b"\x08\x00" and frame[23] == 50:
        frames.append(frame)
    place += 16 + length
if len(frames) < 4:
    sys.exit(f"{len(frames)} ESP packets in {path}")
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
wire.bind((device, 0))


def altered(frame, place, octets):
    return frame[:place] + octets + frame[place + len(octets) :]


for frame in frames[-4:]:
    wire.send(frame)
for number in range(3):
    later = altered(frames[-1], 38, struct.pack(">I", 1000 + number))
    wire.send(altered(later, len(later) - 1, bytes([later[-1] ^ 1])))
for number in range(2):
    wire.send(altered(frames[-1], 34, struct.pack(">I", 0xDEADBEE0 + number)))
