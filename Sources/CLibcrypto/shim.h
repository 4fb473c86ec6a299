#pragma once
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/params.h>
#include <openssl/provider.h>
#include <openssl/rand.h>

/// Keys an HMAC context with a digest by name; 1 on success.
static inline int swiftike_hmac_init(EVP_MAC_CTX *context, const char *digest, const void *key, size_t count)
{
	OSSL_PARAM parameters[2] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)digest, 0),
		OSSL_PARAM_construct_end(),
	};
	return EVP_MAC_init(context, (const unsigned char *)key, count, parameters);
}

/// Marks a number as secret, so that what is done with it takes the same time whatever it is.
static inline void swiftike_bn_mark_secret(BIGNUM *number)
{
	BN_set_flags(number, BN_FLG_CONSTTIME);
}

// EVP_CIPHER_CTX_ctrl does the same as the next ones, more slowly.

/// Tells an AEAD context which tag the packet to open carries; 1 on success.
static inline int swiftike_set_tag(EVP_CIPHER_CTX *context, unsigned char *tag, size_t tag_size)
{
	OSSL_PARAM parameters[2] = {
		OSSL_PARAM_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, tag, tag_size),
		OSSL_PARAM_END,
	};
	return EVP_CIPHER_CTX_set_params(context, parameters);
}

/// Writes the tag of the packet that was sealed last; 1 on success.
static inline int swiftike_take_tag(EVP_CIPHER_CTX *context, unsigned char *tag, size_t tag_size)
{
	OSSL_PARAM parameters[2] = {
		OSSL_PARAM_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, tag, tag_size),
		OSSL_PARAM_END,
	};
	return EVP_CIPHER_CTX_get_params(context, parameters);
}

/// The nonce of the next packet for a ChaCha20-Poly1305 context, 12 octets; 1 on success.
///
/// RFC 7905 section 2 makes a nonce of a fixed one and the record's number. libcrypto takes the fixed one for that of the
/// next packet until it is told a number, which it never is here.
static inline int swiftike_chacha_set_nonce(EVP_CIPHER_CTX *context, unsigned char *nonce)
{
	OSSL_PARAM parameters[2] = {
		OSSL_PARAM_octet_string(OSSL_CIPHER_PARAM_AEAD_TLS1_IV_FIXED, nonce, 12),
		OSSL_PARAM_END,
	};
	return EVP_CIPHER_CTX_set_params(context, parameters);
}

/// Starts a packet to open with ChaCha20-Poly1305: its nonce, 12 octets, and its tag; 1 on success.
static inline int swiftike_chacha_start_opening(
	EVP_CIPHER_CTX *context, unsigned char *nonce, unsigned char *tag, size_t tag_size)
{
	OSSL_PARAM parameters[3] = {
		OSSL_PARAM_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, tag, tag_size),
		OSSL_PARAM_octet_string(OSSL_CIPHER_PARAM_AEAD_TLS1_IV_FIXED, nonce, 12),
		OSSL_PARAM_END,
	};
	return EVP_CIPHER_CTX_set_params(context, parameters);
}

/// The nonce from which a GCM context is to count on, 12 octets, the last 8 of them the invocation field of RFC 5288
/// section 3; 1 on success.
static inline int swiftike_gcm_set_nonce(EVP_CIPHER_CTX *context, unsigned char *nonce)
{
	return EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_IV_FIXED, -1, nonce);
}

/// Starts the next packet to seal and writes its invocation field, 8 octets; 1 on success.
static inline int swiftike_gcm_start(EVP_CIPHER_CTX *context, unsigned char *field)
{
	OSSL_PARAM parameters[2] = {
		OSSL_PARAM_octet_string(OSSL_CIPHER_PARAM_AEAD_TLS1_GET_IV_GEN, field, 8),
		OSSL_PARAM_END,
	};
	return EVP_CIPHER_CTX_get_params(context, parameters);
}

/// Writes the tag of the packet that was sealed last, and starts the next one; 1 on success.
static inline int swiftike_gcm_take_tag(
	EVP_CIPHER_CTX *context, unsigned char *tag, size_t tag_size, unsigned char *field)
{
	OSSL_PARAM parameters[3] = {
		OSSL_PARAM_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, tag, tag_size),
		OSSL_PARAM_octet_string(OSSL_CIPHER_PARAM_AEAD_TLS1_GET_IV_GEN, field, 8),
		OSSL_PARAM_END,
	};
	return EVP_CIPHER_CTX_get_params(context, parameters);
}

/// Starts a packet to open: its invocation field and its tag; 1 on success.
static inline int swiftike_gcm_start_opening(
	EVP_CIPHER_CTX *context, unsigned char *field, unsigned char *tag, size_t tag_size)
{
	OSSL_PARAM parameters[3] = {
		OSSL_PARAM_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, tag, tag_size),
		OSSL_PARAM_octet_string(OSSL_CIPHER_PARAM_AEAD_TLS1_SET_IV_INV, field, 8),
		OSSL_PARAM_END,
	};
	return EVP_CIPHER_CTX_set_params(context, parameters);
}

/// Tells a keyed block cipher that it gets whole blocks and nothing is to be padded; 1 on success.
///
/// EVP_CIPHER_CTX_set_padding does the same, and has it done again each time an IV is set.
static inline int swiftike_disable_padding(EVP_CIPHER_CTX *context)
{
	unsigned int padding = 0;
	OSSL_PARAM parameters[2] = {
		OSSL_PARAM_uint(OSSL_CIPHER_PARAM_PADDING, &padding),
		OSSL_PARAM_END,
	};
	return EVP_CIPHER_CTX_set_params(context, parameters);
}
