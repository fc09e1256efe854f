/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/accuracy_cost.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/accuracy_known.h"
#include "bench/report.h"
#include "user/adapters/secret.h"
#include "user/shape/shape.h"

#define ROUNDS 9
#define ROUND_NS 150000000ULL
#define TAPES_MAX 4096

/* ---- a tape of records ------------------------------------------------------------------------------------------ */

struct entry {
	struct tls_record record;
	uint32_t ack; /* of the client's packet that brought it */
};

struct tape { /* a connection */
	struct ends ends;
	struct stream *in, *out;
	struct tls *tls;
	struct entry *entry;
	size_t entries, room;
	uint32_t ack;
};

struct tapes {
	struct tape *tape[TAPES_MAX];
	size_t count;
};

static void on_record(void *context, const struct tls_record *record)
{
	struct tape *tape = context;

	if (tape->entries == tape->room) {
		tape->room = tape->room ? tape->room * 2 : 32;
		tape->entry = realloc(tape->entry, tape->room * sizeof(*tape->entry));
		if (!tape->entry)
			die("out of memory");
	}
	tape->entry[tape->entries++] = (struct entry){.record = *record, .ack = tape->ack};
}

static struct tape *tape_new(const struct gp_sample *sample)
{
	struct tape *tape = calloc(1, sizeof(*tape));
	const struct tls_listener listener = {.context = tape, .record = on_record};

	if (!tape || stream_new(&tape->in) || stream_new(&tape->out) || tls_new(&tape->tls, &listener))
		die("out of memory");
	tape->ends = (struct ends){
		.flow = sample->flow,
		.server_port = sample->server_port,
		.client_port = sample->client_port,
		.service = sample->service,
	};
	memcpy(tape->ends.client.byte, sample->client, sizeof(tape->ends.client.byte));
	memcpy(tape->ends.server.byte, sample->server, sizeof(tape->ends.server.byte));
	return tape;
}

static void tape_free(struct tape *tape)
{
	stream_free(tape->in);
	stream_free(tape->out);
	tls_free(tape->tls);
	free(tape->entry);
	free(tape);
}

/* Flow ids come again with every capture, and with them other ends. */
static struct tape *tape_of(struct tapes *tapes, const struct gp_sample *sample)
{
	for (size_t i = tapes->count; i--;)
		if (tapes->tape[i]->ends.flow == sample->flow &&
		    tapes->tape[i]->ends.client_port == sample->client_port &&
		    !memcmp(tapes->tape[i]->ends.client.byte, sample->client, sizeof(sample->client)) &&
		    !memcmp(tapes->tape[i]->ends.server.byte, sample->server, sizeof(sample->server)))
			return tapes->tape[i];
	if (tapes->count == TAPES_MAX)
		return NULL;
	return tapes->tape[tapes->count++] = tape_new(sample);
}

static bool is_implicit_tls(uint8_t service)
{
	return service == GP_SERVICE_IMAPS || service == GP_SERVICE_POP3S || service == GP_SERVICE_SUBMISSIONS;
}

static void record_sample(void *context, const struct gp_sample *sample, const uint8_t *payload)
{
	struct tape *tape = is_implicit_tls(sample->service) ? tape_of(context, sample) : NULL;
	struct stream *stream, *other;

	if (!tape)
		return;
	stream = sample->direction == GP_IN ? tape->in : tape->out;
	other = sample->direction == GP_IN ? tape->out : tape->in;
	if (sample->payload_bytes)
		stream_add(stream, sample->seq, payload, sample->captured_bytes, sample->payload_bytes);
	if (sample->tcp_flags & GP_ACK)
		stream_acknowledged(other, sample->ack);
	if (sample->direction == GP_IN)
		tape->ack = sample->ack;
	tls_read(tape->tls, tape->in, tape->out, sample->time_ns);
}

/* ---- speed ----------------------------------------------------------------------------------------------------- */

struct player {
	struct servers *servers;
	struct server *server; /* of the connection that is played */
	size_t records, turns, verdicts;
};

static void on_verdict(void *context, const struct shape_verdict *verdict)
{
	struct player *player = context;

	(void)verdict;
	player->verdicts++;
}

static void on_reply(void *context, const struct shape_reply *reply)
{
	struct player *player = context;

	if (reply->reply == REPLY_GREETING)
		servers_greeted(player->servers, player->server, reply->bytes);
	else
		servers_heard(player->servers, player->server, reply->reply, reply->bytes, false);
	if (reply->timed)
		servers_answered(player->servers, player->server, reply->reply, reply->delay_ms, false);
}

static void play(struct player *player, const struct tape *tape)
{
	struct shape_options options = {
		.service = (enum gp_service)tape->ends.service,
		.context = player,
		.verdict = on_verdict,
		.reply = on_reply,
	};
	uint8_t direction = GP_OUT;
	struct shape *shape;

	player->server = servers_enter(player->servers, &tape->ends);
	options.knowledge = servers_knowledge(player->servers, player->server, options.service, false);
	if (shape_new(&shape, &options))
		die("out of memory");
	for (size_t i = 0; i < tape->entries; i++) {
		const struct entry *entry = &tape->entry[i];

		if (entry->record.direction == GP_IN)
			shape_acknowledged(shape, tape->tls, entry->record.time_ns, entry->ack, false);
		player->records++;
		player->turns += direction == GP_OUT && entry->record.direction == GP_IN;
		direction = entry->record.direction;
		if (shape_record(shape, tape->tls, &entry->record) != SHAPE_TALKING)
			break;
	}
	shape_end(shape, tape->tls);
	shape_free(shape);
	server_leave(player->server);
}

