/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GATEPOST_RESTORE_H
#define GATEPOST_RESTORE_H

#include "user/daemon/daemon.h"

/* Needs the pipeline, the store and the kernel's tables; before the interfaces are attached. */
int daemon_restore(struct daemon *daemon, struct fault *fault);

#endif
