#include "PlainESP.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { HEADER = 8, HMAC_ICV = 16, TAG = 16 };

static struct {
	EVP_CIPHER_CTX *sealing;
	EVP_CIPHER_CTX *opening;
	EVP_MAC_CTX *mac;
	uint8_t *packets;
	size_t count, stride, body, iv_size;
	uint64_t counter;
	uint8_t nonce[12];
	uint8_t seed[16];
} batch;

static EVP_MAC_CTX *keyed_hmac(void)
{
	uint8_t key[32];
	OSSL_PARAM parameters[2] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, "SHA2-256", 0),
		OSSL_PARAM_construct_end(),
	};
	EVP_MAC *algorithm = EVP_MAC_fetch(NULL, "HMAC", NULL);
	EVP_MAC_CTX *context = EVP_MAC_CTX_new(algorithm);
	EVP_MAC_free(algorithm);
	memset(key, 2, sizeof key);
	return context && EVP_MAC_init(context, key, sizeof key, parameters) == 1 ? context : NULL;
}

static EVP_CIPHER_CTX *keyed_cipher(const char *name, int encrypting)
{
	uint8_t key[32];
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, name, NULL);
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	memset(key, 1, sizeof key);
	if (!cipher || !context || EVP_CipherInit_ex2(context, cipher, key, NULL, encrypting, NULL) != 1) return NULL;
	EVP_CIPHER_free(cipher);
	return context;
}

int plain_esp_begin(enum plain_esp_transform transform, size_t packets, size_t stride, size_t body)
{
	static const char *names[] = { "AES-128-GCM", "ChaCha20-Poly1305", "AES-128-CBC" };
	int chained = transform == PLAIN_ESP_AES_CBC_HMAC_SHA256;
	plain_esp_end();
	batch.sealing = keyed_cipher(names[transform], 1);
	batch.opening = keyed_cipher(names[transform], 0);
	if (chained && batch.sealing && batch.opening) {
		EVP_CIPHER_CTX_set_padding(batch.sealing, 0);
		EVP_CIPHER_CTX_set_padding(batch.opening, 0);
	}
	batch.mac = chained ? keyed_hmac() : NULL;
	batch.iv_size = chained ? 16 : 8;
	batch.count = packets;
	batch.stride = stride;
	batch.body = body;
	memset(batch.nonce, 1, sizeof batch.nonce);
	memset(batch.seed, 3, sizeof batch.seed);
	if (HEADER + batch.iv_size + body + TAG > stride) return 0;
	batch.packets = aligned_alloc(64, (packets * stride + 63) / 64 * 64);
	if (batch.packets) memset(batch.packets, 0x5a, packets * stride);
	return batch.packets && batch.sealing && batch.opening && (batch.mac || !chained);
}

void plain_esp_end(void)
{
	EVP_CIPHER_CTX_free(batch.sealing);
	EVP_CIPHER_CTX_free(batch.opening);
	EVP_MAC_CTX_free(batch.mac);
	free(batch.packets);
	memset(&batch, 0, sizeof batch);
}

void plain_esp_put(size_t packet, size_t offset, uint8_t octet)
{
	batch.packets[packet * batch.stride + offset] = octet;
}

static int seal_aead(uint8_t *packet)
{
	uint8_t *iv = packet + HEADER, *body = iv + 8;
	uint64_t counter = __builtin_bswap64(++batch.counter);
	int written;
	memcpy(iv, &counter, 8);
	memcpy(batch.nonce + 4, iv, 8);
	return EVP_EncryptInit_ex2(batch.sealing, NULL, NULL, batch.nonce, NULL) == 1
		&& EVP_EncryptUpdate(batch.sealing, NULL, &written, packet, HEADER) == 1
		&& EVP_EncryptUpdate(batch.sealing, body, &written, body, (int)batch.body) == 1
		&& EVP_EncryptFinal_ex(batch.sealing, body + batch.body, &written) == 1
		&& EVP_CIPHER_CTX_ctrl(batch.sealing, EVP_CTRL_AEAD_GET_TAG, TAG, body + batch.body) == 1;
}

static int open_aead(uint8_t *packet)
{
	uint8_t *iv = packet + HEADER, *body = iv + 8;
	int written;
	memcpy(batch.nonce + 4, iv, 8);
	return EVP_DecryptInit_ex2(batch.opening, NULL, NULL, batch.nonce, NULL) == 1
		&& EVP_CIPHER_CTX_ctrl(batch.opening, EVP_CTRL_AEAD_SET_TAG, TAG, body + batch.body) == 1
		&& EVP_DecryptUpdate(batch.opening, NULL, &written, packet, HEADER) == 1
		&& EVP_DecryptUpdate(batch.opening, body, &written, body, (int)batch.body) == 1
		&& EVP_DecryptFinal_ex(batch.opening, body + batch.body, &written) == 1;
}

static int authenticate(const uint8_t *packet, uint8_t *tag)
{
	size_t written;
	return EVP_MAC_init(batch.mac, NULL, 0, NULL) == 1
		&& EVP_MAC_update(batch.mac, packet, HEADER + 16 + batch.body) == 1
		&& EVP_MAC_final(batch.mac, tag, &written, 32) == 1;
}

// The IV is unpredictable as ESP asks: a seed with the counter in it, encrypted with the packet from an IV of zeros.
static int seal_chained(uint8_t *packet)
{
	static const uint8_t zeros[16];
	uint8_t *iv = packet + HEADER, tag[32];
	uint64_t counter = __builtin_bswap64(++batch.counter);
	int written;
	memcpy(iv, batch.seed, 16);
	memcpy(iv + 8, &counter, 8);
	if (EVP_EncryptInit_ex2(batch.sealing, NULL, NULL, zeros, NULL) != 1
		|| EVP_EncryptUpdate(batch.sealing, iv, &written, iv, (int)batch.body + 16) != 1
		|| !authenticate(packet, tag))
		return 0;
	memcpy(iv + 16 + batch.body, tag, HMAC_ICV);
	return 1;
}

static int open_chained(uint8_t *packet)
{
	uint8_t *iv = packet + HEADER, *body = iv + 16, tag[32];
	int written;
	return authenticate(packet, tag) && CRYPTO_memcmp(tag, body + batch.body, HMAC_ICV) == 0
		&& EVP_DecryptInit_ex2(batch.opening, NULL, NULL, iv, NULL) == 1
		&& EVP_DecryptUpdate(batch.opening, body, &written, body, (int)batch.body) == 1;
}

int plain_esp_open_one(size_t packet)
{
	uint8_t *start = batch.packets + packet * batch.stride;
	return batch.mac ? open_chained(start) : open_aead(start);
}

size_t plain_esp_seal(void)
{
	for (size_t i = 0; i < batch.count; i++) {
		uint8_t *packet = batch.packets + i * batch.stride;
		if (!(batch.mac ? seal_chained(packet) : seal_aead(packet))) return 0;
	}
	return batch.count;
}

size_t plain_esp_open(void)
{
	for (size_t i = 0; i < batch.count; i++)
		if (!plain_esp_open_one(i)) return 0;
	return batch.count;
}

uint64_t plain_thread_nanoseconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}
