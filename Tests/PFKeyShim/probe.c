// probe NAME...: does with PF_KEY sockets what programs do, and says which of it went as with the kernel's own.
//
// Each check runs in a process of its own, so that none can spoil the next. Exit status: how many failed. Built as a
// dynamic and as a static program.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/pfkeyv2.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define EXPECT(condition) \
    do { \
        int saved = errno; \
        if (!(condition)) { \
            printf("  line %d: %s, errno %d\n", __LINE__, #condition, saved); \
            fflush(stdout); \
            _exit(1); \
        } \
    } while (0)

static const char *self;

static int opened(int flags) {
    int descriptor = socket(PF_KEY, SOCK_RAW | flags, PF_KEY_V2);
    EXPECT(descriptor >= 0);
    return descriptor;
}

static struct sadb_msg header(unsigned char type, unsigned sequence) {
    struct sadb_msg message = {
        .sadb_msg_version = PF_KEY_V2,
        .sadb_msg_type = type,
        .sadb_msg_len = 2,
        .sadb_msg_seq = sequence,
        .sadb_msg_pid = (unsigned)getpid(),
    };
    return message;
}

// A question that every server answers: SADB_X_SPDDUMP of nothing, SADB_DUMP of nothing, or their equal.
static struct sadb_msg question(unsigned sequence) {
    return header(SADB_FLUSH, sequence);
}

static void expect_answer(int descriptor, unsigned sequence) {
    struct sadb_msg answer = {0};
    EXPECT(recv(descriptor, &answer, sizeof answer, MSG_DONTWAIT) == sizeof answer);
    EXPECT(answer.sadb_msg_seq == sequence);
    EXPECT(answer.sadb_msg_type == SADB_FLUSH);
}

static void expect_exchange(int descriptor, unsigned sequence) {
    struct sadb_msg message = question(sequence);
    EXPECT(send(descriptor, &message, sizeof message, 0) == sizeof message);
    expect_answer(descriptor, sequence);
}

// What each way of sending is.
static ssize_t by_send(int descriptor, const void *bytes, size_t length) {
    return send(descriptor, bytes, length, 0);
}
static ssize_t by_sendto(int descriptor, const void *bytes, size_t length) {
    return sendto(descriptor, bytes, length, 0, NULL, 0);
}
static ssize_t by_sendmsg(int descriptor, const void *bytes, size_t length) {
    struct iovec pieces[2] = {{(void *)bytes, length / 2}, {(char *)bytes + length / 2, length - length / 2}};
    struct msghdr message = {.msg_iov = pieces, .msg_iovlen = 2};
    return sendmsg(descriptor, &message, 0);
}
static ssize_t by_sendmmsg(int descriptor, const void *bytes, size_t length) {
    struct iovec piece = {(void *)bytes, length};
    struct mmsghdr message = {.msg_hdr = {.msg_iov = &piece, .msg_iovlen = 1}};
    int count = sendmmsg(descriptor, &message, 1, 0);
    return count == 1 ? (ssize_t)message.msg_len : count;
}
static ssize_t by_write(int descriptor, const void *bytes, size_t length) {
    return write(descriptor, bytes, length);
}
static ssize_t by_writev(int descriptor, const void *bytes, size_t length) {
    struct iovec pieces[2] = {{(void *)bytes, length / 2}, {(char *)bytes + length / 2, length - length / 2}};
    return writev(descriptor, pieces, 2);
}

static void check_ways(void) {
    ssize_t (*ways[])(int, const void *, size_t) = {by_send, by_sendto, by_sendmsg, by_sendmmsg, by_write, by_writev};
    int descriptor = opened(0);
    for (unsigned index = 0; index < sizeof ways / sizeof *ways; index++) {
        struct sadb_msg message = question(index + 1);
        EXPECT(ways[index](descriptor, &message, sizeof message) == sizeof message);
        expect_answer(descriptor, index + 1);
        message.sadb_msg_version = 3;
        EXPECT(ways[index](descriptor, &message, sizeof message) == -1 && errno == EINVAL);
    }
}

static void check_refusals(void) {
    struct sadb_msg message = question(1);
    int descriptor = opened(0);
    EXPECT(send(descriptor, &message, sizeof message, MSG_OOB) == -1 && errno == EOPNOTSUPP);
    EXPECT(send(descriptor, &message, 0, 0) == -1 && errno == EMSGSIZE);
    message.sadb_msg_version = 1;
    EXPECT(send(descriptor, &message, sizeof message, 0) == -1 && errno == EINVAL);
    expect_exchange(descriptor, 7);
}

static void check_types(void) {
    EXPECT(socket(PF_KEY, SOCK_DGRAM, PF_KEY_V2) == -1 && errno == ESOCKTNOSUPPORT);
    EXPECT(socket(PF_KEY, SOCK_RAW, 3) == -1 && errno == EPROTONOSUPPORT);
    EXPECT(socket(PF_KEY, SOCK_RAW | 0x100, PF_KEY_V2) == -1 && errno == EINVAL);
    int descriptor = opened(SOCK_CLOEXEC | SOCK_NONBLOCK);
    EXPECT(fcntl(descriptor, F_GETFD) == FD_CLOEXEC);
    EXPECT(fcntl(descriptor, F_GETFL) & O_NONBLOCK);
    descriptor = opened(0);
    EXPECT(fcntl(descriptor, F_GETFD) == 0);
    EXPECT(!(fcntl(descriptor, F_GETFL) & O_NONBLOCK));
}

static void expect_option(int descriptor, int option, int value) {
    int found = -1;
    socklen_t length = sizeof found;
    EXPECT(getsockopt(descriptor, SOL_SOCKET, option, &found, &length) == 0 && length == sizeof found);
    EXPECT(found == value);
}

static void check_identity(void) {
    struct sockaddr_storage name;
    socklen_t length = sizeof name;
    int descriptor = opened(0);
    expect_option(descriptor, SO_DOMAIN, PF_KEY);
    expect_option(descriptor, SO_TYPE, SOCK_RAW);
    expect_option(descriptor, SO_PROTOCOL, 0);
    EXPECT(getsockname(descriptor, (struct sockaddr *)&name, &length) == -1 && errno == EOPNOTSUPP);
    EXPECT(getpeername(descriptor, (struct sockaddr *)&name, &length) == -1 && errno == EOPNOTSUPP);
    EXPECT(shutdown(descriptor, SHUT_RDWR) == -1 && errno == EOPNOTSUPP);
    EXPECT(bind(descriptor, (struct sockaddr *)&name, sizeof name) == -1 && errno == EOPNOTSUPP);
    EXPECT(connect(descriptor, (struct sockaddr *)&name, sizeof name) == -1 && errno == EOPNOTSUPP);
    EXPECT(listen(descriptor, 1) == -1 && errno == EOPNOTSUPP);
    EXPECT(accept(descriptor, NULL, NULL) == -1 && errno == EOPNOTSUPP);
    EXPECT(accept4(descriptor, NULL, NULL, SOCK_CLOEXEC) == -1 && errno == EOPNOTSUPP);
    expect_exchange(descriptor, 1);
    int other = socket(AF_INET, SOCK_DGRAM, 0);
    expect_option(other, SO_DOMAIN, AF_INET);
    expect_option(other, SO_TYPE, SOCK_DGRAM);
}

static void check_receiving(void) {
    struct sadb_msg message = question(5);
    int descriptor = opened(0);
    EXPECT(send(descriptor, &message, sizeof message, 0) == sizeof message);
    EXPECT(recv(descriptor, &message, sizeof message, MSG_WAITALL) == -1 && errno == EINVAL);
    EXPECT(recv(descriptor, &message, 4, MSG_PEEK | MSG_TRUNC) == sizeof message);
    EXPECT(recv(descriptor, &message, 4, MSG_PEEK) == 4);
    struct iovec piece = {&message, 8};
    struct msghdr whole = {.msg_iov = &piece, .msg_iovlen = 1};
    EXPECT(recvmsg(descriptor, &whole, MSG_ERRQUEUE) == -1 && errno == EINVAL);
    EXPECT(recvmsg(descriptor, &whole, MSG_PEEK) == 8 && whole.msg_flags & MSG_TRUNC);
    EXPECT(recv(descriptor, &message, sizeof message, 0) == sizeof message && message.sadb_msg_seq == 5);
    EXPECT(recv(descriptor, &message, sizeof message, MSG_DONTWAIT) == -1 && errno == EAGAIN);
}

// No message comes from an address.
static void check_nameless(void) {
    struct sadb_msg message = question(6);
    struct sockaddr_storage name;
    socklen_t length = sizeof name;
    struct iovec piece = {&message, sizeof message};
    struct msghdr whole = {.msg_iov = &piece, .msg_iovlen = 1, .msg_name = &name, .msg_namelen = sizeof name};
    int descriptor = opened(0);
    EXPECT(send(descriptor, &message, sizeof message, 0) == sizeof message);
    EXPECT(recvmsg(descriptor, &whole, MSG_PEEK) == sizeof message && whole.msg_namelen == 0);
    EXPECT(recvfrom(descriptor, &message, sizeof message, 0, (struct sockaddr *)&name, &length) == sizeof message);
    EXPECT(length == 0 && message.sadb_msg_seq == 6);
}

// Each copy is the same socket, however the first one goes.
static void expect_copies(int first, const int *copies, unsigned count) {
    close(first);
    for (unsigned index = 0; index < count; index++) {
        EXPECT(copies[index] >= 0);
        expect_exchange(copies[index], index + 1);
        expect_option(copies[index], SO_DOMAIN, PF_KEY);
        close(copies[index]);
    }
}

static void check_copies(void) {
    int first = opened(0);
    int copies[] = {dup(first), fcntl(first, F_DUPFD, 50), fcntl(first, F_DUPFD_CLOEXEC, 60)};
    EXPECT(copies[1] >= 50 && copies[2] >= 60);
    EXPECT(fcntl(copies[1], F_GETFD) == 0 && fcntl(copies[2], F_GETFD) == FD_CLOEXEC);
    expect_copies(first, copies, sizeof copies / sizeof *copies);
}

// Copies at a number that the program chooses, of a file's before.
static void check_placed(void) {
    int first = opened(0), second = opened(0);
    int number = dup(1);
    EXPECT(number >= 0 && write(number, "", 0) == 0);
    EXPECT(dup2(second, number) == number);
    expect_exchange(number, 1);
    EXPECT(dup2(1, number) == number && write(number, "", 0) == 0);
    expect_exchange(second, 2);
    int copies[] = {dup2(first, 40), dup3(first, 41, O_CLOEXEC)};
    expect_copies(first, copies, sizeof copies / sizeof *copies);
}

// A number that was ours and is a file's now is a file's.
static void check_reuse(void) {
    int pipes[2];
    char octet = 0;
    int first = opened(0);
    close(first);
    EXPECT(pipe2(pipes, O_CLOEXEC) == 0);
    if (pipes[0] == first) pipes[0] = dup(first);
    EXPECT(dup2(pipes[1], first) == first);
    EXPECT(write(first, "x", 1) == 1 && read(pipes[0], &octet, 1) == 1 && octet == 'x');
    expect_exchange(opened(0), 1);
}

static void expect_success(pid_t child) {
    int status = -1;
    EXPECT(child > 0 && waitpid(child, &status, 0) == child && status == 0);
}

static void check_fork(void) {
    int descriptor = opened(0);
    pid_t child = fork();
    if (!child) {
        expect_exchange(descriptor, 1);
        _exit(0);
    }
    expect_success(child);
    child = vfork();
    if (!child) {
        // In its own descriptors, but in our memory.
        close(descriptor);
        _exit(dup2(1, descriptor) != descriptor || write(descriptor, "", 0));
    }
    expect_success(child);
    expect_exchange(descriptor, 2);
}

static void check_exec(void) {
    char number[16];
    int descriptor = opened(0);
    snprintf(number, sizeof number, "%d", descriptor);
    pid_t child = fork();
    if (!child) {
        execl(self, self, "inherited", number, (char *)NULL);
        _exit(127);
    }
    expect_success(child);
    expect_exchange(descriptor, 9);
}

// Daemons close all that they do not know.
static void check_closing(void) {
    int descriptor = opened(0);
    if (descriptor > 3) close_range(3, (unsigned)descriptor - 1, 0);
    close_range((unsigned)descriptor + 1, ~0u, 0);
    expect_exchange(descriptor, 1);
    for (int other = 3; other < 1024; other++)
        if (other != descriptor) close(other);
    expect_exchange(descriptor, 2);
    closefrom(3);
    EXPECT(fcntl(descriptor, F_GETFD) == -1 && errno == EBADF);
    expect_exchange(opened(0), 3);
}

union rights {
    struct cmsghdr header;
    char room[CMSG_SPACE(sizeof(int))];
};

static void pass(int channel, int descriptor) {
    union rights room = {
        .header = {.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int))}};
    struct iovec piece = {"x", 1};
    struct msghdr message = {
        .msg_iov = &piece, .msg_iovlen = 1, .msg_control = &room, .msg_controllen = sizeof room};
    memcpy(CMSG_DATA(&room.header), &descriptor, sizeof descriptor);
    EXPECT(sendmsg(channel, &message, 0) == 1);
}

