/* SPDX-License-Identifier: BSD-2-Clause */
/* A connection of hiredis in our loop. Not its asynchronous half: that one aborts the program when a server says
 * something that nobody asked for (0.14), and takes as much memory as a server wants. Here, what was asked is a queue
 * of ours, and what comes is bounded. */
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "user/adapters/redis_state.h"

#define ELEMENTS_MAX 65536 /* of an array in an answer; the largest we ask for have some hundreds */
#define DEPTH_MAX 7 /* of arrays in arrays; what we ask for is three deep */
#define BUFFER_BYTES_MAX (32 << 20) /* a page of the largest batches has 2.4 MB */

#if HIREDIS_MAJOR >= 1
typedef size_t elements_t;
#else
typedef int elements_t;
#endif

/* hiredis frees answers by recursion, and has no bound of its own since 1.0. */
static bool is_too_deep(const redisReadTask *task)
{
	int depth = 0;

	for (; task && depth <= DEPTH_MAX; task = task->parent)
		depth++;
	return depth > DEPTH_MAX;
}

/* A few bytes may announce an array that would take all memory. NULL ends the connection. */
static void *create_array(const redisReadTask *task, elements_t elements)
{
	const struct redis_connection *connection = task->privdata;

	return elements > ELEMENTS_MAX || is_too_deep(task) ? NULL : connection->usual->createArray(task, elements);
}

static void watch(struct redis_connection *connection, uint32_t events)
{
	if (events != connection->events)
		loop_change_fd(connection->redis->loop, connection->context->fd, events);
	connection->events = events;
}

void redis_connection_close(struct redis_connection *connection)
{
	redisContext *context = connection->context;

	if (!context)
		return;
	loop_remove_fd(connection->redis->loop, context->fd);
	connection->context = NULL;
	connection->session = NULL;
	connection->connecting = connection->greeted = false;
	connection->asks = 0;
	connection->asked_us = 0;
	/* While it is being read from, on_ready frees it. */
	if (connection->reading)
		connection->closed = context;
	else
		redisFree(context);
}

/* ---- connecting -------------------------------------------------------------------------------------------------- */

static bool is_connected(struct redis_connection *connection)
{
	int error = 0;
	socklen_t length = sizeof(error);

	if (getsockopt(connection->context->fd, SOL_SOCKET, SO_ERROR, &error, &length))
		error = errno;
	if (error)
		redis_drop(connection->redis, "cannot connect: %s", strerror(error));
	return !error;
}

static void finish_connecting(struct redis_connection *connection)
{
	if (!is_connected(connection))
		return;
	connection->connecting = false;
	connection->asked_us = 0;
	watch(connection, EPOLLIN);
	if (redis_tls_start(connection))
		return;
	if (connection->redis->asking_sentinel)
		redis_ask_sentinel(connection);
	else
		redis_greet(connection);
}

/* ---- reading and writing ----------------------------------------------------------------------------------------- */

static void lost(struct redis_connection *connection)
{
	char why[128] = "";

	if (connection->session)
		tls_verify_why(connection->session, why, sizeof(why));
	if (why[0])
		redis_drop(connection->redis, "TLS: %s", why);
	else
		redis_drop(connection->redis, "connection lost: %s", connection->context->errstr);
}

static bool is_waiting(const struct redis_connection *connection)
{
	return connection->session && tls_verify_waits(connection->session);
}

static void take_answer(struct redis_connection *connection, const redisReply *reply)
{
	struct redis *redis = connection->redis;
	const struct redis_ask ask = connection->ask[connection->first_ask];

	if (!connection->asks) {
		redis_drop(redis, reply->type == REDIS_REPLY_ERROR ? "%s" : "an answer that nobody asked for",
			   reply->str);
		return;
	}
	connection->first_ask = (connection->first_ask + 1) % REDIS_ASKS_MAX;
	connection->asked_us = --connection->asks ? redis_mono_us() : 0;
	if (reply->type == REDIS_REPLY_ERROR && !ask.may_fail)
		redis_refused(redis, reply->str);
	else
		ask.answer(redis, reply, ask.context);
}

static void read_answers(struct redis_connection *connection)
{
	redisContext *context = connection->context;
	void *reply = NULL;

	if (redisBufferRead(context) != REDIS_OK) {
		lost(connection);
		return;
	}
	while (connection->context == context) {
		if (redisGetReplyFromReader(context, &reply) != REDIS_OK) {
			redis_drop(connection->redis, "its answer cannot be read: %s", context->errstr);
			return;
		}
		if (!reply)
			break;
		take_answer(connection, reply);
		freeReplyObject(reply);
	}
	if (connection->context == context && context->reader->len - context->reader->pos > BUFFER_BYTES_MAX)
		redis_drop(connection->redis, "an answer of more than %d MiB", BUFFER_BYTES_MAX >> 20);
}

static void write_asks(struct redis_connection *connection)
{
	int done = 1;

	if (redisBufferWrite(connection->context, &done) != REDIS_OK) {
		lost(connection);
		return;
	}
	connection->unwritten = !done;
	watch(connection, done || is_waiting(connection) ? EPOLLIN : EPOLLIN | EPOLLOUT);
}

static void on_ready(void *context, int fd, uint32_t events)
{
	struct redis_connection *connection = context;

	(void)fd;
	connection->reading = true;
	if (connection->session)
		tls_verify_forget_errors();
	if (connection->connecting)
		finish_connecting(connection);
	else if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		read_answers(connection);
	if (connection->context && !connection->connecting && !connection->closed &&
	    (events & EPOLLOUT || connection->unwritten))
		write_asks(connection);
	connection->reading = false;
	if (connection->closed)
		redisFree(connection->closed);
	connection->closed = NULL;
}

/* ---- opening and asking ------------------------------------------------------------------------------------------ */

static void bound_reader(struct redis_connection *connection)
{
	redisReader *reader = connection->context->reader;

	connection->usual = reader->fn;
	connection->bounded = *reader->fn;
	connection->bounded.createArray = create_array;
	reader->fn = &connection->bounded;
	reader->privdata = connection;
}

int redis_connection_open(struct redis_connection *connection, const struct fleet_address *address)
{
	struct redis *redis = connection->redis;
	redisContext *context = address->port ? redisConnectNonBlock(address->host, address->port)
					      : redisConnectUnixNonBlock(address->host);

	if (!context || context->err) {
		redis_drop(redis, "cannot connect: %s", context ? context->errstr : strerror(ENOMEM));
		if (context)
			redisFree(context);
		return -ECONNREFUSED;
	}
	connection->context = context;
	connection->connecting = true;
	connection->unwritten = false;
	connection->first_ask = connection->asks = 0;
	connection->events = EPOLLOUT;
	connection->asked_us = redis_mono_us();
	bound_reader(connection);
	return loop_add_fd(redis->loop, context->fd, EPOLLOUT, on_ready, connection);
}

int redis_ask(struct redis_connection *connection, redis_answer_fn answer, void *context, int words,
	      const char *const *word, const size_t *length, bool may_fail)
{
	struct redis_ask *ask = &connection->ask[(connection->first_ask + connection->asks) % REDIS_ASKS_MAX];

	if (!connection->context || connection->connecting || connection->asks == REDIS_ASKS_MAX)
		return -ENOTCONN;
	if (redisAppendCommandArgv(connection->context, words, (const char **)word, length) != REDIS_OK)
		return -ENOMEM;
	*ask = (struct redis_ask){answer, context, may_fail};
	if (!connection->asks++)
		connection->asked_us = redis_mono_us();
	watch(connection, EPOLLIN | EPOLLOUT);
	return 0;
}
