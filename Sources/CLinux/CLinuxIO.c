#define _GNU_SOURCE
#include "CLinuxIO.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/if_tun.h>
#include <malloc.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>

// Newer than the C library's headers.
#ifndef TUN_F_USO4
#define TUN_F_USO4 0x20
#define TUN_F_USO6 0x40
#endif

// linux/icmp.h cannot stand beside net/if.h.
#ifndef ICMP_FILTER
#define ICMP_FILTER 1
#endif

enum { maximum_batch = 64, ancillary_size = 128, received_ancillary_size = 512 };

static int result(long value) { return value < 0 ? -errno : (int)value; }

static void put_number(uint8_t *octets, int count, uint64_t number)
{
    for (int index = count - 1; index >= 0; index--, number >>= 8) octets[index] = (uint8_t)number;
}

static uint64_t number(const uint8_t *octets, int count)
{
    uint64_t value = 0;
    for (int index = 0; index < count; index++) value = value << 8 | octets[index];
    return value;
}

static struct in6_addr ipv6(const struct linuxio_endpoint *endpoint)
{
    struct in6_addr address;
    put_number(address.s6_addr, 8, endpoint->high);
    put_number(address.s6_addr + 8, 8, endpoint->low);
    return address;
}

static socklen_t to_socket_address(const struct linuxio_endpoint *endpoint, struct sockaddr_storage *storage)
{
    memset(storage, 0, sizeof *storage);
    if (endpoint->family == AF_INET) {
        struct sockaddr_in *address = (struct sockaddr_in *)storage;
        address->sin_family = AF_INET;
        address->sin_port = htons(endpoint->port);
        address->sin_addr.s_addr = htonl((uint32_t)endpoint->low);
        return sizeof *address;
    }
    struct sockaddr_in6 *address = (struct sockaddr_in6 *)storage;
    address->sin6_family = AF_INET6;
    address->sin6_port = htons(endpoint->port);
    address->sin6_scope_id = endpoint->scope;
    address->sin6_addr = ipv6(endpoint);
    return sizeof *address;
}

static void set_ipv6(struct linuxio_endpoint *endpoint, const struct in6_addr *address)
{
    endpoint->family = AF_INET6;
    endpoint->high = number(address->s6_addr, 8);
    endpoint->low = number(address->s6_addr + 8, 8);
}

static void from_socket_address(const struct sockaddr_storage *storage, struct linuxio_endpoint *endpoint)
{
    memset(endpoint, 0, sizeof *endpoint);
    if (storage->ss_family == AF_INET) {
        const struct sockaddr_in *address = (const struct sockaddr_in *)storage;
        endpoint->family = AF_INET;
        endpoint->port = ntohs(address->sin_port);
        endpoint->low = ntohl(address->sin_addr.s_addr);
    } else if (storage->ss_family == AF_INET6) {
        const struct sockaddr_in6 *address = (const struct sockaddr_in6 *)storage;
        set_ipv6(endpoint, &address->sin6_addr);
        endpoint->port = ntohs(address->sin6_port);
        endpoint->scope = address->sin6_scope_id;
    }
}

int linuxio_socket(int family, int type, int protocol)
{
    return result(socket(family, type | SOCK_CLOEXEC, protocol));
}

int linuxio_accept(int descriptor)
{
    int number;
    do number = accept4(descriptor, NULL, NULL, SOCK_CLOEXEC); while (number < 0 && errno == EINTR);
    return result(number);
}

int linuxio_bind(int descriptor, const struct linuxio_endpoint *local)
{
    struct sockaddr_storage storage;
    socklen_t length = to_socket_address(local, &storage);
    return result(bind(descriptor, (struct sockaddr *)&storage, length));
}

int linuxio_connect(int descriptor, const struct linuxio_endpoint *remote)
{
    struct sockaddr_storage storage;
    socklen_t length = to_socket_address(remote, &storage);
    return result(connect(descriptor, (struct sockaddr *)&storage, length));
}

