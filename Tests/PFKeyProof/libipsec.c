// usage: libipsec   does what programs over libipsec do (setkey, racoon), and says what came of it, a line an answer.
//
// Buffers are made as large as they become; a header is peeked at before its message is read whole; racoon's socket does not
// block and is read right after sending, setkey's waits a second. What two runs cannot have in common is not printed.
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/ipsec.h>
#include <linux/pfkeyv2.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static uint64_t words[1024];
static size_t used;

static void *room(size_t length) {
    void *start = (char *)words + used;
    memset(start, 0, (length + 7) & ~(size_t)7);
    used += (length + 7) & ~(size_t)7;
    return start;
}

static void begin(uint8_t type, uint8_t satype) {
    used = 0;
    struct sadb_msg *message = room(sizeof *message);
    *message = (struct sadb_msg){.sadb_msg_version = PF_KEY_V2, .sadb_msg_type = type, .sadb_msg_satype = satype,
                                 .sadb_msg_seq = 5, .sadb_msg_pid = 1234};
}

static void address(uint16_t kind, const char *text, uint8_t prefix) {
    struct sadb_address *extension = room(sizeof *extension + sizeof(struct sockaddr_in));
    *extension = (struct sadb_address){.sadb_address_len = 3, .sadb_address_exttype = kind, .sadb_address_proto = 255,
                                       .sadb_address_prefixlen = prefix};
    struct sockaddr_in *name = (void *)(extension + 1);
    name->sin_family = AF_INET;
    inet_pton(AF_INET, text, &name->sin_addr);
}

static void ends(const char *from, const char *to, uint8_t prefix) {
    address(SADB_EXT_ADDRESS_SRC, from, prefix);
    address(SADB_EXT_ADDRESS_DST, to, prefix);
}

static void key(uint16_t kind, uint16_t length) {
    struct sadb_key *extension = room(sizeof *extension + length);
    extension->sadb_key_len = (uint16_t)((sizeof *extension + length + 7) / 8);
    extension->sadb_key_exttype = kind;
    extension->sadb_key_bits = (uint16_t)(length * 8);
    memset(extension + 1, 'k', length);
}

static void association(uint32_t spi) {
    struct sadb_sa *extension = room(sizeof *extension);
    *extension = (struct sadb_sa){.sadb_sa_len = 2, .sadb_sa_exttype = SADB_EXT_SA, .sadb_sa_spi = htonl(spi), .sadb_sa_replay = 4,
                                  .sadb_sa_state = SADB_SASTATE_MATURE, .sadb_sa_auth = SADB_AALG_SHA1HMAC,
                                  .sadb_sa_encrypt = SADB_X_EALG_AESCBC};
    struct sadb_x_sa2 *second = room(sizeof *second);
    *second = (struct sadb_x_sa2){.sadb_x_sa2_len = 2, .sadb_x_sa2_exttype = SADB_X_EXT_SA2, .sadb_x_sa2_mode = IPSEC_MODE_TUNNEL,
                                  .sadb_x_sa2_reqid = 9};
}

static void policy(void) {
    struct sadb_x_policy *extension = room(sizeof *extension + sizeof(struct sadb_x_ipsecrequest) + 2 * sizeof(struct sockaddr_in));
    *extension = (struct sadb_x_policy){.sadb_x_policy_len = 8, .sadb_x_policy_exttype = SADB_X_EXT_POLICY,
                                        .sadb_x_policy_type = IPSEC_POLICY_IPSEC, .sadb_x_policy_dir = IPSEC_DIR_OUTBOUND};
    struct sadb_x_ipsecrequest *request = (void *)(extension + 1);
    *request = (struct sadb_x_ipsecrequest){.sadb_x_ipsecrequest_len = 48, .sadb_x_ipsecrequest_proto = IPPROTO_ESP,
                                            .sadb_x_ipsecrequest_mode = IPSEC_MODE_TUNNEL,
                                            .sadb_x_ipsecrequest_level = IPSEC_LEVEL_UNIQUE, .sadb_x_ipsecrequest_reqid = 9};
    struct sockaddr_in *names = (void *)(request + 1);
    for (int number = 0; number < 2; number++) {
        names[number].sin_family = AF_INET;
        inet_pton(AF_INET, number ? "192.0.2.2" : "192.0.2.1", &names[number].sin_addr);
    }
}

// As libipsec opens: as much as the kernel gives.
static int opened(void) {
    int descriptor = socket(PF_KEY, SOCK_RAW, PF_KEY_V2);
    if (descriptor < 0) {
        perror("socket");
        exit(1);
    }
    int size = 128 * 1024;
    setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    for (size = 2 * 1024 * 1024; size > 0; size /= 2)
        if (setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, sizeof size) == 0) break;
    return descriptor;
}

