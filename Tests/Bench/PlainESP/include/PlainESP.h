// What a C program over libcrypto's EVP does with an ESP packet: one long-lived context for each key, in place.
//
// Each packet gets all that its cipher needs, its own IV or nonce and 8 octets of additional data or an ICV over
// everything, by the calls that EVP's manual gives for it. Nothing else is done: no headers and no trailer are written, no
// replay is looked for, and no SA is looked up. So this is less than ESP takes, and the engine is held against the cipher's
// cost alone.
// There is one batch of packets, each SPI and sequence number (8 octets), IV, body and ICV.
#pragma once
#include <stddef.h>
#include <stdint.h>

enum plain_esp_transform {
	PLAIN_ESP_AES_GCM,
	PLAIN_ESP_CHACHA20_POLY1305,
	PLAIN_ESP_AES_CBC_HMAC_SHA256,
};

// Makes a batch and its contexts, after ending the last; 1 on success. Octets of cipher keys and salts are 1, of the
// HMAC's 2.
int plain_esp_begin(enum plain_esp_transform transform, size_t packets, size_t stride, size_t body);
// Encrypts or decrypts every packet of the batch; how many there are, or 0 for a failure.
size_t plain_esp_seal(void);
size_t plain_esp_open(void);
// Sets one octet of a packet, counted from its SPI.
void plain_esp_put(size_t packet, size_t offset, uint8_t octet);
// Decrypts one packet; 1 if it is genuine.
int plain_esp_open_one(size_t packet);
void plain_esp_end(void);

// Processor time of the calling thread.
uint64_t plain_thread_nanoseconds(void);