int linuxio_local(int descriptor, struct linuxio_endpoint *local)
{
    struct sockaddr_storage storage = {0};
    socklen_t length = sizeof storage;
    int code = result(getsockname(descriptor, (struct sockaddr *)&storage, &length));
    if (code == 0) from_socket_address(&storage, local);
    return code;
}

int linuxio_set_option(int descriptor, int level, int option, int value)
{
    return result(setsockopt(descriptor, level, option, &value, sizeof value));
}

int linuxio_get_option(int descriptor, int level, int option, int *value)
{
    socklen_t length = sizeof *value;
    return result(getsockopt(descriptor, level, option, value, &length));
}

int linuxio_want_ancillary(int descriptor, int family)
{
    int level = family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6;
    int code = linuxio_set_option(descriptor, level, family == AF_INET ? IP_PKTINFO : IPV6_RECVPKTINFO, 1);
    if (code < 0) return code;
    return linuxio_set_option(descriptor, level, family == AF_INET ? IP_RECVTOS : IPV6_RECVTCLASS, 1);
}

int linuxio_want_extensions(int descriptor)
{
    static const int options[] = {IPV6_RECVHOPOPTS, IPV6_RECVDSTOPTS, IPV6_RECVRTHDR};
    for (size_t index = 0; index < sizeof options / sizeof *options; index++) {
        int code = linuxio_set_option(descriptor, IPPROTO_IPV6, options[index], 1);
        if (code < 0) return code;
    }
    return 0;
}

int linuxio_want_icmp_type(int descriptor, int family, uint8_t type)
{
    if (family == AF_INET) {
        if (type > 31) return -EINVAL;
        uint32_t blocked = ~(UINT32_C(1) << type);
        return result(setsockopt(descriptor, SOL_RAW, ICMP_FILTER, &blocked, sizeof blocked));
    }
    struct icmp6_filter filter;
    ICMP6_FILTER_SETBLOCKALL(&filter);
    ICMP6_FILTER_SETPASS(type, &filter);
    return result(setsockopt(descriptor, IPPROTO_ICMPV6, ICMP6_FILTER, &filter, sizeof filter));
}

// The protocol number of an extension header that came as ancillary data; -1 for all else.
static int extension_number(const struct cmsghdr *item)
{
    if (item->cmsg_level != IPPROTO_IPV6) return -1;
    switch (item->cmsg_type) {
    case IPV6_HOPOPTS: return IPPROTO_HOPOPTS;
    case IPV6_DSTOPTS: return IPPROTO_DSTOPTS;
    case IPV6_RTHDR: return IPPROTO_ROUTING;
    default: return -1;
    }
}

// Puts the extension headers before the datagram; the kernel tells them in the order they had.
static void read_extensions(
    struct msghdr *message, struct linuxio_datagram *datagram, uint8_t *end, size_t headroom)
{
    size_t length = 0;
    for (struct cmsghdr *item = CMSG_FIRSTHDR(message); item; item = CMSG_NXTHDR(message, item)) {
        int number = extension_number(item);
        if (number < 0) continue;
        if (length == 0) datagram->first_extension = (uint8_t)number;
        length += item->cmsg_len - CMSG_LEN(0);
    }
    if (length > headroom) {
        datagram->is_truncated = 1;
        return;
    }
    datagram->extension_length = (uint16_t)length;
    uint8_t *place = end - length;
    for (struct cmsghdr *item = CMSG_FIRSTHDR(message); item; item = CMSG_NXTHDR(message, item)) {
        if (extension_number(item) < 0) continue;
        memcpy(place, CMSG_DATA(item), item->cmsg_len - CMSG_LEN(0));
        place += item->cmsg_len - CMSG_LEN(0);
    }
}

