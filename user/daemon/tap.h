/* SPDX-License-Identifier: BSD-2-Clause */
/* Role tap: frames of a mirror port through the native build of the kernel half. Nothing is dropped here; what is
 * decided can be enforced by others. */
#ifndef GATEPOST_TAP_H
#define GATEPOST_TAP_H

#include "user/adapters/capture.h"
#include "user/adapters/loop.h"
#include "user/datapath/datapath.h"
#include "user/core/settings.h"

struct tap;

/* Opens every interface of the settings. Frames are read when the loop says so, at most a batch a turn. */
int tap_new(struct tap **ret_tap, struct loop *loop, struct datapath *datapath, const struct settings *settings,
	    struct fault *fault);
void tap_free(struct tap *tap);
uint64_t tap_lost(const struct tap *tap);

#endif