static int taken(int channel) {
    union rights room;
    char octet;
    int descriptor;
    struct iovec piece = {&octet, 1};
    struct msghdr message = {
        .msg_iov = &piece, .msg_iovlen = 1, .msg_control = &room, .msg_controllen = sizeof room};
    EXPECT(recvmsg(channel, &message, 0) == 1);
    memcpy(&descriptor, CMSG_DATA(&room.header), sizeof descriptor);
    return descriptor;
}

static void check_passing(void) {
    int pair[2];
    EXPECT(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    pid_t child = fork();
    if (!child) {
        close(pair[0]);
        // The number that comes was a file's before, and was written to.
        int number = dup(1);
        EXPECT(write(number, "", 0) == 0);
        close(number);
        int descriptor = taken(pair[1]);
        expect_exchange(descriptor, 1);
        expect_option(descriptor, SO_TYPE, SOCK_RAW);
        _exit(0);
    }
    int descriptor = opened(0);
    pass(pair[0], descriptor);
    close(descriptor);
    expect_success(child);
}

enum { THREADS = 4, ROUNDS = 5 };
static int shared;

// Half of the threads send what is refused: no verdict may reach another's request.
static void *send_often(void *argument) {
    long number = (long)argument;
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct sadb_msg message = question((unsigned)number * ROUNDS + round);
        if (number % 2) message.sadb_msg_version = 9;
        ssize_t count = send(shared, &message, sizeof message, 0);
        if (number % 2) EXPECT(count == -1 && errno == EINVAL);
        else EXPECT(count == sizeof message);
    }
    return NULL;
}

