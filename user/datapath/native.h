/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel half's program compiled into this process: the same source, its maps as plain memory. Runs without
 * privileges, under sanitizers and fuzzers. Reached through datapath.h with `native` set. */
#ifndef GATEPOST_NATIVE_H
#define GATEPOST_NATIVE_H

#include "user/datapath/datapath_engine.h"

int native_new(struct engine **ret_engine, const struct datapath_options *options, struct fault *fault);

#endif
