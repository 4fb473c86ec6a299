// Socket policies: RFC 2367's neighbours sadb_x_policy and sadb_x_ipsecrequest, as af_key reads them, in XFRM's words.
#define _GNU_SOURCE
#include "CPFKeyClient.h"
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <linux/ipsec.h>
#include <linux/pfkeyv2.h>
#include <linux/xfrm.h>

#ifndef IP_IPSEC_POLICY
#define IP_IPSEC_POLICY 16
#define IP_XFRM_POLICY 17
#endif
#ifndef IPV6_IPSEC_POLICY
#define IPV6_IPSEC_POLICY 34
#define IPV6_XFRM_POLICY 35
#endif

// The largest request identity that people choose; larger ones are drawn.
#define LARGEST_MANUAL_REQID 0x3fffu

// The kernel's XFRM_MAX_DEPTH.
enum { MOST_TEMPLATES = 6 };

struct policy {
    struct xfrm_userpolicy_info head;
    struct xfrm_user_tmpl templates[MOST_TEMPLATES];
};
_Static_assert(sizeof(struct policy) == PFKEY_CLIENT_POLICY_ROOM, "room for six templates");

static int is_protocol_valid(unsigned protocol) {
    return protocol == IPPROTO_ESP || protocol == IPPROTO_AH || protocol == IPPROTO_COMP
        || protocol == IPPROTO_ROUTING || protocol == IPPROTO_DSTOPTS;
}

static uint32_t drawn_reqid(void) {
    uint32_t value = 0;
    if (getrandom(&value, sizeof value, GRND_NONBLOCK) != sizeof value) return LARGEST_MANUAL_REQID + 1;
    return value > LARGEST_MANUAL_REQID ? value : value + LARGEST_MANUAL_REQID + 1;
}

static int read_level(const struct sadb_x_ipsecrequest *request, int direction, struct xfrm_user_tmpl *out) {
    if (request->sadb_x_ipsecrequest_level == IPSEC_LEVEL_USE) {
        if (out->mode != XFRM_MODE_TRANSPORT && direction == IPSEC_DIR_OUTBOUND) return -EINVAL;
        out->optional = 1;
    } else if (request->sadb_x_ipsecrequest_level == IPSEC_LEVEL_UNIQUE) {
        uint32_t reqid = request->sadb_x_ipsecrequest_reqid;
        out->reqid = reqid && reqid <= LARGEST_MANUAL_REQID ? reqid : drawn_reqid();
    }
    return 0;
}

// One address of a pair; returns the octets it takes, 0 if it is none.
static size_t read_address(const uint8_t *bytes, size_t length, uint16_t *family, xfrm_address_t *out) {
    if (length < sizeof *family) return 0;
    memcpy(family, bytes, sizeof *family);
    int is_old = *family == AF_INET;
    size_t size = is_old ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
    if ((!is_old && *family != AF_INET6) || length < size) return 0;
    memcpy(out, bytes + (is_old ? offsetof(struct sockaddr_in, sin_addr) : offsetof(struct sockaddr_in6, sin6_addr)),
           is_old ? sizeof(struct in_addr) : sizeof(struct in6_addr));
    return size;
}

static int read_tunnel(const uint8_t *bytes, size_t length, struct xfrm_user_tmpl *out) {
    uint16_t family;
    size_t size = read_address(bytes, length, &out->family, &out->saddr);
    if (!size || !read_address(bytes + size, length - size, &family, &out->id.daddr)) return -EINVAL;
    return family == out->family ? 0 : -EINVAL;
}

// BEET is carried without addresses, as af_key does.
static int read_request(
    const uint8_t *bytes, size_t length, int direction, uint16_t family, struct xfrm_user_tmpl *out) {
    static const uint8_t modes[] = {
        [IPSEC_MODE_TRANSPORT] = XFRM_MODE_TRANSPORT,
        [IPSEC_MODE_TUNNEL] = XFRM_MODE_TUNNEL,
        [IPSEC_MODE_BEET] = XFRM_MODE_BEET,
    };
    struct sadb_x_ipsecrequest request;
    memcpy(&request, bytes, sizeof request);
    unsigned mode = request.sadb_x_ipsecrequest_mode;
    if (mode == IPSEC_MODE_ANY || mode >= sizeof modes) return -EINVAL;
    if (!is_protocol_valid(request.sadb_x_ipsecrequest_proto & 0xff)) return -EINVAL;
    out->id.proto = request.sadb_x_ipsecrequest_proto & 0xff;
    out->mode = modes[mode];
    out->family = family;
    out->aalgos = out->ealgos = out->calgos = ~0u;
    int code = read_level(&request, direction, out);
    if (code || out->mode != XFRM_MODE_TUNNEL) return code;
    return read_tunnel(bytes + sizeof request, length - sizeof request, out);
}

