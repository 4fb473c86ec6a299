// Opening, knowing again and sending.
#define _GNU_SOURCE
#include "CPFKeyClient.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/pfkeyv2.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

// A server that does not answer for so long is none.
enum { ANSWER_MILLISECONDS = 10000 };

// The abstract name that the client's end is bound to, followed by its cookie: by it a socket is known after exec, dup
// and SCM_RIGHTS, when nothing else is left.
static const char MARK[] = "\0swiftpfkey/";
enum { MARK_LENGTH = sizeof MARK - 1, COOKIE_DIGITS = 16 };

// By system call: the preload library has functions of its own for what is done to a marked socket.
static int raw_connect(int descriptor, const struct sockaddr_un *name) {
    return (int)syscall(SYS_connect, descriptor, name, sizeof *name);
}

static int raw_name(int descriptor, struct sockaddr_un *name, socklen_t *length) {
    return (int)syscall(SYS_getsockname, descriptor, name, length);
}

union rights {
    struct cmsghdr header;
    char room[CMSG_SPACE(3 * sizeof(int))];
};

static void attach(struct msghdr *message, union rights *room, const int *descriptors, size_t count) {
    memset(room, 0, sizeof *room);
    message->msg_control = room;
    message->msg_controllen = CMSG_SPACE(count * sizeof *descriptors);
    room->header.cmsg_level = SOL_SOCKET;
    room->header.cmsg_type = SCM_RIGHTS;
    room->header.cmsg_len = CMSG_LEN(count * sizeof *descriptors);
    memcpy(CMSG_DATA(&room->header), descriptors, count * sizeof *descriptors);
}

// Sends however full the other end is; af_key never refuses for that.
static ssize_t send_all(int descriptor, const struct msghdr *message) {
    for (;;) {
        ssize_t count = syscall(SYS_sendmsg, descriptor, message, MSG_NOSIGNAL);
        if (count >= 0) return count;
        if (errno == EAGAIN) {
            struct pollfd writable = {.fd = descriptor, .events = POLLOUT};
            poll(&writable, 1, -1);
        } else if (errno != EINTR) {
            return errno == EPIPE || errno == ENOTCONN ? -ECONNRESET
                 : errno == ETOOMANYREFS               ? -ENOBUFS
                                                       : -errno;
        }
    }
}

static int set_timeout(int descriptor, int option, int seconds) {
    struct timeval time = {.tv_sec = seconds};
    return setsockopt(descriptor, SOL_SOCKET, option, &time, sizeof time);
}

static int await(int verdict) {
    uint8_t code = 0;
    ssize_t count;
    do count = recv(verdict, &code, 1, 0);
    while (count < 0 && errno == EINTR);
    if (count < 0) return errno == EAGAIN ? -ETIMEDOUT : -errno;
    return count == 0 ? -ECONNRESET : -code;
}

static void mark(int descriptor) {
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    unsigned long long cookie = 0;
    socklen_t length = sizeof cookie;
    getsockopt(descriptor, SOL_SOCKET, SO_COOKIE, &cookie, &length);
    memcpy(name.sun_path, MARK, MARK_LENGTH);
    snprintf(name.sun_path + MARK_LENGTH, COOKIE_DIGITS + 1, "%016llx", cookie);
    // Without a name the socket serves whoever opened it all the same.
    bind(descriptor, (struct sockaddr *)&name, offsetof(struct sockaddr_un, sun_path) + MARK_LENGTH + COOKIE_DIGITS);
}

static int dial(int descriptor, const char *path) {
    struct sockaddr_un server = {.sun_family = AF_UNIX};
    size_t length = strlen(path);
    if (length >= sizeof server.sun_path) return -EAFNOSUPPORT;
    memcpy(server.sun_path, path, length);
    mark(descriptor);
    set_timeout(descriptor, SO_SNDTIMEO, ANSWER_MILLISECONDS / 1000);
    int failed = raw_connect(descriptor, &server);
    int code = failed ? errno : 0;
    set_timeout(descriptor, SO_SNDTIMEO, 0);
    if (!failed) return 0;
    // A socket that is not for this user is what af_key's EPERM is for; nobody there is a kernel without PF_KEY.
    return code == EACCES || code == EPERM ? -EPERM : -EAFNOSUPPORT;
}

