/* SPDX-License-Identifier: BSD-2-Clause */
/* Hostile connections, one after the other, to servers that learn from them. Events: a byte that says who (top bit) and
 * what (low bits), and what belongs to it:
 *   0  bytes as they stand: two bytes of length, then they
 *   1  a record: its type, two bytes of length; its body is zeros
 *   2  the client's hello, or a server's: two bytes of version and two of suite
 *   3  a hole: two bytes of length
 *   4  an empty packet: its TCP flags
 *   5  time: two bytes, of 4 ms
 *   6  the end; the next connection: its service and kind
 * What must hold: nothing breaks or stalls, without holes the same comes out however bytes are cut into segments, at
 * most one success a connection, nothing after its end, and no server is in use when all are over. */
#include <stdlib.h>
#include <string.h>

#include "user/shape/inside.h"

#define MS 1000000ULL
#define SERVERS_MAX 2
#define SEGMENT_BYTES 4000 /* fits the stream's window */
#define ATTEMPTS_MAX 20000

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

struct heard {
	uint64_t mix; /* of all attempts, in order */
	unsigned int attempts, successes; /* of the connection */
	bool over;
};

struct wire {
	struct servers *servers;
	struct inside *inside;
	struct stream *stream[2]; /* enum gp_direction */
	struct ends ends;
	uint32_t seq[2];
	uint64_t now_ns;
	size_t cut;
	bool one_way, holes;
	struct heard *heard;
};

/* What is left of the input. */
struct input {
	const uint8_t *bytes;
	size_t left;
};

static uint8_t next8(struct input *input)
{
	if (!input->left)
		return 0;
	input->left--;
	return *input->bytes++;
}

static uint16_t next16(struct input *input)
{
	const uint16_t high = next8(input);

	return (uint16_t)(high << 8 | next8(input));
}

static uint64_t hash(const void *key, const void *bytes, size_t length)
{
	uint64_t sum = 0xcbf29ce484222325ULL;

	(void)key;
	for (size_t i = 0; i < length; i++)
		sum = (sum ^ ((const uint8_t *)bytes)[i]) * 0x100000001b3ULL;
	return sum ? sum : 1;
}

static void on_attempt(void *context, const struct attempt *attempt)
{
	struct heard *heard = context;

	if (heard->over || attempt->basis != BASIS_SHAPE || attempt->outcome > OUTCOME_FAILURE)
		abort();
	heard->successes += attempt->outcome == OUTCOME_SUCCESS;
	if (++heard->attempts > ATTEMPTS_MAX || heard->successes > 1)
		abort();
	heard->mix = heard->mix * 31 + attempt->outcome + attempt->credential;
}

static void on_hello(void *context, const uint8_t *message, size_t length)
{
	if (length < 4 || message[0] != 1)
		abort();
	((struct heard *)context)->mix += length;
}

static void wire_open(struct wire *wire, uint8_t kind)
{
	static const enum gp_service services[] = {GP_SERVICE_IMAPS, GP_SERVICE_POP3S, GP_SERVICE_SUBMISSIONS,
						   GP_SERVICE_IMAP};
	struct inside_options options = {.ends = &wire->ends,
					 .starttls = kind & 4,
					 .greeting_bytes = kind & 8 ? 40 + kind : 0,
					 .digest = {.hash = hash},
					 .servers = kind & 16 ? NULL : wire->servers,
					 .context = wire->heard,
					 .attempt = on_attempt,
					 .hello = on_hello};

	wire->ends.service = (uint8_t)services[kind & 3];
	wire->ends.server_port = 900 + (kind & 3);
	wire->one_way = kind & 32;
	wire->seq[GP_IN] = 0xffffff00u;
	wire->seq[GP_OUT] = 0x100;
	wire->heard->successes = 0;
	wire->heard->over = false;
	for (int i = 0; i < 2; i++) {
		if (stream_new(&wire->stream[i]))
			abort();
		stream_begin(wire->stream[i], wire->seq[i]);
	}
	if (inside_new(&wire->inside, &options))
		abort();
}

static void wire_close(struct wire *wire)
{
	inside_end(wire->inside);
	wire->heard->over = true;
	inside_end(wire->inside);
	inside_free(wire->inside);
	stream_free(wire->stream[GP_IN]);
	stream_free(wire->stream[GP_OUT]);
}

