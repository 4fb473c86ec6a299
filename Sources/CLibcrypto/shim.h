#pragma once
#include <limits.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/decoder.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

/// Marks a number as secret, so that what is done with it takes the same time whatever it is.
static inline void swiftike_bn_mark_secret(BIGNUM *number)
{
	BN_set_flags(number, BN_FLG_CONSTTIME);
}

/// The numbers of a group of RFC 5114 by its name: prime, order of the subgroup and generator; 1 on success.
static inline int swiftike_dh_group(const char *name, BIGNUM **p, BIGNUM **q, BIGNUM **g)
{
	OSSL_PARAM parameters[2] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)name, 0),
		OSSL_PARAM_construct_end(),
	};
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "DHX", NULL);
	EVP_PKEY *key = NULL;
	int status = context && EVP_PKEY_fromdata_init(context) == 1
		&& EVP_PKEY_fromdata(context, &key, EVP_PKEY_KEY_PARAMETERS, parameters) == 1
		&& EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_FFC_P, p) == 1
		&& EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_FFC_Q, q) == 1
		&& EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_FFC_G, g) == 1;
	EVP_PKEY_free(key);
	EVP_PKEY_CTX_free(context);
	return status;
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

/// Starts a block cipher that gets whole blocks, so that nothing is to be padded; 1 on success.
///
/// `cipher` is null where the context has it already, `iv` where it is yet to come. EVP_CIPHER_CTX_set_padding says the
/// same of the padding, and has it said again each time an IV is set.
static inline int swiftike_start_unpadded(
	EVP_CIPHER_CTX *context, const EVP_CIPHER *cipher, const unsigned char *key, const unsigned char *iv,
	int encrypting)
{
	unsigned int padding = 0;
	OSSL_PARAM parameters[2] = {
		OSSL_PARAM_uint(OSSL_CIPHER_PARAM_PADDING, &padding),
		OSSL_PARAM_END,
	};
	return EVP_CipherInit_ex2(context, cipher, key, iv, encrypting, parameters);
}

/// The octets a memory BIO holds, and how many they are.
static inline size_t swiftike_memory(BIO *bio, const unsigned char **octets)
{
	char *start = NULL;
	long count = BIO_get_mem_data(bio, &start);
	*octets = (const unsigned char *)start;
	return count < 0 ? 0 : (size_t)count;
}

static inline size_t swiftike_certificate_count(const STACK_OF(X509) *stack)
{
	int count = stack == NULL ? 0 : sk_X509_num(stack);
	return count < 0 ? 0 : (size_t)count;
}

static inline X509 *swiftike_certificate(const STACK_OF(X509) *stack, size_t index)
{
	return sk_X509_value(stack, (int)index);
}

static inline STACK_OF(X509) *swiftike_new_certificates(void)
{
	return sk_X509_new_null();
}

/// Appends a certificate, which the stack owns from then on; 1 on success.
static inline int swiftike_push_certificate(STACK_OF(X509) *stack, X509 *certificate)
{
	return sk_X509_push(stack, certificate) > 0;
}

static inline void swiftike_free_certificates(STACK_OF(X509) *stack)
{
	sk_X509_pop_free(stack, X509_free);
}

/// Makes an RSA private key of its eight numbers; NULL where they are no key.
///
/// The copies made on the way are wiped.
static inline EVP_PKEY *swiftike_rsa_key(const BIGNUM *const numbers[8])
{
	static const char *const names[8] = {
		OSSL_PKEY_PARAM_RSA_N, OSSL_PKEY_PARAM_RSA_E, OSSL_PKEY_PARAM_RSA_D, OSSL_PKEY_PARAM_RSA_FACTOR1,
		OSSL_PKEY_PARAM_RSA_FACTOR2, OSSL_PKEY_PARAM_RSA_EXPONENT1, OSSL_PKEY_PARAM_RSA_EXPONENT2,
		OSSL_PKEY_PARAM_RSA_COEFFICIENT1,
	};
	EVP_PKEY *key = NULL;
	OSSL_PARAM *parameters = NULL;
	OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	int status = builder != NULL && context != NULL;
	for (int index = 0; status && index < 8; index++)
		status = OSSL_PARAM_BLD_push_BN(builder, names[index], numbers[index]);
	if (status && (parameters = OSSL_PARAM_BLD_to_param(builder)) != NULL) {
		if (EVP_PKEY_fromdata_init(context) != 1 ||
		    EVP_PKEY_fromdata(context, &key, EVP_PKEY_KEYPAIR, parameters) != 1)
			key = NULL;
		for (OSSL_PARAM *parameter = parameters; parameter->key != NULL; parameter++)
			OPENSSL_cleanse(parameter->data, parameter->data_size);
	}
	OSSL_PARAM_free(parameters);
	OSSL_PARAM_BLD_free(builder);
	EVP_PKEY_CTX_free(context);
	return key;
}

