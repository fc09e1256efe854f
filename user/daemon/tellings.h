/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GATEPOST_TELLINGS_H
#define GATEPOST_TELLINGS_H

#include "user/daemon/daemon.h"

struct sink daemon_sink(struct daemon *daemon);

#endif
