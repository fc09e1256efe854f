/* SPDX-License-Identifier: BSD-2-Clause */
/* What is known of the servers, while the daemon lives: read at the start, written a file now and then, aged, told when
 * it turns out to be wrong. */
#ifndef GATEPOST_PROFILES_H
#define GATEPOST_PROFILES_H

#include "user/daemon/daemon.h"

/* Before privileges are given up: the directory is made, and files that only root may read are read. */
int daemon_open_profiles(struct daemon *daemon, struct fault *fault);
void daemon_store_profiles(struct daemon *daemon); /* at most one file: call it some times a second */
void daemon_store_all_profiles(struct daemon *daemon);
void daemon_age_profiles(struct daemon *daemon); /* call it about once an hour */
/* The directory is read again, for what somebody else put there. */
void daemon_reload_profiles(struct daemon *daemon);

#endif
