/* SPDX-License-Identifier: BSD-2-Clause */
/* Shared by the parts of redis only. */
#ifndef GATEPOST_REDIS_STATE_H
#define GATEPOST_REDIS_STATE_H

#include <hiredis/hiredis.h>

#include "user/adapters/redis.h"
#include "user/adapters/tls_verify.h"

#if __has_include(<hiredis/hiredis_ssl.h>)
#define REDIS_HAS_TLS 1
#else
#define REDIS_HAS_TLS 0
#endif

#define REDIS_KEY_BYTES 64

struct redis;

/* `context` is what redis_ask was given. */
typedef void (*redis_answer_fn)(struct redis *redis, const redisReply *reply, void *context);
struct redis_ask {
	redis_answer_fn answer;
	void *context;
	bool may_fail; /* an error is told like any other answer */
};
#define REDIS_ASKS_MAX 16 /* without an answer yet; more are refused */

struct redis_connection {
	struct redis *redis;
	redisContext *context; /* NULL: none */
	struct ssl_st *session; /* of TLS, of the context; NULL: none */
	redisContext *closed; /* to be freed when nothing is read from it any more */
	redisReplyObjectFunctions *usual, bounded; /* how answers are made */
	uint32_t events; /* watched by the loop */
	bool connecting, reading, unwritten;
	bool greeted; /* what comes first has been answered */
	uint64_t asked_us; /* something is waited for: since when; 0: nothing */
	struct redis_ask ask[REDIS_ASKS_MAX]; /* a ring: answers come in the order of questions */
	uint32_t first_ask, asks;
};

enum redis_key {
	KEY_BATCHES, /* hash: field -> batch */
	KEY_ENDS, /* sorted set: field by when its last entry is over, milliseconds of Redis's clock */
	KEY_LOG, /* stream: every batch once, numbered */
	KEY_COUNT, /* the number of its newest item */
	KEY_NODES, /* hash: node -> beat */
	KEY_GOOD, /* stream: sources with recent success */
	KEYS,
};

struct redis {
	struct loop *loop;
	struct sync *sync;
	struct fleet_settings settings;
	struct redis_passwords passwords;
	struct redis_sink sink;
	struct tls_verify *tls; /* NULL: in the clear */

	char key[KEYS][REDIS_KEY_BYTES];
	char script[64]; /* its SHA-1 as Redis told it */
	struct fleet_address address; /* of the next connection */
	uint32_t sentinel; /* asked next; those after it, if it does not know */
	bool asking_sentinel;
	char run[SYNC_RUN_BYTES];

	struct redis_connection commands, news;
	char good_place[SYNC_ID_BYTES]; /* in KEY_GOOD; "": not yet */
	char place[SYNC_ID_BYTES]; /* news are wanted from here on; "": none are */
	uint32_t generation, asked_generation; /* of `place` */
	bool news_asked;

	bool up, pacing;
	bool failed; /* something could not be asked: its answer must not be waited for */
	struct redis *self; /* names the timer of the pace */
	uint64_t retry_us, back_off_us, beat_us;
	char why[256]; /* it is down */
	char field[80]; /* being published, for a second try */
	uint8_t *batch;
	size_t batch_bytes;
	uint64_t for_ms;
};

uint64_t redis_mono_us(void);
/* Give up both connections; they are tried again later. */
void redis_drop(struct redis *redis, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* It said so: an error reply, in an operator's words. */
void redis_refused(struct redis *redis, const char *error);

/* redis_connection.c: one connection in the loop. */
int redis_connection_open(struct redis_connection *connection, const struct fleet_address *address);
void redis_connection_close(struct redis_connection *connection);
/* -ENOTCONN, -ENOMEM: no answer will come. */
int redis_ask(struct redis_connection *connection, redis_answer_fn answer, void *context, int words,
	      const char *const *word, const size_t *length, bool may_fail);
void redis_greeted(struct redis_connection *connection);

/* redis_greet.c: what is said first: who we are, and is it the Redis that we want? Calls redis_greeted. */
void redis_greet(struct redis_connection *connection);
void redis_ask_sentinel(struct redis_connection *connection);

/* redis_talk.c: the protocol. */
void redis_load_script(struct redis *redis);
void redis_beat(struct redis *redis);
void redis_ask_news(struct redis *redis);

/* redis_tls.c */
int redis_tls_new(struct redis *redis, struct fault *fault);
int redis_tls_start(struct redis_connection *connection);

extern const char redis_script_text[];

#endif