static void read_ancillary(struct msghdr *message, struct linuxio_datagram *datagram)
{
    for (struct cmsghdr *item = CMSG_FIRSTHDR(message); item; item = CMSG_NXTHDR(message, item)) {
        const void *body = CMSG_DATA(item);
        if (item->cmsg_level == IPPROTO_IP && item->cmsg_type == IP_PKTINFO) {
            struct in_pktinfo packet;
            memcpy(&packet, body, sizeof packet);
            datagram->local.family = AF_INET;
            datagram->local.low = ntohl(packet.ipi_addr.s_addr);
            datagram->interface = (uint32_t)packet.ipi_ifindex;
        } else if (item->cmsg_level == IPPROTO_IPV6 && item->cmsg_type == IPV6_PKTINFO) {
            struct in6_pktinfo packet;
            memcpy(&packet, body, sizeof packet);
            set_ipv6(&datagram->local, &packet.ipi6_addr);
            datagram->interface = packet.ipi6_ifindex;
            datagram->local.scope = datagram->remote.scope;
        } else if (item->cmsg_level == IPPROTO_IP && item->cmsg_type == IP_TOS) {
            memcpy(&datagram->traffic_class, body, 1);
        } else if (item->cmsg_level == IPPROTO_IPV6 && item->cmsg_type == IPV6_TCLASS) {
            int value;
            memcpy(&value, body, sizeof value);
            datagram->traffic_class = (uint8_t)value;
        } else if (item->cmsg_level == IPPROTO_UDP && item->cmsg_type == UDP_GRO) {
            int value;
            memcpy(&value, body, sizeof value);
            if (value > 0) datagram->segment_size = (uint32_t)value;
        }
    }
}

