// Sockets with ancillary data, the TUN device and interface requests, reduced to flat structures.
//
// Everything returns a count, a descriptor or 0, and -errno on failure. Numbers are in host byte order.
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

// An address as a 128-bit number in two halves (IPv4 in the low 32 bits). family is AF_INET, AF_INET6, or 0 for none.
struct linuxio_endpoint {
    uint64_t high;
    uint64_t low;
    uint32_t scope;
    uint16_t port;
    uint16_t family;
};

// What came with one datagram. Ports of local are 0: the kernel tells the destination address alone.
struct linuxio_datagram {
    struct linuxio_endpoint local;
    struct linuxio_endpoint remote;
    uint32_t length;
    uint32_t interface;
    // Several datagrams of one sender that the kernel joined (UDP_GRO): octets of each but the last; 0 for a single one.
    uint32_t segment_size;
    // Octets of IPv6 extension headers before the datagram, and the number of the first of them.
    uint16_t extension_length;
    uint8_t first_extension;
    uint8_t traffic_class;
    uint8_t is_truncated;
};

/* One heap for all threads, which grows by a megabyte at a time. */
void linuxio_keep_heap_together(void);

// Opens a socket that is closed on exec.
int linuxio_socket(int family, int type, int protocol);
// Takes a connection off a listening socket, closed on exec.
int linuxio_accept(int descriptor);
// Binds a socket; local says the family.
int linuxio_bind(int descriptor, const struct linuxio_endpoint *local);
// Connects a datagram socket, which asks the routing table alone.
int linuxio_connect(int descriptor, const struct linuxio_endpoint *remote);
// Reads the local end of a socket.
int linuxio_local(int descriptor, struct linuxio_endpoint *local);
// Asks that each datagram tells its destination address and traffic class.
int linuxio_want_ancillary(int descriptor, int family);
// Asks that each IPv6 packet tells the extension headers that the kernel took off.
int linuxio_want_extensions(int descriptor);
// Lets a raw ICMP or ICMPv6 socket receive messages of one type alone.
int linuxio_want_icmp_type(int descriptor, int family, uint8_t type);
// Sets an integer socket option.
int linuxio_set_option(int descriptor, int level, int option, int value);
// Reads an integer socket option.
int linuxio_get_option(int descriptor, int level, int option, int *value);
// Receives up to count (at most 64) datagrams without waiting, number i to storage + i * stride; 0 if none waits.
int linuxio_receive(
    int descriptor, uint8_t *storage, size_t stride, struct linuxio_datagram *datagrams, unsigned count);
// The same into pieces of memory that need not lie one behind the other. Each has headroom octets before it; IPv6
// extension headers, where asked for, are put right before the piece, as on the wire. What has no room is truncated.
int linuxio_receive_pieces(
    int descriptor, struct iovec *pieces, struct linuxio_datagram *datagrams, unsigned count, size_t headroom);
// Sends one datagram without waiting, from local's address if its family is set; traffic_class -1 for the socket's own.
int linuxio_send(
    int descriptor, const uint8_t *bytes, size_t length, const struct linuxio_endpoint *local,
    const struct linuxio_endpoint *remote, int traffic_class);
// Sends up to count (at most 64) datagrams to one place; returns how many were taken. With a segment_size they leave in
// one call (UDP_SEGMENT): all but the last have that many octets, and the kernel takes all of them or none.
int linuxio_send_pieces(
    int descriptor, const struct iovec *pieces, unsigned count, uint16_t segment_size,
    const struct linuxio_endpoint *local, const struct linuxio_endpoint *remote, int traffic_class);
// Asks that datagrams of one sender be joined where they come in a row; linuxio_datagram tells their size.
int linuxio_join_datagrams(int descriptor);

// Opens one queue of a TUN device whose packets have a struct virtio_net_hdr in front, and makes the device with the
// first; name (16 octets, in and out) may hold a %d pattern.
int linuxio_tun_open(char name[16]);
// Lets the kernel hand over packets that are to be segmented, and with checksums to complete; returns the TUN_F_ flags
// that it took, after trying without those of UDP.
int linuxio_tun_set_offload(int descriptor);
// Sets the MTU of an interface.
int linuxio_set_mtu(const char *name, int mtu);
// Reads the MTU of an interface.
int linuxio_get_mtu(const char *name);
// Brings an interface up.
int linuxio_set_up(const char *name);
// Sets how many packets may wait for the reader of a TUN device.
int linuxio_set_queue_length(const char *name, int packets);

// Binds a stream socket to a path, and connects one; the path must fit sun_path with its terminator.
int linuxio_unix_bind(int descriptor, const char *path);
int linuxio_unix_connect(int descriptor, const char *path);
// The user of the process at the other end of a Unix socket.
int linuxio_unix_peer(int descriptor, uint32_t *user, int32_t *process);

// Receives a message with the descriptors that came with it, at most `room` of them; `count` says how many.
// All of them are closed on exec, and what is beyond the room is closed at once.
ssize_t linuxio_receive_rights(
    int descriptor, uint8_t *bytes, size_t length, int *descriptors, unsigned room, unsigned *count);

// An event counter that wakes a poller: open, add one, take all.
int linuxio_event_open(void);
int linuxio_event_signal(int descriptor);
int linuxio_event_take(int descriptor);
// Names the calling thread, at most 15 octets.
int linuxio_set_thread_name(const char *name);

// Linux capability numbers held by this thread, effective, as a bit set.
int linuxio_capabilities(uint64_t *effective);
// Whether starting the program in a file gives capabilities.
int linuxio_has_capabilities(const char *path);
