#include "AllocationCount.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <stdatomic.h>
#include <stddef.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *pointer);

static atomic_uint_fast64_t program, libcrypto;

static void count(atomic_uint_fast64_t *counter)
{
	atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

// Sanitizers have a malloc of their own.
#if !__has_feature(thread_sanitizer) && !__has_feature(address_sanitizer)
void *malloc(size_t size)
{
	count(&program);
	return __libc_malloc(size);
}

void *calloc(size_t items, size_t size)
{
	count(&program);
	return __libc_calloc(items, size);
}

void *realloc(void *old, size_t size)
{
	count(&program);
	return __libc_realloc(old, size);
}

void *memalign(size_t alignment, size_t size)
{
	count(&program);
	return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
	return memalign(alignment, size);
}

int posix_memalign(void **result, size_t alignment, size_t size)
{
	*result = memalign(alignment, size);
	return *result ? 0 : ENOMEM;
}
#endif

static void *libcrypto_malloc(size_t size, const char *file, int line)
{
	(void)file, (void)line;
	count(&libcrypto);
	return __libc_malloc(size);
}

static void *libcrypto_realloc(void *old, size_t size, const char *file, int line)
{
	(void)file, (void)line;
	count(&libcrypto);
	return __libc_realloc(old, size);
}

static void libcrypto_free(void *pointer, const char *file, int line)
{
	(void)file, (void)line;
	__libc_free(pointer);
}

int allocation_count_separate_libcrypto(void)
{
	return CRYPTO_set_mem_functions(libcrypto_malloc, libcrypto_realloc, libcrypto_free);
}

uint64_t allocation_count_program(void)
{
	return atomic_load_explicit(&program, memory_order_relaxed);
}

uint64_t allocation_count_libcrypto(void)
{
	return atomic_load_explicit(&libcrypto, memory_order_relaxed);
}
