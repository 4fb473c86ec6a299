// The client's end of a PF_KEY socket that a server keeps over XFRM: opened, known again, sent on; and socket policies in
// PF_KEY's form turned into XFRM's.
//
// In C because it is what the preload library consists of. No state, no heap, no locks: every function may be called in a
// signal handler, between fork and exec, and by several threads on one socket. Everything returns a count, a descriptor
// or 0, and -errno on failure.
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

// Where the server listens if nobody says otherwise.
#define PFKEY_CLIENT_SOCKET "/run/swiftike/pfkeyd.sock"

// How HMAC-SHA2-256 is truncated on this connection; without either, as the server does by default.
enum { PFKEY_CLIENT_SHA256_96 = 1, PFKEY_CLIENT_SHA256_128 = 2 };

// Opens a PF_KEY socket at the server listening at path, with socket(2)'s type (SOCK_CLOEXEC and SOCK_NONBLOCK among it)
// and protocol. -EAFNOSUPPORT where nobody listens, as from a kernel without PF_KEY; else what af_key would answer.
int pfkey_client_open(const char *path, uint32_t flags, int type, int protocol);

// Whether a descriptor, however this process came by it, is such a socket.
int pfkey_client_is_socket(int descriptor);

// Begins to send a message; the server's verdict comes on *verdict, to be passed to pfkey_client_verdict. Returns the
// octets of the message.
ssize_t pfkey_client_begin(int descriptor, const struct iovec *pieces, size_t count, int flags, int *verdict);

// Waits for the server's verdict and closes the descriptor: 0, or -errno as af_key's send() fails.
int pfkey_client_verdict(int verdict);

// Sends a message, and returns when everything that it causes at once can be read: what af_key's send() promises.
ssize_t pfkey_client_send(int descriptor, const struct iovec *pieces, size_t count, int flags);

// Octets of the longest socket policy in XFRM's form: six templates.
enum { PFKEY_CLIENT_POLICY_ROOM = 168 + 6 * 64 };

// Turns the value of IP_IPSEC_POLICY (IPPROTO_IP) or IPV6_IPSEC_POLICY (IPPROTO_IPV6) into that of IP_XFRM_POLICY or
// IPV6_XFRM_POLICY, with af_key's judgement of what is well-formed. Returns the octets written.
ssize_t pfkey_client_policy(int level, const void *value, size_t length, uint8_t out[PFKEY_CLIENT_POLICY_ROOM]);

// Sets a socket option that the kernel refused with EOPNOTSUPP, if it is a policy in PF_KEY's form.
int pfkey_client_set_policy(int descriptor, int level, int option, const void *value, size_t length);
