#define _GNU_SOURCE
#include "CLinuxTrap.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

// Newer than the C library's headers.
#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

static int result(long value) { return value < 0 ? -errno : (int)value; }

uint32_t linuxio_trap_architecture(void)
{
#if defined(__x86_64__)
    return AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
    return AUDIT_ARCH_AARCH64;
#else
#error "this architecture's number for filters"
#endif
}

int32_t linuxio_call_number(unsigned call)
{
    static const int32_t numbers[] = {
        [linuxio_call_socket] = SYS_socket,         [linuxio_call_sendto] = SYS_sendto,
        [linuxio_call_sendmsg] = SYS_sendmsg,       [linuxio_call_sendmmsg] = SYS_sendmmsg,
        [linuxio_call_write] = SYS_write,           [linuxio_call_writev] = SYS_writev,
        [linuxio_call_recvfrom] = SYS_recvfrom,     [linuxio_call_recvmsg] = SYS_recvmsg,
        [linuxio_call_setsockopt] = SYS_setsockopt, [linuxio_call_getsockopt] = SYS_getsockopt,
        [linuxio_call_getsockname] = SYS_getsockname, [linuxio_call_getpeername] = SYS_getpeername,
        [linuxio_call_bind] = SYS_bind,             [linuxio_call_connect] = SYS_connect,
        [linuxio_call_listen] = SYS_listen,         [linuxio_call_accept] = SYS_accept,
        [linuxio_call_accept4] = SYS_accept4,       [linuxio_call_shutdown] = SYS_shutdown,
        [linuxio_call_dup] = SYS_dup,               [linuxio_call_fcntl] = SYS_fcntl,
    };
    return call < linuxio_calls ? numbers[call] : -1;
}

static int install(const struct sock_fprog *program, unsigned long flags)
{
    return result(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER | flags, program));
}

int linuxio_trap_install(const struct linuxio_instruction *instructions, uint16_t count)
{
    _Static_assert(sizeof *instructions == sizeof(struct sock_filter), "instructions are the kernel's");
    struct sock_fprog program = {.len = count, .filter = (struct sock_filter *)instructions};
    // From then on only a signal that kills interrupts a call, so that none is made twice; Linux 5.19.
    unsigned long flags = SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
    int listener = install(&program, flags);
    if (listener == -EINVAL) listener = install(&program, flags = 0);
    if (listener != -EACCES) return listener;
    // Without the right to do this to programs that gain rights: they gain none.
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) return -errno;
    listener = install(&program, flags);
    return listener == -EINVAL ? install(&program, 0) : listener;
}

int linuxio_trap_take(int descriptor, struct linuxio_trapped_call *call)
{
    struct seccomp_notif notice;
    memset(&notice, 0, sizeof notice);
    if (ioctl(descriptor, SECCOMP_IOCTL_NOTIF_RECV, &notice)) return -errno;
    call->id = notice.id;
    call->thread = (int32_t)notice.pid;
    call->number = notice.data.nr;
    for (int index = 0; index < 6; index++) call->arguments[index] = notice.data.args[index];
    return 0;
}

int linuxio_trap_is_waiting(int descriptor, uint64_t id)
{
    return ioctl(descriptor, SECCOMP_IOCTL_NOTIF_ID_VALID, &id) == 0;
}

static int respond(int descriptor, struct seccomp_notif_resp response)
{
    return result(ioctl(descriptor, SECCOMP_IOCTL_NOTIF_SEND, &response));
}

int linuxio_trap_answer(int descriptor, uint64_t id, int64_t value)
{
    struct seccomp_notif_resp response = {.id = id};
    if (value < 0)
        response.error = (int32_t)value;
    else
        response.val = value;
    return respond(descriptor, response);
}

int linuxio_trap_let_through(int descriptor, uint64_t id)
{
    struct seccomp_notif_resp response = {.id = id, .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE};
    return respond(descriptor, response);
}

int linuxio_trap_give(int descriptor, uint64_t id, int given, int number, int close_on_exec)
{
    struct seccomp_notif_addfd addition = {
        .id = id,
        .flags = SECCOMP_ADDFD_FLAG_SETFD | SECCOMP_ADDFD_FLAG_SEND,
        .srcfd = (uint32_t)given,
        .newfd = (uint32_t)number,
        .newfd_flags = close_on_exec ? O_CLOEXEC : 0,
    };
    return result(ioctl(descriptor, SECCOMP_IOCTL_NOTIF_ADDFD, &addition));
}

int linuxio_process_open(int32_t process)
{
    return result(syscall(SYS_pidfd_open, process, 0));
}

int linuxio_process_descriptor(int process_descriptor, int number)
{
    return result(syscall(SYS_pidfd_getfd, process_descriptor, number, 0));
}

long linuxio_process_read(int32_t thread, uint64_t address, void *bytes, size_t count)
{
    struct iovec local = {bytes, count}, remote = {(void *)(uintptr_t)address, count};
    ssize_t copied = process_vm_readv(thread, &local, 1, &remote, 1, 0);
    return copied < 0 ? -errno : copied;
}

long linuxio_process_write(int32_t thread, uint64_t address, const void *bytes, size_t count)
{
    struct iovec local = {(void *)bytes, count}, remote = {(void *)(uintptr_t)address, count};
    ssize_t copied = process_vm_writev(thread, &local, 1, &remote, 1, 0);
    return copied < 0 ? -errno : copied;
}

long linuxio_process_descriptor_limit(int32_t process)
{
    struct rlimit limit;
    if (prlimit(process, RLIMIT_NOFILE, NULL, &limit)) return -errno;
    return limit.rlim_cur > INT32_MAX ? INT32_MAX : (long)limit.rlim_cur;
}

int linuxio_fork_detached(void)
{
    int status;
    pid_t child = fork();
    if (child < 0) return -errno;
    if (child > 0) {
        while (waitpid(child, &status, 0) < 0)
            if (errno != EINTR) return -errno;
        return status ? -EAGAIN : 1;
    }
    setsid();
    child = fork();
    if (child) _exit(child < 0);
    return 0;
}

union rights {
    struct cmsghdr header;
    char room[CMSG_SPACE(sizeof(int))];
};

int linuxio_pass_descriptor(int channel, int descriptor)
{
    char octet = 0;
    union rights room = {
        .header = {.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof descriptor)}};
    struct iovec piece = {&octet, 1};
    struct msghdr message = {
        .msg_iov = &piece, .msg_iovlen = 1, .msg_control = &room, .msg_controllen = sizeof room};
    memcpy(CMSG_DATA(&room.header), &descriptor, sizeof descriptor);
    return sendmsg(channel, &message, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

int linuxio_take_descriptor(int channel)
{
    char octet;
    int descriptor;
    union rights room;
    struct iovec piece = {&octet, 1};
    struct msghdr message = {
        .msg_iov = &piece, .msg_iovlen = 1, .msg_control = &room, .msg_controllen = sizeof room};
    ssize_t count;
    do count = recvmsg(channel, &message, MSG_CMSG_CLOEXEC);
    while (count < 0 && errno == EINTR);
    if (count < 0) return -errno;
    if (count == 0 || message.msg_controllen < CMSG_LEN(sizeof descriptor)) return -EPIPE;
    memcpy(&descriptor, CMSG_DATA(&room.header), sizeof descriptor);
    return descriptor;
}

int linuxio_enter_namespace(int descriptor)
{
    return setns(descriptor, 0) ? -errno : 0;
}
