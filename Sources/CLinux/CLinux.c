// Keeps the target non-empty: everything this module offers is in its headers.
#include "CLinux.h"