static void check_threads(void) {
    pthread_t threads[THREADS];
    struct sadb_msg answer;
    shared = opened(0);
    for (long index = 0; index < THREADS; index++)
        EXPECT(pthread_create(&threads[index], NULL, send_often, (void *)index) == 0);
    for (int index = 0; index < THREADS; index++) pthread_join(threads[index], NULL);
    for (int index = 0; index < THREADS / 2 * ROUNDS; index++)
        EXPECT(recv(shared, &answer, sizeof answer, MSG_DONTWAIT) == sizeof answer);
    EXPECT(recv(shared, &answer, sizeof answer, MSG_DONTWAIT) == -1 && errno == EAGAIN);
}

static void tick(int signal) {
    (void)signal;
}

// Signals arrive all the time, and none of them makes a request happen twice or fail.
static void exchange_under_signals(int flags) {
    struct sigaction action = {.sa_handler = tick, .sa_flags = flags};
    sigaction(SIGUSR1, &action, NULL);
    pid_t parent = getpid();
    pid_t child = fork();
    if (!child) {
        while (getppid() == parent && kill(parent, SIGUSR1) == 0) poll(NULL, 0, 1);
        _exit(0);
    }
    int descriptor = opened(0);
    for (unsigned round = 1; round <= ROUNDS; round++) expect_exchange(descriptor, round);
    struct sadb_msg none;
    EXPECT(recv(descriptor, &none, sizeof none, MSG_DONTWAIT) == -1 && errno == EAGAIN);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
}

