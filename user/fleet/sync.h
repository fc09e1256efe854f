/* SPDX-License-Identifier: BSD-2-Clause */
/* The protocol between a node and Redis, without a socket: what was heard goes in, what is to be asked comes out.
 *
 *      connected        marked               paged: last page        heard, published
 *  AWAY -------> MARK -------> SNAPSHOT (x n) ----------> FOLLOW <------------.
 *    ^             ^                                        |  `--------------'
 *    |             `---- WAIT <--- the stream has a gap ----'
 *    `------------------- lost, from anywhere
 *
 * MARK notes the end of the stream, SNAPSHOT reads the state in pages, FOLLOW hears the stream from the mark on: what
 * was written meanwhile comes twice rather than never. Items of the stream are numbered without gaps by the function
 * that writes them, from Redis's clock on when there is no number yet. A gap (trimmed, flushed, restored from an older
 * file) or another run id of Redis means a new snapshot, after a random wait so that not all nodes come at once.
 *
 * Our own decisions are sent while Redis has not confirmed them, and a new snapshot confirms them again. That is all
 * there is of delivery: a queue for the time without Redis, a lost answer, a Redis that came back empty or without its
 * last second, and a failover to a replica that was behind are the same case.
 *
 * `mono_us` is any clock of this machine that does not jump. */
#ifndef GATEPOST_SYNC_H
#define GATEPOST_SYNC_H

#include "user/fleet/admission.h"
#include "user/fleet/replica.h"

#define SYNC_RUN_BYTES 48 /* Redis's run id, 40 hexadecimal digits */
#define SYNC_ID_BYTES 48 /* of an item of the stream: two numbers of 20 digits at most */

enum sync_state {
	SYNC_AWAY, /* no connection, or none that is of use */
	SYNC_WAIT, /* for a new snapshot */
	SYNC_MARK,
	SYNC_SNAPSHOT,
	SYNC_FOLLOW,
};
const char *sync_state_text(enum sync_state state);

/* What is asked of Redis; none of these waits, and none calls back from within. */
struct sync_link {
	void *context;
	void (*mark)(void *context); /* answered by sync_marked */
	void (*page)(void *context, const char *cursor); /* by sync_batch for each batch, then sync_paged */
	void (*follow)(void *context, const char *after_id); /* by sync_heard for each item, for ever after */
	/* Answered by sync_published. `for_ms`: when the last of its entries is over, from now. */
	void (*publish)(void *context, const char *field, const uint8_t *bytes, size_t length, uint64_t for_ms);
};

struct sync_sink {
	void *context;
	/* What stands against the target may be another thing now. */
	void (*changed)(void *context, const struct prefix *target);
	/* Keep it beyond the life of the process. `sent`: its revision will not change any more. */
	void (*keep)(void *context, const struct entry *entry, bool sent);
	/* `entry` is NULL when a whole batch was refused; `node` is "" when nobody is known to have sent it. */
	void (*refused)(void *context, const char *node, enum refusal refusal, const struct entry *entry);
};

struct sync_options {
	struct admission_settings admission; /* node[0] is this one */
	struct signer signer;
	struct sync_link link;
	struct sync_sink sink;
	uint32_t entries_max; /* of the replica */
	uint32_t queue_max; /* our own decisions that wait for Redis */
	uint64_t jitter_us; /* a new snapshot waits up to this long */
	uint64_t seed; /* of tables and waits */
	/* Redis's clock at mono_us, as far as can be guessed before it says so itself: our wall clock, corrected by
	 * what it was found to differ the last time. */
	uint64_t guess_us, mono_us;
};

struct sync;

int sync_new(struct sync **ret_sync, const struct sync_options *options);
void sync_free(struct sync *sync);

/* ---- what was heard of Redis ---- */
struct sync_mark {
	uint64_t redis_us; /* TIME, at the moment mono_us */
	char run[SYNC_RUN_BYTES];
	char last_id[SYNC_ID_BYTES]; /* "0-0": the stream is empty */
	uint64_t counter; /* the number of the newest item ever written */
};
void sync_connected(struct sync *sync, uint64_t mono_us);
void sync_lost(struct sync *sync, uint64_t mono_us);
void sync_marked(struct sync *sync, const struct sync_mark *mark, uint64_t mono_us);
void sync_batch(struct sync *sync, const uint8_t *bytes, size_t length, uint64_t mono_us);
void sync_paged(struct sync *sync, const char *next_cursor, uint64_t mono_us); /* "0": that was the last page */
void sync_heard(struct sync *sync, const char *id, uint64_t number, const uint8_t *bytes, size_t length,
		uint64_t mono_us);
void sync_published(struct sync *sync, bool arrived, uint64_t mono_us);
/* Redis's clock and the number of its newest item, told in passing. */
void sync_clock(struct sync *sync, uint64_t redis_us, uint64_t newest_number, uint64_t mono_us);

/* ---- our own decisions ---- */
/* Told and kept; revision and, for an unban, duration are filled in. A decision that adds nothing to our last one of
 * the target is not told again. 1: it is being told; 0: it adds nothing; -ENOSPC: the queue or the table is full. */
int sync_decide(struct sync *sync, const struct entry *entry, uint64_t mono_us);
/* One of before the last start. `age_us`: how long ago it was decided; for one that was never sent. */
void sync_restore(struct sync *sync, const struct entry *entry, bool sent, uint64_t age_us, uint64_t mono_us);

/* Sends what is to be sent. True: there is more, ask again in SYNC_PACE_US. */
bool sync_pump(struct sync *sync, uint64_t mono_us);
#define SYNC_PACE_US 10000 /* so that a node signs no more than 100 batches a second, and others check no more */
/* Something of a listed node was refused that may be believed later: all is read anew after at most this. */
#define SYNC_AGAIN_US 300000000ULL
/* Call it a few times a second. */
void sync_tick(struct sync *sync, uint64_t mono_us);

/* ---- to look at ---- */
struct sync_report {
	enum sync_state state;
	uint64_t away_us; /* since when there is no connection; 0: there is one */
	uint64_t synced_us; /* since when everything was known; 0: it is not */
	uint64_t behind; /* items of the stream not heard yet, as far as is known */
	uint32_t queued; /* our own that Redis has not confirmed */
	uint64_t sent, heard, known, late, lost, snapshots, gaps;
};
void sync_report(const struct sync *sync, uint64_t mono_us, struct sync_report *ret_report);
uint64_t sync_now_us(const struct sync *sync, uint64_t mono_us); /* Redis's clock */
const struct replica *sync_replica(const struct sync *sync);
const struct admission *sync_admission(const struct sync *sync);
uint64_t sync_heard_of(const struct sync *sync, uint8_t node); /* Redis's clock, of its last batch; 0: never */

#endif
