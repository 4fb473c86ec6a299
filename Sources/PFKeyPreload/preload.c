// LD_PRELOAD: PF_KEY sockets where the kernel has none, kept by a server over XFRM.
//
// A descriptor is told by its socket's name (CPFKeyClient), not by a list of numbers; so fork, vfork, exec, dup, passing
// by SCM_RIGHTS and closing in whatever way need no attention. What is noted per number only saves the question, and
// errs on the side of asking.
#define _GNU_SOURCE
#include "CPFKeyClient.h"
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/pfkeyv2.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define EXPORTED __attribute__((visibility("default")))

// The functions of the C library, or of who else stands before it. X(result, name, parameters)
#define WRAPPED(X) \
    X(int, socket, (int, int, int)) \
    X(ssize_t, send, (int, const void *, size_t, int)) \
    X(ssize_t, sendto, (int, const void *, size_t, int, const struct sockaddr *, socklen_t)) \
    X(ssize_t, sendmsg, (int, const struct msghdr *, int)) \
    X(int, sendmmsg, (int, struct mmsghdr *, unsigned, int)) \
    X(ssize_t, write, (int, const void *, size_t)) \
    X(ssize_t, writev, (int, const struct iovec *, int)) \
    X(ssize_t, recv, (int, void *, size_t, int)) \
    X(ssize_t, __recv_chk, (int, void *, size_t, size_t, int)) \
    X(ssize_t, recvfrom, (int, void *, size_t, int, struct sockaddr *, socklen_t *)) \
    X(ssize_t, __recvfrom_chk, (int, void *, size_t, size_t, int, struct sockaddr *, socklen_t *)) \
    X(ssize_t, recvmsg, (int, struct msghdr *, int)) \
    X(ssize_t, read, (int, void *, size_t)) \
    X(ssize_t, __read_chk, (int, void *, size_t, size_t)) \
    X(ssize_t, readv, (int, const struct iovec *, int)) \
    X(int, setsockopt, (int, int, int, const void *, socklen_t)) \
    X(int, getsockopt, (int, int, int, void *, socklen_t *)) \
    X(int, getsockname, (int, struct sockaddr *, socklen_t *)) \
    X(int, getpeername, (int, struct sockaddr *, socklen_t *)) \
    X(int, bind, (int, const struct sockaddr *, socklen_t)) \
    X(int, connect, (int, const struct sockaddr *, socklen_t)) \
    X(int, listen, (int, int)) \
    X(int, accept, (int, struct sockaddr *, socklen_t *)) \
    X(int, accept4, (int, struct sockaddr *, socklen_t *, int)) \
    X(int, shutdown, (int, int)) \
    X(int, dup, (int)) \
    X(int, dup2, (int, int)) \
    X(int, dup3, (int, int, int)) \
    X(int, fcntl, (int, int, ...)) \
    X(int, fcntl64, (int, int, ...))

#define SLOT(result, name, parameters) result(*name) parameters;
static struct { WRAPPED(SLOT) } next;
static int is_ready;

__attribute__((constructor)) static void find_next(void) {
    if (__atomic_load_n(&is_ready, __ATOMIC_ACQUIRE)) return;
#define FIND(result, name, parameters) next.name = (result(*) parameters)dlsym(RTLD_NEXT, #name);
    WRAPPED(FIND)
    __atomic_store_n(&is_ready, 1, __ATOMIC_RELEASE);
}

// Other libraries' constructors may come before ours.
#define NEXT(name) (find_next(), next.name)

// What is known of each number: nothing, that it is foreign (found out, and never true of what we made), or that it was
// ours once, which is asked about for ever.
enum note { UNKNOWN, FOREIGN, OURS };
static uint8_t notes[65536];

static void note(int descriptor, enum note what) {
    if (descriptor >= 0 && (size_t)descriptor < sizeof notes)
        __atomic_store_n(&notes[descriptor], (uint8_t)what, __ATOMIC_RELAXED);
}

static int is_ours(int descriptor) {
    if (descriptor < 0) return 0;
    int is_noted = (size_t)descriptor < sizeof notes;
    enum note known = is_noted ? __atomic_load_n(&notes[descriptor], __ATOMIC_RELAXED) : OURS;
    if (known == FOREIGN) return 0;
    int answer = pfkey_client_is_socket(descriptor);
    if (answer || known == UNKNOWN) note(descriptor, answer ? OURS : FOREIGN);
    return answer;
}

// A number that may be another for one of ours.
static int noted_copy(int from, int to) {
    if (to >= 0 && is_ours(from)) note(to, OURS);
    return to;
}

static ssize_t answered(ssize_t value) {
    if (value >= 0) return value;
    errno = (int)-value;
    return -1;
}

static uint32_t hello_flags(void) {
    const char *bits = secure_getenv("SWIFTPFKEY_SHA256");
    if (!bits) return 0;
    return !strcmp(bits, "96") ? PFKEY_CLIENT_SHA256_96 : !strcmp(bits, "128") ? PFKEY_CLIENT_SHA256_128 : 0;
}