int linuxio_receive_pieces(
    int descriptor, struct iovec *pieces, struct linuxio_datagram *datagrams, unsigned count, size_t headroom)
{
    struct mmsghdr messages[maximum_batch];
    struct sockaddr_storage remotes[maximum_batch];
    _Alignas(struct cmsghdr) uint8_t ancillary[maximum_batch][received_ancillary_size];
    if (count > maximum_batch) count = maximum_batch;
    for (unsigned index = 0; index < count; index++) {
        messages[index].msg_hdr = (struct msghdr){
            .msg_name = &remotes[index], .msg_namelen = sizeof remotes[index],
            .msg_iov = &pieces[index], .msg_iovlen = 1,
            .msg_control = ancillary[index], .msg_controllen = received_ancillary_size};
        messages[index].msg_len = 0;
    }
    int received = recvmmsg(descriptor, messages, count, MSG_DONTWAIT, NULL);
    if (received < 0) return errno == EAGAIN || errno == EINTR ? 0 : -errno;
    for (int index = 0; index < received; index++) {
        struct linuxio_datagram *datagram = &datagrams[index];
        memset(datagram, 0, sizeof *datagram);
        from_socket_address(&remotes[index], &datagram->remote);
        datagram->length = messages[index].msg_len;
        datagram->is_truncated = (messages[index].msg_hdr.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0;
        read_ancillary(&messages[index].msg_hdr, datagram);
        read_extensions(&messages[index].msg_hdr, datagram, pieces[index].iov_base, headroom);
    }
    return received;
}

int linuxio_receive(
    int descriptor, uint8_t *storage, size_t stride, struct linuxio_datagram *datagrams, unsigned count)
{
    struct iovec pieces[maximum_batch];
    if (count > maximum_batch) count = maximum_batch;
    for (unsigned index = 0; index < count; index++)
        pieces[index] = (struct iovec){storage + index * stride, stride};
    return linuxio_receive_pieces(descriptor, pieces, datagrams, count, 0);
}

int linuxio_join_datagrams(int descriptor) { return linuxio_set_option(descriptor, IPPROTO_UDP, UDP_GRO, 1); }

static struct cmsghdr *append(struct msghdr *message, int level, int type, const void *body, size_t length)
{
    struct cmsghdr *item = (struct cmsghdr *)((uint8_t *)message->msg_control + message->msg_controllen);
    item->cmsg_level = level;
    item->cmsg_type = type;
    item->cmsg_len = CMSG_LEN(length);
    memcpy(CMSG_DATA(item), body, length);
    message->msg_controllen += CMSG_SPACE(length);
    return item;
}

static void append_source(struct msghdr *message, const struct linuxio_endpoint *local)
{
    if (local->family == AF_INET) {
        struct in_pktinfo packet = {.ipi_spec_dst.s_addr = htonl((uint32_t)local->low)};
        append(message, IPPROTO_IP, IP_PKTINFO, &packet, sizeof packet);
    } else if (local->family == AF_INET6) {
        struct in6_pktinfo packet = {.ipi6_addr = ipv6(local), .ipi6_ifindex = local->scope};
        append(message, IPPROTO_IPV6, IPV6_PKTINFO, &packet, sizeof packet);
    }
}

// Where a message goes to and comes from; storage and ancillary outlive it.
static struct msghdr addressed(
    const struct linuxio_endpoint *local, const struct linuxio_endpoint *remote, int traffic_class,
    struct sockaddr_storage *storage, uint8_t *ancillary)
{
    struct msghdr message = {
        .msg_name = storage, .msg_namelen = to_socket_address(remote, storage), .msg_control = ancillary};
    append_source(&message, local);
    if (traffic_class >= 0) {
        if (remote->family == AF_INET)
            append(&message, IPPROTO_IP, IP_TOS, &traffic_class, sizeof traffic_class);
        else
            append(&message, IPPROTO_IPV6, IPV6_TCLASS, &traffic_class, sizeof traffic_class);
    }
    return message;
}

int linuxio_send(
    int descriptor, const uint8_t *bytes, size_t length, const struct linuxio_endpoint *local,
    const struct linuxio_endpoint *remote, int traffic_class)
{
    struct iovec piece = {(void *)bytes, length};
    int sent = linuxio_send_pieces(descriptor, &piece, 1, 0, local, remote, traffic_class);
    return sent < 0 ? sent : 0;
}

int linuxio_send_pieces(
    int descriptor, const struct iovec *pieces, unsigned count, uint16_t segment_size,
    const struct linuxio_endpoint *local, const struct linuxio_endpoint *remote, int traffic_class)
{
    struct sockaddr_storage storage;
    _Alignas(struct cmsghdr) uint8_t ancillary[ancillary_size] = {0};
    struct msghdr message = addressed(local, remote, traffic_class, &storage, ancillary);
    if (count > maximum_batch) count = maximum_batch;
    if (segment_size > 0) append(&message, IPPROTO_UDP, UDP_SEGMENT, &segment_size, sizeof segment_size);
    if (message.msg_controllen == 0) message.msg_control = NULL;
    message.msg_iov = (struct iovec *)pieces;
    if (segment_size > 0 || count == 1) {
        message.msg_iovlen = count;
        return sendmsg(descriptor, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : (int)count;
    }
    struct mmsghdr messages[maximum_batch];
    for (unsigned index = 0; index < count; index++) {
        messages[index].msg_hdr = message;
        messages[index].msg_hdr.msg_iov = (struct iovec *)&pieces[index];
        messages[index].msg_hdr.msg_iovlen = 1;
    }
    return result(sendmmsg(descriptor, messages, count, MSG_DONTWAIT | MSG_NOSIGNAL));
}

int linuxio_tun_open(char name[16])
{
    int descriptor = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0) return -errno;
    struct ifreq request = {0};
    memcpy(request.ifr_name, name, IFNAMSIZ);
    request.ifr_name[IFNAMSIZ - 1] = 0;
    request.ifr_flags = IFF_TUN | IFF_NO_PI | IFF_VNET_HDR | IFF_MULTI_QUEUE;
    if (ioctl(descriptor, TUNSETIFF, &request) < 0) {
        int code = -errno;
        close(descriptor);
        return code;
    }
    memcpy(name, request.ifr_name, IFNAMSIZ);
    return descriptor;
}

int linuxio_tun_set_offload(int descriptor)
{
    unsigned flags = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN;
    if (ioctl(descriptor, TUNSETOFFLOAD, flags | TUN_F_USO4 | TUN_F_USO6) == 0)
        return (int)(flags | TUN_F_USO4 | TUN_F_USO6);
    return ioctl(descriptor, TUNSETOFFLOAD, flags) < 0 ? -errno : (int)flags;
}

static int interface_request(const char *name, unsigned long operation, struct ifreq *request)
{
    strncpy(request->ifr_name, name, IFNAMSIZ - 1);
    int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return -errno;
    int code = result(ioctl(descriptor, operation, request));
    close(descriptor);
    return code;
}

int linuxio_set_mtu(const char *name, int mtu)
{
    struct ifreq request = {.ifr_mtu = mtu};
    return interface_request(name, SIOCSIFMTU, &request);
}

int linuxio_get_mtu(const char *name)
{
    struct ifreq request = {0};
    int code = interface_request(name, SIOCGIFMTU, &request);
    return code < 0 ? code : request.ifr_mtu;
}

int linuxio_set_up(const char *name)
{
    struct ifreq request = {0};
    int code = interface_request(name, SIOCGIFFLAGS, &request);
    if (code < 0) return code;
    request.ifr_flags |= IFF_UP;
    return interface_request(name, SIOCSIFFLAGS, &request);
}

int linuxio_set_queue_length(const char *name, int packets)
{
    struct ifreq request = {.ifr_qlen = packets};
    return interface_request(name, SIOCSIFTXQLEN, &request);
}

static int unix_address(const char *path, struct sockaddr_un *address)
{
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    if (strlen(path) >= sizeof address->sun_path) return -ENAMETOOLONG;
    strcpy(address->sun_path, path);
    return 0;
}

int linuxio_unix_bind(int descriptor, const char *path)
{
    struct sockaddr_un address;
    int code = unix_address(path, &address);
    return code < 0 ? code : result(bind(descriptor, (struct sockaddr *)&address, sizeof address));
}

int linuxio_unix_connect(int descriptor, const char *path)
{
    struct sockaddr_un address;
    int code = unix_address(path, &address);
    return code < 0 ? code : result(connect(descriptor, (struct sockaddr *)&address, sizeof address));
}

int linuxio_unix_peer(int descriptor, uint32_t *user, int32_t *process)
{
    struct ucred credentials;
    socklen_t length = sizeof credentials;
    int code = result(getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &length));
    if (code == 0) {
        *user = credentials.uid;
        *process = credentials.pid;
    }
    return code;
}

