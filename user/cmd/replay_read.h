/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GATEPOST_CMD_REPLAY_READ_H
#define GATEPOST_CMD_REPLAY_READ_H

#include <stdbool.h>

#include "user/replay/replay.h"

/* All of these captures through the replay, to its end; what cannot be read is told on standard error. With `shows`,
 * how far it is, when that is a terminal and it takes longer than a second. Returns an exit code: EXIT_NOT_FOUND when
 * something could not be read. */
int replay_read(struct replay *replay, char *const *path, size_t paths, bool shows);

#endif
