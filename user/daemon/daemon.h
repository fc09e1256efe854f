/* SPDX-License-Identifier: BSD-2-Clause */
/* The running gatepost: what `gatepost run` sets up, its timers, its reload. Commands are answered in answers.c. */
#ifndef GATEPOST_DAEMON_H
#define GATEPOST_DAEMON_H

#include "user/control/control.h"
#include "user/adapters/loop.h"
#include "user/adapters/secret.h"
#include "user/adapters/store.h"
#include "user/pipeline.h"
#include "user/daemon/tap.h"

struct daemon_options {
	const char *config; /* NULL: the embedded one */
	const char *interface; /* NULL: those of the configuration; else only this one */
	bool detach_on_exit;
};

struct reload_result {
	bool ok;
	uint64_t wall_ns; /* 0: never reloaded */
	char error[512];
};

struct daemon {
	struct daemon_options options;
	struct settings *settings;
	struct loop *loop;
	struct datapath *datapath; /* the native build in role tap */
	struct tap *tap; /* NULL in the other roles */
	struct pipeline *pipeline;
	struct secret *secret;
	struct store *store;
	struct servers *servers; /* what is known of their replies */
	struct control *control;
	struct fleet *fleet; /* NULL: nothing is shared */
	uint64_t started_ns; /* kernel half's clock */
	uint64_t now_ns; /* of this turn of the loop */
	bool taken_over; /* the kernel half was running already */
	bool guarded; /* it was, perhaps with tables that we could not take over */
	uint64_t bans_adopted; /* found in the kernel, not in the store */
	struct reload_result reload;
	bool mode_by_hand; /* says more than the configuration, until the next start */
	int store_error; /* of the last commit; 0: fine */
	int profiles_error; /* of a server's profile that is not written; 0: all are */
};

int daemon_new(struct daemon **ret_daemon, const struct daemon_options *options, struct fault *fault);
void daemon_free(struct daemon *daemon);
int daemon_run(struct daemon *daemon); /* until a signal; 0 */

/* Read the configuration again. On an error the old one stays in force and daemon->reload says why. */
int daemon_reload(struct daemon *daemon);
/* A mirror port has nothing to drop: role tap observes, whatever `mode` says. */
void daemon_settle_mode(struct settings *settings);
/* Mode and limits to the kernel half. */
int daemon_push_settings(struct daemon *daemon);
int daemon_set_mode(struct daemon *daemon, bool enforce);
/* Read the clocks again: bans move along when the wall clock was set. */
void daemon_take_time(struct daemon *daemon);
uint64_t daemon_wall_ns(const struct daemon *daemon);
struct bans *daemon_bans(const struct daemon *daemon);
/* Keep a ban by hand beyond the life of the process. */
void daemon_store_ban(struct daemon *daemon, const struct prefix *target);

#endif
