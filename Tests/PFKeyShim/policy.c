// policy NAME...: sets policies on sockets in PF_KEY's form, and becomes `ip -d xfrm policy`, which shows them.
//
// bypass tunnel6 bundle: one each; refused: says what is wrong with wrong ones; unprivileged: without rights.
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <linux/ipsec.h>
#include <linux/pfkeyv2.h>

#ifndef IP_IPSEC_POLICY
#define IP_IPSEC_POLICY 16
#endif
#ifndef IPV6_IPSEC_POLICY
#define IPV6_IPSEC_POLICY 34
#endif

static struct {
    struct sadb_x_policy head;
    uint8_t body[256];
} value;
static size_t length;

static void begin(int type, int direction) {
    memset(&value, 0, sizeof value);
    value.head.sadb_x_policy_len = 2;
    value.head.sadb_x_policy_exttype = SADB_X_EXT_POLICY;
    value.head.sadb_x_policy_type = (uint16_t)type;
    value.head.sadb_x_policy_dir = (uint8_t)direction;
    length = sizeof value.head;
}

static void request(int protocol, int mode, int level, uint32_t id, const void *addresses, size_t count) {
    struct sadb_x_ipsecrequest request = {
        .sadb_x_ipsecrequest_len = (uint16_t)(sizeof request + count),
        .sadb_x_ipsecrequest_proto = (uint16_t)protocol,
        .sadb_x_ipsecrequest_mode = (uint8_t)mode,
        .sadb_x_ipsecrequest_level = (uint8_t)level,
        .sadb_x_ipsecrequest_reqid = id,
    };
    memcpy((uint8_t *)&value + length, &request, sizeof request);
    if (count) memcpy((uint8_t *)&value + length + sizeof request, addresses, count);
    length += sizeof request + count;
    value.head.sadb_x_policy_len = (uint16_t)((length + 7) / 8);
}

static int set(int descriptor, int level) {
    int option = level == IPPROTO_IP ? IP_IPSEC_POLICY : IPV6_IPSEC_POLICY;
    return setsockopt(descriptor, level, option, &value, (socklen_t)((length + 7) / 8 * 8)) ? errno : 0;
}

static void report(const char *name, int code) {
    printf("%s %d\n", name, code);
    fflush(stdout);
}

static void bypass(void) {
    int descriptor = socket(AF_INET, SOCK_DGRAM, 0);
    begin(IPSEC_POLICY_BYPASS, IPSEC_DIR_INBOUND);
    report("bypass in", set(descriptor, IPPROTO_IP));
    begin(IPSEC_POLICY_DISCARD, IPSEC_DIR_OUTBOUND);
    report("discard out", set(descriptor, IPPROTO_IP));
}

static void tunnel6(void) {
    int descriptor = socket(AF_INET6, SOCK_STREAM, 0);
    struct sockaddr_in6 pair[2] = {{.sin6_family = AF_INET6}, {.sin6_family = AF_INET6}};
    memcpy(&pair[0].sin6_addr, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01", 16);
    memcpy(&pair[1].sin6_addr, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02", 16);
    begin(IPSEC_POLICY_IPSEC, IPSEC_DIR_OUTBOUND);
    request(IPPROTO_ESP, IPSEC_MODE_TUNNEL, IPSEC_LEVEL_UNIQUE, 77, pair, sizeof pair);
    report("tunnel6", set(descriptor, IPPROTO_IPV6));
}

static void bundle(void) {
    int descriptor = socket(AF_INET, SOCK_DGRAM, 0);
    begin(IPSEC_POLICY_IPSEC, IPSEC_DIR_OUTBOUND);
    request(IPPROTO_ESP, IPSEC_MODE_TRANSPORT, IPSEC_LEVEL_REQUIRE, 0, NULL, 0);
    request(IPPROTO_AH, IPSEC_MODE_TRANSPORT, IPSEC_LEVEL_USE, 0, NULL, 0);
    report("bundle", set(descriptor, IPPROTO_IP));
}

static void refused(void) {
    int descriptor = socket(AF_INET, SOCK_DGRAM, 0), other = socket(AF_UNIX, SOCK_DGRAM, 0);
    begin(IPSEC_POLICY_NONE, IPSEC_DIR_FWD);
    report("forward", set(descriptor, IPPROTO_IP));
    begin(IPSEC_POLICY_IPSEC, IPSEC_DIR_OUTBOUND);
    request(IPPROTO_TCP, IPSEC_MODE_TRANSPORT, IPSEC_LEVEL_USE, 0, NULL, 0);
    report("TCP", set(descriptor, IPPROTO_IP));
    begin(IPSEC_POLICY_NONE, IPSEC_DIR_OUTBOUND);
    report("no descriptor", set(-1, IPPROTO_IP));
    report("no socket", set(0, IPPROTO_IP));
    report("not of IP", set(other, IPPROTO_IP));
    report("not of IPv6", set(descriptor, IPPROTO_IPV6));
}

static void unprivileged(void) {
    int descriptor = socket(AF_INET, SOCK_DGRAM, 0);
    begin(IPSEC_POLICY_BYPASS, IPSEC_DIR_OUTBOUND);
    report("root", set(descriptor, IPPROTO_IP));
    if (setuid(65534)) report("setuid", errno);
    report("nobody", set(descriptor, IPPROTO_IP));
}

int main(int count, char **words) {
    static const struct {
        const char *name;
        void (*run)(void);
    } actions[] = {
        {"bypass", bypass}, {"tunnel6", tunnel6}, {"bundle", bundle}, {"refused", refused},
        {"unprivileged", unprivileged},
    };
    for (int word = 1; word < count; word++)
        for (unsigned index = 0; index < sizeof actions / sizeof *actions; index++)
            if (!strcmp(actions[index].name, words[word])) actions[index].run();
    execlp("ip", "ip", "-d", "xfrm", "policy", (char *)NULL);
    return 1;
}