// pfkey_recv(): the header first, then all of it.
static struct sadb_msg *received(int descriptor) {
    struct sadb_msg header;
    ssize_t length = recv(descriptor, &header, sizeof header, MSG_PEEK);
    if (length != sizeof header) {
        if (length >= 0) printf("a header of %zd octets\n", length);
        return NULL;
    }
    size_t whole = (size_t)header.sadb_msg_len * 8;
    struct sadb_msg *message = malloc(whole);
    length = recv(descriptor, message, whole, 0);
    if (length != (ssize_t)whole) {
        printf("%zd octets of %zu\n", length, whole);
        free(message);
        return NULL;
    }
    return message;
}

static void print(const char *name, const struct sadb_msg *message) {
    printf("%s: type %u errno %u satype %u len %u seq %u pid %u:", name, message->sadb_msg_type, message->sadb_msg_errno,
           message->sadb_msg_satype, message->sadb_msg_len, message->sadb_msg_seq, message->sadb_msg_pid);
    const uint64_t *all = (const void *)message;
    for (size_t at = 2; at < message->sadb_msg_len;) {
        const struct sadb_ext *extension = (const void *)(all + at);
        printf(" %u/%u", extension->sadb_ext_type, extension->sadb_ext_len);
        if (extension->sadb_ext_len == 0) break;
        at += extension->sadb_ext_len;
    }
    printf("\n");
}

// Sends and reads what is the answer to it: right after sending, where the socket does not block.
static void exchange(int descriptor, const char *name) {
    struct sadb_msg *message = (void *)words, *answer;
    message->sadb_msg_len = (uint16_t)(used / 8);
    ssize_t sent = send(descriptor, words, used, 0);
    if (sent != (ssize_t)used) printf("%s: sent %zd: %s\n", name, sent, sent < 0 ? strerror(errno) : "");
    uint8_t type = message->sadb_msg_type;
    int dumped = type == SADB_DUMP || type == SADB_X_SPDDUMP, more = 1;
    while (more && (answer = received(descriptor)) != NULL) {
        print(name, answer);
        more = answer->sadb_msg_type != type || (dumped && answer->sadb_msg_seq != 0 && answer->sadb_msg_errno == 0);
        free(answer);
    }
    if (more) printf("%s: %s\n", name, strerror(errno));
}

static void racoon(void) {
    int descriptor = opened();
    fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK);
    static const uint8_t kinds[] = {SADB_SATYPE_AH, SADB_SATYPE_ESP, SADB_X_SATYPE_IPCOMP};
    for (size_t number = 0; number < sizeof kinds; number++) {
        begin(SADB_REGISTER, kinds[number]);
        exchange(descriptor, "racoon registers");
    }
    begin(SADB_GETSPI, SADB_SATYPE_ESP);
    ends("192.0.2.2", "192.0.2.1", 32);
    struct sadb_spirange *range = room(sizeof *range);
    *range = (struct sadb_spirange){.sadb_spirange_len = 2, .sadb_spirange_exttype = SADB_EXT_SPIRANGE,
                                    .sadb_spirange_min = 0x1234, .sadb_spirange_max = 0x1234};
    exchange(descriptor, "racoon asks for an SPI");
    for (uint8_t type = SADB_UPDATE; type <= SADB_ADD; type++) {
        begin(type, SADB_SATYPE_ESP);
        association(type == SADB_ADD ? 0x5678 : 0x1234);
        ends(type == SADB_ADD ? "192.0.2.1" : "192.0.2.2", type == SADB_ADD ? "192.0.2.2" : "192.0.2.1", 32);
        key(SADB_EXT_KEY_AUTH, 20);
        key(SADB_EXT_KEY_ENCRYPT, 16);
        exchange(descriptor, type == SADB_ADD ? "racoon adds" : "racoon updates");
    }
    struct pollfd quiet = {.fd = descriptor, .events = POLLIN};
    printf("nothing is left to read: %d\n", poll(&quiet, 1, 0));
    close(descriptor);
}

static void setkey(void) {
    int descriptor = opened();
    struct timeval second = {.tv_sec = 1};
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof second);
    begin(SADB_X_SPDADD, SADB_SATYPE_UNSPEC);
    ends("10.1.0.0", "10.2.0.0", 24);
    policy();
    exchange(descriptor, "setkey adds a policy");
    begin(SADB_X_SPDDUMP, SADB_SATYPE_UNSPEC);
    exchange(descriptor, "setkey dumps policies");
    begin(SADB_DUMP, SADB_SATYPE_UNSPEC);
    exchange(descriptor, "setkey dumps SAs");
    begin(SADB_DELETE, SADB_SATYPE_ESP);
    association(0x5678);
    ends("192.0.2.1", "192.0.2.2", 32);
    exchange(descriptor, "setkey deletes");
    static const uint8_t last[] = {SADB_FLUSH, SADB_X_SPDFLUSH, SADB_DUMP, SADB_X_SPDDUMP};
    for (size_t number = 0; number < sizeof last; number++) {
        begin(last[number], SADB_SATYPE_UNSPEC);
        exchange(descriptor, "setkey flushes");
    }
    close(descriptor);
}

int main(void) {
    setvbuf(stdout, NULL, _IOLBF, 0);
    racoon();
    setkey();
    return 0;
}