// The kernel's own PF_KEY first; only where it has none, and for no other reason, the server's.
EXPORTED int socket(int domain, int type, int protocol) {
    int descriptor = NEXT(socket)(domain, type, protocol);
    if (descriptor >= 0 || domain != PF_KEY || errno != EAFNOSUPPORT) return descriptor;
    const char *path = secure_getenv("SWIFTPFKEY_SOCKET");
    descriptor = pfkey_client_open(path && *path ? path : PFKEY_CLIENT_SOCKET, hello_flags(), type, protocol);
    note(descriptor, OURS);
    return (int)answered(descriptor);
}

static ssize_t send_pieces(int descriptor, const struct iovec *pieces, size_t count, int flags) {
    return answered(pfkey_client_send(descriptor, pieces, count, flags));
}

static ssize_t send_octets(int descriptor, const void *bytes, size_t length, int flags) {
    struct iovec piece = {(void *)bytes, length};
    return send_pieces(descriptor, &piece, 1, flags);
}

EXPORTED ssize_t send(int descriptor, const void *bytes, size_t length, int flags) {
    if (!is_ours(descriptor)) return NEXT(send)(descriptor, bytes, length, flags);
    return send_octets(descriptor, bytes, length, flags);
}

EXPORTED ssize_t sendto(
    int descriptor, const void *bytes, size_t length, int flags, const struct sockaddr *name, socklen_t size) {
    if (!is_ours(descriptor)) return NEXT(sendto)(descriptor, bytes, length, flags, name, size);
    return send_octets(descriptor, bytes, length, flags);
}

EXPORTED ssize_t sendmsg(int descriptor, const struct msghdr *message, int flags) {
    if (!is_ours(descriptor)) return NEXT(sendmsg)(descriptor, message, flags);
    return send_pieces(descriptor, message->msg_iov, message->msg_iovlen, flags);
}

EXPORTED int sendmmsg(int descriptor, struct mmsghdr *messages, unsigned count, int flags) {
    unsigned sent = 0;
    if (!is_ours(descriptor)) return NEXT(sendmmsg)(descriptor, messages, count, flags);
    for (; sent < count; sent++) {
        ssize_t length = sendmsg(descriptor, &messages[sent].msg_hdr, flags);
        if (length < 0) return sent ? (int)sent : -1;
        messages[sent].msg_len = (unsigned)length;
    }
    return (int)sent;
}

EXPORTED ssize_t write(int descriptor, const void *bytes, size_t length) {
    if (!is_ours(descriptor)) return NEXT(write)(descriptor, bytes, length);
    return send_octets(descriptor, bytes, length, 0);
}

EXPORTED ssize_t writev(int descriptor, const struct iovec *pieces, int count) {
    if (count < 0 || !is_ours(descriptor)) return NEXT(writev)(descriptor, pieces, count);
    return send_pieces(descriptor, pieces, (size_t)count, 0);
}

// af_key takes these flags and no others; what else recvmsg may ask for is a mistake to it.
static int are_flags_refused(int flags) {
    return flags & ~(MSG_PEEK | MSG_DONTWAIT | MSG_TRUNC);
}

// Only a message without room for it is 0 octets long; else the server has gone, which a kernel never does.
static ssize_t received(ssize_t count, size_t room) {
    return count || !room ? count : answered(-ECONNRESET);
}

EXPORTED ssize_t recv(int descriptor, void *bytes, size_t length, int flags) {
    if (!is_ours(descriptor)) return NEXT(recv)(descriptor, bytes, length, flags);
    if (are_flags_refused(flags)) return answered(-EINVAL);
    return received(NEXT(recv)(descriptor, bytes, length, flags), length);
}

EXPORTED ssize_t __recv_chk(int descriptor, void *bytes, size_t length, size_t room, int flags) {
    if (length > room || !is_ours(descriptor)) return NEXT(__recv_chk)(descriptor, bytes, length, room, flags);
    return recv(descriptor, bytes, length, flags);
}

EXPORTED ssize_t read(int descriptor, void *bytes, size_t length) {
    if (!is_ours(descriptor)) return NEXT(read)(descriptor, bytes, length);
    return recv(descriptor, bytes, length, 0);
}

EXPORTED ssize_t __read_chk(int descriptor, void *bytes, size_t length, size_t room) {
    if (length > room || !is_ours(descriptor)) return NEXT(__read_chk)(descriptor, bytes, length, room);
    return recv(descriptor, bytes, length, 0);
}

// No message comes from an address.
EXPORTED ssize_t recvfrom(
    int descriptor, void *bytes, size_t length, int flags, struct sockaddr *name, socklen_t *size) {
    if (!is_ours(descriptor)) return NEXT(recvfrom)(descriptor, bytes, length, flags, name, size);
    ssize_t count = recv(descriptor, bytes, length, flags);
    if (count >= 0 && name && size) *size = 0;
    return count;
}

