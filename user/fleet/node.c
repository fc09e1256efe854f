/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/fleet/node.h"

#include <string.h>

bool fleet_is_node_name(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
	const size_t length = strlen(name);

	return length && length < FLEET_NODE_BYTES && strspn(name, letters) == length;
}