/// A passphrase for a decoder, and whether it was asked for.
struct swiftike_passphrase {
	const void *octets;
	size_t count;
	int is_known;
	int was_asked;
};

static inline int swiftike_passphrase_callback(
	char *target, size_t size, size_t *count, const OSSL_PARAM parameters[], void *argument)
{
	struct swiftike_passphrase *passphrase = (struct swiftike_passphrase *)argument;
	(void)parameters;
	passphrase->was_asked = 1;
	if (!passphrase->is_known || passphrase->count > size)
		return 0;
	OPENSSL_cleanse(target, size);
	for (size_t index = 0; index < passphrase->count; index++)
		target[index] = ((const char *)passphrase->octets)[index];
	*count = passphrase->count;
	return 1;
}

/// Decodes a private key in the encoding `input` ("DER" or "PEM"); NULL where there is none.
static inline EVP_PKEY *swiftike_decode_private_key(
	const unsigned char *octets, size_t count, const char *input, struct swiftike_passphrase *passphrase)
{
	EVP_PKEY *key = NULL;
	OSSL_DECODER_CTX *context =
		OSSL_DECODER_CTX_new_for_pkey(&key, input, NULL, NULL, EVP_PKEY_KEYPAIR, NULL, NULL);
	if (context == NULL)
		return NULL;
	if (OSSL_DECODER_CTX_set_passphrase_cb(context, swiftike_passphrase_callback, passphrase) != 1 ||
	    OSSL_DECODER_from_data(context, &octets, &count) != 1) {
		EVP_PKEY_free(key);
		key = NULL;
	}
	OSSL_DECODER_CTX_free(context);
	return key;
}

/// Rounds in which a PKCS #12 file derives its integrity key; 0 where it has none.
static inline long swiftike_pkcs12_rounds(const PKCS12 *file)
{
	const ASN1_INTEGER *rounds = NULL;
	PKCS12_get0_mac(NULL, NULL, NULL, &rounds, file);
	return rounds == NULL ? 0 : ASN1_INTEGER_get(rounds) < 0 ? LONG_MAX : ASN1_INTEGER_get(rounds);
}

/// What a PKCS #12 file holds.
struct swiftike_pkcs12_parts {
	EVP_PKEY *key;
	/// The key's own certificate first.
	STACK_OF(X509) *certificates;
};

/// Opens a PKCS #12 file; 1 on success, 0 for a wrong passphrase, -1 for a damaged file.
static inline int swiftike_pkcs12_open(PKCS12 *file, const char *passphrase, struct swiftike_pkcs12_parts *parts)
{
	X509 *own = NULL;
	STACK_OF(X509) *others = NULL;
	parts->key = NULL;
	parts->certificates = NULL;
	if (PKCS12_mac_present(file) && PKCS12_verify_mac(file, passphrase, -1) != 1)
		return 0;
	if (PKCS12_parse(file, passphrase, &parts->key, &own, &others) != 1)
		return -1;
	parts->certificates = sk_X509_new_null();
	if (parts->certificates == NULL || (own != NULL && sk_X509_push(parts->certificates, own) <= 0)) {
		X509_free(own);
		own = NULL;
	}
	while (parts->certificates != NULL && sk_X509_num(others) > 0) {
		X509 *other = sk_X509_shift(others);
		if (sk_X509_push(parts->certificates, other) <= 0)
			X509_free(other);
	}
	sk_X509_pop_free(others, X509_free);
	return 1;
}
