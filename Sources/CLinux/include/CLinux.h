// Kernel headers, and static inline wrappers for what Swift cannot import (function-like and sizeof macros).
#pragma once
#include <netinet/in.h>
#include <sys/eventfd.h>
// netinet/in.h comes first: linux/xfrm.h would clash with the C library's in6_addr otherwise.
#include <linux/netlink.h>
#include <linux/udp.h>
#include <linux/xfrm.h>
#include "CLinuxIO.h"
#include "CLinuxTrap.h"

// Names the calling thread; at most 15 octets.
int clinux_name_thread(const char *name);
// The meaning of an errno value, or NULL; safe to call from several threads.
const char *clinux_error_text(int code);