/* As flow.c does it. */
static void packet(struct wire *wire, int from, const uint8_t *bytes, size_t length, uint8_t tcp_flags)
{
	const struct gp_sample sample = {.time_ns = wire->now_ns,
					 .seq = wire->seq[from],
					 .ack = wire->seq[!from],
					 .direction = (uint8_t)from,
					 .tcp_flags = tcp_flags,
					 .payload_bytes = (uint32_t)length,
					 .captured_bytes = (uint16_t)length};

	wire->seq[from] += (uint32_t)length;
	if (from == GP_OUT && wire->one_way)
		return;
	if (length)
		stream_add(wire->stream[from], sample.seq, bytes, length, length);
	if (tcp_flags & GP_ACK)
		stream_acknowledged(wire->stream[!from], sample.ack);
	inside_read(wire->inside, wire->stream[GP_IN], wire->stream[GP_OUT], &sample);
}

static void send(struct wire *wire, int from, const uint8_t *bytes, size_t length)
{
	for (size_t at = 0; at < length; at += wire->cut)
		packet(wire, from, bytes + at, length - at < wire->cut ? length - at : wire->cut, GP_ACK);
}

static void send_record(struct wire *wire, int from, uint8_t type, const uint8_t *body, size_t length)
{
	uint8_t bytes[5 + SEGMENT_BYTES] = {type, 3, 3, (uint8_t)(length >> 8), (uint8_t)length};
	const size_t here = length < SEGMENT_BYTES ? length : SEGMENT_BYTES;

	if (body)
		memcpy(bytes + 5, body, here);
	send(wire, from, bytes, 5 + here);
}

static void send_hello(struct wire *wire, int from, uint16_t version, uint16_t suite)
{
	uint8_t message[50] = {from == GP_IN ? 1 : 2, [3] = 38, 3, 3, [39] = (uint8_t)(suite >> 8), (uint8_t)suite};

	if (version == 0x0304) {
		const uint8_t extensions[] = {0, 6, 0, 43, 0, 2, 3, 4};

		memcpy(message + 42, extensions, sizeof(extensions));
		message[3] = 46;
	}
	send_record(wire, from, 22, message, 4U + message[3]);
}

static void turn(struct wire *wire, struct input *input)
{
	const uint8_t event = next8(input);
	const int from = event >> 7 ? GP_OUT : GP_IN;
	uint16_t length, version;
	uint8_t type;

	switch (event & 7) {
	case 0:
		length = next16(input) % SEGMENT_BYTES;
		length = length < input->left ? length : (uint16_t)input->left;
		send(wire, from, input->bytes, length);
		input->bytes += length;
		input->left -= length;
		break;
	case 1:
		type = next8(input);
		send_record(wire, from, type, NULL, next16(input));
		break;
	case 2:
		version = next16(input);
		send_hello(wire, from, version, next16(input));
		break;
	case 3:
		length = next16(input);
		wire->seq[from] += wire->holes ? length : 0;
		break;
	case 4:
		packet(wire, from, NULL, 0, next8(input));
		break;
	case 5:
		wire->now_ns += next16(input) * 4 * MS;
		break;
	default:
		wire_close(wire);
		wire_open(wire, next8(input));
	}
}

static struct heard play(const uint8_t *bytes, size_t size, size_t cut, bool holes)
{
	const struct servers_options options = {.servers_max = SERVERS_MAX, .seed = 5, .learn = true};
	struct input input = {bytes, size};
	struct heard heard = {0};
	struct wire wire = {.cut = cut, .holes = holes, .heard = &heard, .now_ns = 1000 * MS};
	const struct server *server;
	uint32_t cursor = 0;

	if (servers_new(&wire.servers, &options))
		abort();
	wire_open(&wire, next8(&input));
	while (input.left)
		turn(&wire, &input);
	wire_close(&wire);
	if (servers_count(wire.servers) > SERVERS_MAX)
		abort();
	while ((server = servers_each(wire.servers, &cursor)))
		if (server->flows)
			abort();
	servers_free(wire.servers);
	return heard;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct heard whole, cut;

	if (!size || size > 4096)
		return -1;
	whole = play(bytes, size, SEGMENT_BYTES + 5, false);
	cut = play(bytes, size, 1000, false);
	if (whole.mix != cut.mix || whole.attempts != cut.attempts)
		abort();
	play(bytes, size, 1000, true);
	return 0;
}