// Returns how many templates there are.
static int read_requests(
    const uint8_t *bytes, size_t length, int direction, uint16_t family, struct xfrm_user_tmpl *out) {
    int count = 0;
    while (length >= sizeof(struct sadb_x_ipsecrequest)) {
        uint16_t size;
        memcpy(&size, bytes, sizeof size);
        if (size < sizeof(struct sadb_x_ipsecrequest) || size > length) return -EINVAL;
        if (count == MOST_TEMPLATES) return -ELOOP;
        int code = read_request(bytes, size, direction, family, &out[count]);
        if (code) return code;
        count++;
        bytes += size;
        length -= size;
    }
    return count;
}

static int is_well_formed(const struct sadb_x_policy *policy, size_t length) {
    return policy->sadb_x_policy_len * 8u <= length && policy->sadb_x_policy_type <= IPSEC_POLICY_BYPASS
        && policy->sadb_x_policy_dir && policy->sadb_x_policy_dir <= IPSEC_DIR_OUTBOUND;
}

// What follows the policy, if it is so long, is a security context, which XFRM's option has no place for.
static int read_context(const uint8_t *bytes, size_t length) {
    struct sadb_x_sec_ctx context;
    if (length < sizeof context) return 0;
    memcpy(&context, bytes, sizeof context);
    size_t units = (sizeof context + context.sadb_x_ctx_len + 7) / 8;
    if (context.sadb_x_sec_len * 8u > length || context.sadb_x_sec_len != units) return -EINVAL;
    return -EOPNOTSUPP;
}

ssize_t pfkey_client_policy(int level, const void *value, size_t length, uint8_t out[PFKEY_CLIENT_POLICY_ROOM]) {
    struct sadb_x_policy policy;
    struct policy result = {.head.lft = {XFRM_INF, XFRM_INF, XFRM_INF, XFRM_INF, 0, 0, 0, 0}};
    int count = 0;
    if (length < sizeof policy) return -EINVAL;
    memcpy(&policy, value, sizeof policy);
    if (!is_well_formed(&policy, length)) return -EINVAL;
    result.head.sel.family = level == IPPROTO_IP ? AF_INET : AF_INET6;
    result.head.dir = policy.sadb_x_policy_dir - 1;
    result.head.action = policy.sadb_x_policy_type == IPSEC_POLICY_DISCARD ? XFRM_POLICY_BLOCK : XFRM_POLICY_ALLOW;
    if (policy.sadb_x_policy_type == IPSEC_POLICY_IPSEC) {
        if (policy.sadb_x_policy_len * 8u < sizeof policy) return -EINVAL;
        count = read_requests(
            (const uint8_t *)value + sizeof policy, policy.sadb_x_policy_len * 8u - sizeof policy,
            policy.sadb_x_policy_dir, result.head.sel.family, result.templates);
    }
    if (count < 0) return count;
    size_t end = policy.sadb_x_policy_len * 8u;
    int code = read_context((const uint8_t *)value + end, length - end);
    if (code) return code;
    size_t size = sizeof result.head + (size_t)count * sizeof *result.templates;
    memcpy(out, &result, size);
    return (ssize_t)size;
}

int pfkey_client_set_policy(int descriptor, int level, int option, const void *value, size_t length) {
    uint8_t policy[PFKEY_CLIENT_POLICY_ROOM];
    int is_old = level == IPPROTO_IP && option == IP_IPSEC_POLICY;
    if (!is_old && !(level == IPPROTO_IPV6 && option == IPV6_IPSEC_POLICY)) return -EOPNOTSUPP;
    ssize_t size = pfkey_client_policy(level, value, length, policy);
    if (size < 0) return (int)size;
    int translated = is_old ? IP_XFRM_POLICY : IPV6_XFRM_POLICY;
    return setsockopt(descriptor, level, translated, policy, (socklen_t)size) ? -errno : 0;
}