// The client's own netlink sockets go along: its network namespace and its rights.
static int hello(int descriptor, uint32_t flags) {
    struct {
        char word[8];
        uint32_t flags, zero;
    } greeting = {.word = {'S', 'W', 'P', 'F', 'K', 'E', 'Y', '1'}, .flags = flags};
    struct iovec piece = {&greeting, sizeof greeting};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
    union rights room;
    int pair[2], passed[3];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair)) return -errno;
    passed[0] = pair[1];
    passed[1] = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_XFRM);
    passed[2] = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_XFRM);
    attach(&message, &room, passed, passed[1] >= 0 && passed[2] >= 0 ? 3 : 1);
    ssize_t sent = send_all(descriptor, &message);
    for (int index = 0; index < 3; index++)
        if (passed[index] >= 0) close(passed[index]);
    set_timeout(pair[0], SO_RCVTIMEO, ANSWER_MILLISECONDS / 1000);
    int answer = sent < 0 ? (int)sent : await(pair[0]);
    close(pair[0]);
    return answer;
}

static int opened(int descriptor, const char *path, uint32_t flags, int type, int protocol) {
    int code = dial(descriptor, path);
    if (!code) code = hello(descriptor, flags);
    if (code) return code;
    if ((type & ~(SOCK_CLOEXEC | SOCK_NONBLOCK)) != SOCK_RAW) return -ESOCKTNOSUPPORT;
    if (protocol != PF_KEY_V2) return -EPROTONOSUPPORT;
    if (type & SOCK_NONBLOCK && fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)) return -errno;
    return 0;
}

int pfkey_client_open(const char *path, uint32_t flags, int type, int protocol) {
    int state, descriptor, code;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    descriptor = socket(AF_UNIX, SOCK_SEQPACKET | (type & SOCK_CLOEXEC), 0);
    code = descriptor < 0 ? -errno : opened(descriptor, path, flags, type, protocol);
    if (code && descriptor >= 0) close(descriptor);
    pthread_setcancelstate(state, NULL);
    return code ? code : descriptor;
}

int pfkey_client_is_socket(int descriptor) {
    struct sockaddr_un name;
    socklen_t length = sizeof name;
    int saved = errno;
    int failed = raw_name(descriptor, &name, &length);
    errno = saved;
    return !failed && name.sun_family == AF_UNIX
        && length >= offsetof(struct sockaddr_un, sun_path) + MARK_LENGTH
        && !memcmp(name.sun_path, MARK, MARK_LENGTH);
}

ssize_t pfkey_client_begin(int descriptor, const struct iovec *pieces, size_t count, int flags, int *verdict) {
    struct msghdr message = {.msg_iov = (struct iovec *)pieces, .msg_iovlen = count};
    union rights room;
    size_t length = 0;
    int pair[2];
    for (size_t index = 0; index < count; index++) length |= pieces[index].iov_len;
    if (flags & MSG_OOB) return -EOPNOTSUPP;
    if (!length) return -EMSGSIZE;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair)) return -ENOBUFS;
    attach(&message, &room, &pair[1], 1);
    ssize_t sent = send_all(descriptor, &message);
    close(pair[1]);
    if (sent < 0) close(pair[0]);
    *verdict = pair[0];
    return sent;
}

int pfkey_client_verdict(int verdict) {
    int code = await(verdict);
    close(verdict);
    return code;
}

ssize_t pfkey_client_send(int descriptor, const struct iovec *pieces, size_t count, int flags) {
    int state, verdict = -1;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    ssize_t sent = pfkey_client_begin(descriptor, pieces, count, flags, &verdict);
    int code = sent < 0 ? 0 : pfkey_client_verdict(verdict);
    pthread_setcancelstate(state, NULL);
    return code ? code : sent;
}
