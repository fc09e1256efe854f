/* SPDX-License-Identifier: BSD-2-Clause */
/* From a name to its addresses, in the order in which to try them (getaddrinfo, RFC 6724). */
#ifndef GATEPOST_RESOLVE_H
#define GATEPOST_RESOLVE_H

#include "user/core/addr.h"
#include "user/core/fault.h"

/* How many of at most `max` were found, never 0; or -ENOENT, -EAGAIN (no answer from the name servers). Waits as long
 * as the system's resolver does. */
int resolve(const char *host, struct addr *ret_addr, int max, struct fault *fault);

#endif