static void check_signals(void) {
    exchange_under_signals(SA_RESTART);
}

static void check_interruptions(void) {
    exchange_under_signals(0);
}

// The server goes after this message; nothing kills or blocks its client.
static int left_alone(void) {
    struct sadb_msg message = header(SADB_X_NAT_T_NEW_MAPPING, 1);
    int descriptor = opened(0);
    EXPECT(send(descriptor, &message, sizeof message, 0) == sizeof message);
    EXPECT(recv(descriptor, &message, sizeof message, 0) == sizeof message);
    return descriptor;
}

static void check_loss(void) {
    struct sadb_msg message = question(2);
    int descriptor = left_alone();
    EXPECT(send(descriptor, &message, sizeof message, 0) == -1 && errno == ECONNRESET);
    EXPECT(write(descriptor, &message, sizeof message) == -1 && errno == ECONNRESET);
    EXPECT(socket(PF_KEY, SOCK_RAW, PF_KEY_V2) == -1 && errno == EAFNOSUPPORT);
}

static void check_end(void) {
    struct sadb_msg message;
    int descriptor = left_alone();
    EXPECT(recv(descriptor, &message, sizeof message, 0) == -1 && errno == ECONNRESET);
    EXPECT(read(descriptor, &message, sizeof message) == -1 && errno == ECONNRESET);
}

