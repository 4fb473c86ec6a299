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

/// Gives a keyed AEAD context the nonce of a packet to open and the tag the packet carries; 1 on success.
static inline int swiftike_start_opening(
	EVP_CIPHER_CTX *context, const unsigned char *nonce, unsigned char *tag, size_t tag_size)
{
	OSSL_PARAM parameters[2] = {
		OSSL_PARAM_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, tag, tag_size),
		OSSL_PARAM_END,
	};
	return EVP_DecryptInit_ex2(context, NULL, NULL, nonce, parameters);
}

/// Writes the tag of the packet that was sealed last; 1 on success.
///
/// EVP_CIPHER_CTX_ctrl does the same, more slowly.
static inline int swiftike_take_tag(EVP_CIPHER_CTX *context, unsigned char *tag, size_t tag_size)
{
	OSSL_PARAM parameters[2] = {
		OSSL_PARAM_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, tag, tag_size),
		OSSL_PARAM_END,
	};
	return EVP_CIPHER_CTX_get_params(context, parameters);
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