ssize_t linuxio_receive_rights(
    int descriptor, uint8_t *bytes, size_t length, int *descriptors, unsigned room, unsigned *count)
{
    union {
        struct cmsghdr header;
        uint8_t space[CMSG_SPACE(sizeof(int) * 16)];
    } control;
    struct iovec piece = {bytes, length};
    struct msghdr message = {
        .msg_iov = &piece, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    *count = 0;
    ssize_t received = recvmsg(descriptor, &message, MSG_DONTWAIT | MSG_TRUNC | MSG_CMSG_CLOEXEC);
    if (received < 0)
        return -errno;
    for (struct cmsghdr *one = CMSG_FIRSTHDR(&message); one; one = CMSG_NXTHDR(&message, one)) {
        if (one->cmsg_level != SOL_SOCKET || one->cmsg_type != SCM_RIGHTS)
            continue;
        unsigned here = (one->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (unsigned index = 0; index < here; index++) {
            int number;
            memcpy(&number, CMSG_DATA(one) + index * sizeof number, sizeof number);
            if (*count < room)
                descriptors[(*count)++] = number;
            else
                close(number);
        }
    }
    return received;
}

int linuxio_event_open(void) { return result(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)); }

int linuxio_event_signal(int descriptor) { return result(eventfd_write(descriptor, 1)); }

int linuxio_event_take(int descriptor)
{
    eventfd_t value;
    return result(eventfd_read(descriptor, &value));
}

int linuxio_set_thread_name(const char *name) { return result(prctl(PR_SET_NAME, name)); }

int linuxio_capabilities(uint64_t *effective)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    struct __user_cap_data_struct halves[2] = {{0}};
    int code = result(syscall(SYS_capget, &header, halves));
    if (code == 0) *effective = (uint64_t)halves[1].effective << 32 | halves[0].effective;
    return code;
}

void linuxio_keep_heap_together(void)
{
    mallopt(M_ARENA_MAX, 1);
    mallopt(M_TOP_PAD, 1 << 20);
}

int linuxio_has_capabilities(const char *path)
{
    return getxattr(path, "security.capability", NULL, 0) > 0;
}
