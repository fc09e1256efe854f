/* SPDX-License-Identifier: BSD-2-Clause */
/* What an interface is and how it is set up, as far as the kernel tells without touching it: ethtool's questions, and
 * the netdev family of generic netlink (libmnl). Does not judge: user/core/fitness.h. */
#ifndef GATEPOST_INTERFACE_H
#define GATEPOST_INTERFACE_H

#include "user/core/fault.h"
#include "user/core/fitness.h"

/* Fills all of *ret_facts but `attach` and `occupant`. What cannot be told stays 0 or UNTOLD. -ENODEV: no such one. */
int interface_read(const char *name, struct interface_facts *ret_facts, struct fault *fault);

#endif
