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
