/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/shape/inside.h"

#include <errno.h>
#include <stdlib.h>

#include "user/shape/shape.h"

struct inside {
	struct inside_options options;
	struct tls *tls;
	struct shape *shape; /* NULL until the first record that it is for */
	struct server *server;
	bool strange; /* the server greeted in a way that is not its own */
	bool attempted;
	bool over; /* the shape has seen enough */
	uint32_t ack; /* of the packet that is read */
	enum shape_state shape_state;
};

/* A wrong password that is tried again is as long as it was. Lengths are few, so that this is a hint only: the judge
 * knows that it is one by the basis. */
static uint64_t credential_of(const struct inside *inside, uint16_t request_bytes)
{
	const struct digest *digest = &inside->options.digest;
	const struct {
		uint16_t request_bytes, server_port;
	} shown = {request_bytes, inside->options.ends->server_port};

	return request_bytes ? digest->hash(digest->key, &shown, sizeof(shown)) : 0;
}

static void on_verdict(void *context, const struct shape_verdict *verdict)
{
	struct inside *inside = context;
	struct server *server = inside->server;
	const struct attempt attempt = {
		.outcome = inside->strange ? OUTCOME_UNKNOWN : verdict->outcome,
		.basis = BASIS_SHAPE,
		.confidence = verdict->confidence,
		.credential = credential_of(inside, verdict->request_bytes),
	};

	if (server)
		server_attempted(server, attempt.outcome, !inside->attempted, !tls_walking(inside->tls, GP_OUT));
	inside->attempted = true;
	inside->options.attempt(inside->options.context, &attempt);
}

static void on_greeting(struct inside *inside, uint16_t bytes)
{
	inside->strange = servers_greeted(inside->options.servers, inside->server, bytes);
	if (inside->strange && inside->shape)
		shape_knows(inside->shape, servers_knowledge(inside->options.servers, inside->server,
							     (enum gp_service)inside->options.ends->service, true));
}

static void on_reply(void *context, const struct shape_reply *reply)
{
	struct inside *inside = context;
	struct servers *servers = inside->options.servers;

	if (reply->reply == REPLY_GREETING) {
		on_greeting(inside, reply->bytes);
		return;
	}
	servers_heard(servers, inside->server, reply->reply, reply->bytes, inside->strange);
	if (reply->timed)
		servers_answered(servers, inside->server, reply->reply, reply->delay_ms, inside->strange);
}

static void on_answer(void *context, const struct shape_answer *answer)
{
	const struct inside *inside = context;

	servers_unsure(inside->options.servers, inside->server, answer->bytes, answer->followed, inside->strange);
}

static int shape_begin(struct inside *inside)
{
	const enum gp_service service = (enum gp_service)inside->options.ends->service;
	const struct shape_options options = {
		.service = service,
		.starttls = inside->options.starttls,
		.knowledge = servers_knowledge(inside->options.servers, inside->server, service, inside->strange),
		.context = inside,
		.verdict = on_verdict,
		.reply = on_reply,
		.answer = on_answer,
	};

	return shape_new(&inside->shape, &options);
}

static void on_record(void *context, const struct tls_record *record)
{
	struct inside *inside = context;

	if (inside->over)
		return;
	if (!inside->shape && shape_begin(inside)) {
		inside->over = true;
		return;
	}
	if (record->direction == GP_IN)
		shape_acknowledged(inside->shape, inside->tls, record->time_ns, inside->ack, false);
	inside->shape_state = shape_record(inside->shape, inside->tls, record);
	inside->over = inside->shape_state != SHAPE_TALKING;
}

static void on_hello(void *context, const uint8_t *message, size_t length)
{
	const struct inside *inside = context;

	if (inside->options.hello)
		inside->options.hello(inside->options.context, message, length);
}

int inside_new(struct inside **ret_inside, const struct inside_options *options)
{
	struct inside *inside = calloc(1, sizeof(*inside));
	const struct tls_listener listener = {.context = inside, .record = on_record, .hello = on_hello};
	int error = inside ? tls_new(&inside->tls, &listener) : -ENOMEM;

	if (error) {
		free(inside);
		return error;
	}
	inside->options = *options;
	inside->over = !options->servers;
	if (options->servers)
		inside->server = servers_enter(options->servers, options->ends);
	if (options->greeting_bytes)
		on_greeting(inside, options->greeting_bytes);
	*ret_inside = inside;
	return 0;
}

void inside_free(struct inside *inside)
{
	if (!inside)
		return;
	shape_free(inside->shape);
	tls_free(inside->tls);
	server_leave(inside->server);
	free(inside);
}

enum inside_state inside_read(struct inside *inside, struct stream *in, struct stream *out,
			      const struct gp_sample *sample)
{
	enum tls_state state;

	if (sample->direction == GP_IN && sample->tcp_flags & GP_ACK)
		inside->ack = sample->ack;
	if (inside->shape && sample->direction == GP_IN && sample->tcp_flags & GP_ACK)
		shape_acknowledged(inside->shape, inside->tls, sample->time_ns, sample->ack,
				   sample->tcp_flags & (GP_FIN | GP_RST));
	state = tls_read(inside->tls, in, out, sample->time_ns);
	if (inside->shape && sample->direction == GP_IN && sample->tcp_flags & GP_FIN)
		shape_client_done(inside->shape);
	if (state == TLS_HELLO)
		return INSIDE_HELLO;
	if (state == TLS_LOST || (inside->over && inside->shape_state == SHAPE_LOST))
		return INSIDE_LOST;
	return inside->over ? INSIDE_DONE : INSIDE_TALKING;
}

void inside_end(struct inside *inside)
{
	if (inside->shape && !inside->over)
		shape_end(inside->shape, inside->tls);
	inside->over = true;
}

bool inside_seems_logged_in(const struct inside *inside)
{
	return inside->shape && shape_seems_in(inside->shape);
}

bool inside_server_spoke(const struct inside *inside)
{
	return tls_server_spoke(inside->tls);
}
