// Kernel headers, and static inline wrappers for what Swift cannot import (function-like and sizeof macros).
#pragma once
#include <netinet/in.h>
// netinet/in.h comes first: linux/xfrm.h would clash with the C library's in6_addr otherwise.
#include <linux/netlink.h>
#include <linux/udp.h>
#include <linux/xfrm.h>
