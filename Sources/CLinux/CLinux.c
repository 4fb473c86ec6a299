// What the C library offers only under _GNU_SOURCE, which Swift's import of it does not define.
#define _GNU_SOURCE
#include "CLinux.h"
#include <pthread.h>
#include <string.h>

int clinux_name_thread(const char *name) { return pthread_setname_np(pthread_self(), name); }

const char *clinux_error_text(int code) { return strerrordesc_np(code); }