static uint64_t cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

static double round_play(struct player *player, const struct tapes *tapes)
{
	const uint64_t begin_ns = cpu_ns();

	player->records = player->turns = 0;
	do
		for (size_t i = 0; i < tapes->count; i++)
			play(player, tapes->tape[i]);
	while (cpu_ns() - begin_ns < ROUND_NS && player->records);
	return (double)player->records * 1e9 / (double)(cpu_ns() - begin_ns);
}

void speed_measure(const struct corpus *corpus, struct speed *ret_speed)
{
	const struct known known = {.probe = true, .builtin = true, .learn = true};
	struct player player = {.servers = known_servers(corpus, &known)};
	struct tapes *tapes = calloc(1, sizeof(*tapes));
	const struct pass pass = {
		.corpus = corpus,
		.servers = player.servers,
		.context = tapes,
		.sample = record_sample,
	};
	double rate[ROUNDS], turns_a_record;

	if (!tapes)
		die("out of memory");
	pass_run(&pass);
	for (size_t i = 0; i < tapes->count; i++)
		play(&player, tapes->tape[i]);
	*ret_speed = (struct speed){.connections = tapes->count, .records = player.records, .turns = player.turns};
	for (int i = 0; i < ROUNDS; i++)
		rate[i] = round_play(&player, tapes);
	turns_a_record = (double)ret_speed->turns / (double)(ret_speed->records ? ret_speed->records : 1);
	ret_speed->records_per_s = median(rate, ROUNDS);
	ret_speed->turns_per_s = ret_speed->records_per_s * turns_a_record;
	for (size_t i = 0; i < tapes->count; i++)
		tape_free(tapes->tape[i]);
	free(tapes);
	servers_free(player.servers);
}

/* ---- memory ---------------------------------------------------------------------------------------------------- */

static void ignore_attempt(void *context, const struct attempt *attempt)
{
	(void)context;
	(void)attempt;
}

/* A flow that nobody has spoken on yet has all its readers but the shape, which comes with the first record. What the
 * allocator gave is what it costs; sizes do not grow with what is said. */
void memory_measure(const struct corpus *corpus, struct memory *ret_memory)
{
	const struct gp_sample sample = {.service = GP_SERVICE_IMAPS, .server_port = 993};
	struct servers *servers = known_servers(corpus, &(struct known){.learn = true});
	const struct flow_options options = {
		.digest = secret_digest(corpus->secret),
		.servers = servers,
		.attempt = ignore_attempt,
	};
	const struct shape_options shape_options = {
		.service = GP_SERVICE_IMAPS,
		.knowledge = servers_knowledge(servers, NULL, GP_SERVICE_IMAPS, false),
	};
	struct flow flow = {0};
	struct shape *shape;
	struct tls *tls;

	if (flow_open(&flow, &sample, &options) || shape_new(&shape, &shape_options) ||
	    tls_new(&tls, &(struct tls_listener){.record = on_record}))
		die("out of memory");
	*ret_memory = (struct memory){
		.inside_bytes = malloc_usable_size(flow.inside),
		.tls_bytes = malloc_usable_size(tls),
		.shape_bytes = malloc_usable_size(shape),
		.streams_bytes = malloc_usable_size(flow.in) + malloc_usable_size(flow.out),
		.flow_bytes = sizeof(flow),
	};
	flow_release(&flow);
	ret_memory->after_bytes = malloc_usable_size(flow.inside) + malloc_usable_size(flow.login) +
				  malloc_usable_size(flow.in) + malloc_usable_size(flow.out);
	flow_close(&flow, FLOW_EOF);
	tls_free(tls);
	shape_free(shape);
	servers_free(servers);
}

/* ---- moments --------------------------------------------------------------------------------------------------- */

struct moments {
	uint32_t (*count)[MOMENTS];
};

static void on_attempt(void *context, const struct label_row *row, const struct attempt *attempt,
		       const struct gp_sample *sample)
{
	const struct moments *moments = context;
	enum moment moment = MOMENT_END;

	(void)row;
	if (attempt->basis != BASIS_SHAPE)
		return;
	if (sample)
		moment = sample->direction == GP_OUT ? MOMENT_REPLY : MOMENT_NEXT;
	moments->count[attempt->outcome][moment]++;
}

void moments_count(const struct corpus *corpus, uint32_t ret_count[3][MOMENTS])
{
	struct servers *servers = known_servers(corpus, &(struct known){.builtin = true, .probe = true});
	struct moments moments = {.count = ret_count};
	const struct pass pass = {.corpus = corpus, .servers = servers, .context = &moments, .attempt = on_attempt};

	pass_run(&pass);
	servers_free(servers);
}
