/* SPDX-License-Identifier: BSD-2-Clause */
/* Shared by the parts of sync only. */
#ifndef GATEPOST_SYNC_STATE_H
#define GATEPOST_SYNC_STATE_H

#include "user/fleet/outbox.h"
#include "user/fleet/sync.h"

struct sync {
	struct sync_options options;
	struct replica *replica;
	struct admission *admission;
	enum sync_state state;
	uint64_t offset_us; /* Redis's clock minus ours */
	bool clock_known; /* and not guessed */
	bool refused_for_now; /* something */
	uint64_t away_us, synced_us, due_us; /* our clock */
	uint64_t followed_us; /* our clock, until when all was heard; 0: never yet */
	uint64_t again_us; /* our clock: when all is read anew for what was refused for now; 0: nothing was */
	uint64_t random;

	/* Where we are in the stream. */
	bool has_place;
	char place[SYNC_ID_BYTES], run[SYNC_RUN_BYTES];
	uint64_t number, newest_number;
	uint64_t backlog_number; /* up to here it was written while we were away */
	uint64_t number_before; /* when Redis's counter was last told */

	/* Our own. */
	struct outbox outbox; /* may name what was confirmed meanwhile */
	struct batch in_flight; /* entries 0: none is */
	uint64_t batch_number, pumped_us;

	uint64_t sent, heard, known, late, lost, snapshots, gaps;
	uint64_t heard_of_us[REPLICA_NODES_MAX];
	struct batch incoming;
	uint8_t bytes[BATCH_BYTES_MAX];
};

void sync_queue_unconfirmed(struct sync *sync);
void sync_put_back(struct sync *sync); /* what is in flight did not arrive, as far as is known */
void sync_own_number(struct sync *sync, uint64_t number);

#endif
