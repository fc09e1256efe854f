/* SPDX-License-Identifier: BSD-2-Clause */
/* Moves a damaged database out of the way; see aside.h. */
#include "user/adapters/aside.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#define ASIDE_MAX 99

int aside_move(const char *path, char ret_aside[ASIDE_PATH_BYTES])
{
	static const char *const suffix[] = {"", "-wal", "-shm"};
	char from[ASIDE_PATH_BYTES], to[ASIDE_PATH_BYTES];
	unsigned int i, n = 1;

	do {
		if (n > ASIDE_MAX)
			return -EEXIST;
		if (snprintf(ret_aside, ASIDE_PATH_BYTES, "%s.damaged-%u", path, n++) + sizeof("-wal") > sizeof(to))
			return -ENAMETOOLONG;
	} while (!access(ret_aside, F_OK));
	for (i = 0; i < 3; i++) {
		snprintf(from, sizeof(from), "%s%s", path, suffix[i]);
		snprintf(to, sizeof(to), "%s%s", ret_aside, suffix[i]);
		if (rename(from, to) && (!i || errno != ENOENT))
			return -errno;
	}
	return 0;
}