// Makes the kernel answer socket(PF_KEY) with an error, or with 0 as if that were the socket's number.
static void answer_socket(unsigned code) {
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PF_KEY, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | code),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof filter / sizeof *filter, filter};
    EXPECT(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    EXPECT(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
}

// The kernel's own socket is preferred, and all its refusals but one are final.
static void check_kernel(void) {
    unsigned codes[] = {0, EPERM, ENOMEM, EPROTONOSUPPORT, EAFNOSUPPORT};
    for (unsigned index = 0; index < sizeof codes / sizeof *codes; index++) {
        pid_t child = fork();
        if (!child) {
            answer_socket(codes[index]);
            int descriptor = socket(PF_KEY, SOCK_RAW, PF_KEY_V2);
            if (codes[index] == 0) EXPECT(descriptor == 0);
            else if (codes[index] == EAFNOSUPPORT) expect_exchange(descriptor, 1);
            else EXPECT(descriptor == -1 && errno == (int)codes[index]);
            _exit(0);
        }
        expect_success(child);
    }
}

static void check_absence(void) {
    EXPECT(socket(PF_KEY, SOCK_RAW, PF_KEY_V2) == -1 && errno == EAFNOSUPPORT);
}

static void check_rights(void) {
    EXPECT(socket(PF_KEY, SOCK_RAW, PF_KEY_V2) == -1 && errno == EPERM);
}

static const struct {
    const char *name;
    void (*run)(void);
} checks[] = {
    {"ways", check_ways},       {"refusals", check_refusals}, {"types", check_types},
    {"identity", check_identity}, {"receiving", check_receiving}, {"copies", check_copies},
    {"nameless", check_nameless}, {"placed", check_placed},
    {"reuse", check_reuse},     {"fork", check_fork},         {"exec", check_exec},
    {"closing", check_closing}, {"passing", check_passing},   {"threads", check_threads},
    {"signals", check_signals}, {"loss", check_loss},
    {"interruptions", check_interruptions}, {"kernel", check_kernel}, {"end", check_end},         {"absence", check_absence},
    {"rights", check_rights},
};
enum { CHECKS = sizeof checks / sizeof *checks };

static int run(const char *name) {
    for (int index = 0; index < CHECKS; index++) {
        if (strcmp(checks[index].name, name)) continue;
        int status;
        pid_t child = fork();
        if (!child) {
            alarm(20);
            checks[index].run();
            _exit(0);
        }
        waitpid(child, &status, 0);
        printf("%s %s\n", status ? "FAILED" : "ok", name);
        if (WIFSIGNALED(status)) printf("  killed by signal %d\n", WTERMSIG(status));
        fflush(stdout);
        return status != 0;
    }
    printf("FAILED %s: no such check\n", name);
    return 1;
}

// Goes into the background as daemons do, and tells in a file that it was served there.
static void go_on_in_background(const char *path) {
    if (fork()) _exit(0);
    setsid();
    // Not before the parent has gone.
    while (getppid() != 1) poll(NULL, 0, 10);
    expect_exchange(opened(0), 1);
    FILE *file = fopen(path, "w");
    EXPECT(file && fputs("served\n", file) >= 0 && fclose(file) == 0);
    _exit(0);
}

int main(int count, char **words) {
    int failed = 0;
    self = "/proc/self/exe";
    if (count == 3 && !strcmp(words[1], "inherited")) {
        expect_exchange(atoi(words[2]), 8);
        return 0;
    }
    if (count == 3 && !strcmp(words[1], "background")) go_on_in_background(words[2]);
    for (int index = 1; index < count; index++) failed += run(words[index]);
    return failed;
}