EXPORTED ssize_t __recvfrom_chk(
    int descriptor, void *bytes, size_t length, size_t room, int flags, struct sockaddr *name, socklen_t *size) {
    if (length > room || !is_ours(descriptor))
        return NEXT(__recvfrom_chk)(descriptor, bytes, length, room, flags, name, size);
    return recvfrom(descriptor, bytes, length, flags, name, size);
}

// Descriptors that arrive may be sockets of ours that another process opened.
static void note_passed(struct msghdr *message) {
    struct cmsghdr *item = CMSG_FIRSTHDR(message);
    for (; item; item = CMSG_NXTHDR(message, item)) {
        if (item->cmsg_level != SOL_SOCKET || item->cmsg_type != SCM_RIGHTS) continue;
        size_t count = (item->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t index = 0; index < count; index++) {
            int descriptor;
            memcpy(&descriptor, CMSG_DATA(item) + index * sizeof descriptor, sizeof descriptor);
            if (pfkey_client_is_socket(descriptor)) note(descriptor, OURS);
        }
    }
}

static size_t room_of(const struct iovec *pieces, size_t count) {
    size_t room = 0;
    for (size_t index = 0; index < count; index++) room |= pieces[index].iov_len;
    return room;
}

EXPORTED ssize_t readv(int descriptor, const struct iovec *pieces, int count) {
    ssize_t octets = NEXT(readv)(descriptor, pieces, count);
    return octets || !is_ours(descriptor) ? octets : received(octets, room_of(pieces, (size_t)count));
}

EXPORTED ssize_t recvmsg(int descriptor, struct msghdr *message, int flags) {
    if (!is_ours(descriptor)) {
        ssize_t count = NEXT(recvmsg)(descriptor, message, flags);
        if (count >= 0) note_passed(message);
        return count;
    }
    if (are_flags_refused(flags)) return answered(-EINVAL);
    ssize_t count = NEXT(recvmsg)(descriptor, message, flags);
    if (count >= 0) message->msg_namelen = 0;
    return received(count, room_of(message->msg_iov, message->msg_iovlen));
}

EXPORTED int setsockopt(int descriptor, int level, int option, const void *value, socklen_t length) {
    int failed = NEXT(setsockopt)(descriptor, level, option, value, length);
    if (!failed || errno != EOPNOTSUPP) return failed;
    return (int)answered(pfkey_client_set_policy(descriptor, level, option, value, length));
}

EXPORTED int getsockopt(int descriptor, int level, int option, void *value, socklen_t *length) {
    int failed = NEXT(getsockopt)(descriptor, level, option, value, length);
    // The protocol is 0: af_key does not note it.
    int answer = option == SO_DOMAIN ? PF_KEY : option == SO_TYPE ? SOCK_RAW : 0;
    if (failed || level != SOL_SOCKET) return failed;
    if (option != SO_DOMAIN && option != SO_TYPE && option != SO_PROTOCOL) return failed;
    if (is_ours(descriptor)) memcpy(value, &answer, *length);
    return failed;
}

// What no PF_KEY socket does.
#define REFUSED(name, parameters, arguments) \
    EXPORTED int name parameters { \
        return is_ours(descriptor) ? (int)answered(-EOPNOTSUPP) : NEXT(name) arguments; \
    }
REFUSED(getsockname, (int descriptor, struct sockaddr *name, socklen_t *size), (descriptor, name, size))
REFUSED(getpeername, (int descriptor, struct sockaddr *name, socklen_t *size), (descriptor, name, size))
REFUSED(bind, (int descriptor, const struct sockaddr *name, socklen_t size), (descriptor, name, size))
REFUSED(connect, (int descriptor, const struct sockaddr *name, socklen_t size), (descriptor, name, size))
REFUSED(listen, (int descriptor, int backlog), (descriptor, backlog))
REFUSED(accept, (int descriptor, struct sockaddr *name, socklen_t *size), (descriptor, name, size))
REFUSED(accept4, (int descriptor, struct sockaddr *name, socklen_t *size, int flags), (descriptor, name, size, flags))
REFUSED(shutdown, (int descriptor, int how), (descriptor, how))

EXPORTED int dup(int from) {
    return noted_copy(from, NEXT(dup)(from));
}

EXPORTED int dup2(int from, int to) {
    return noted_copy(from, NEXT(dup2)(from, to));
}

EXPORTED int dup3(int from, int to, int flags) {
    return noted_copy(from, NEXT(dup3)(from, to, flags));
}

static int noted_control(int descriptor, int command, int result) {
    return command == F_DUPFD || command == F_DUPFD_CLOEXEC ? noted_copy(descriptor, result) : result;
}

#define CONTROL(name) \
    EXPORTED int name(int descriptor, int command, ...) { \
        va_list arguments; \
        va_start(arguments, command); \
        void *argument = va_arg(arguments, void *); \
        va_end(arguments); \
        return noted_control(descriptor, command, NEXT(name)(descriptor, command, argument)); \
    }
CONTROL(fcntl)
CONTROL(fcntl64)
