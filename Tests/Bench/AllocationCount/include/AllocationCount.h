// Counts what a program allocates: it is linked into the program, whose malloc then stands before that of glibc.
#pragma once
#include <stdint.h>

// Keeps libcrypto's own allocations apart from now on; before libcrypto has been used. 1 on success.
int allocation_count_separate_libcrypto(void);
// Allocations of all threads so far, apart from libcrypto's; none is counted where a sanitizer watches.
uint64_t allocation_count_program(void);
// Those of libcrypto.
uint64_t allocation_count_libcrypto(void);
