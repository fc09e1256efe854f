/* SPDX-License-Identifier: BSD-2-Clause */
/* Times are those of a tap beside the server: what the server answers comes right after what the client said, and what
 * the client says on that a round trip later. */
#include "user/synth/strand.h"

#include <stdlib.h>
#include <string.h>

#include "user/core/duration.h"

#define NS_PER_US 1000ULL
#define DELAYED_ACK_NS (40 * NS_PER_MS) /* Linux' shortest */
#define NOTIFY_NS (120 * NS_PER_S) /* Dovecot's imap_idle_notify_interval */
#define RTT_LEAST_NS (8 * NS_PER_MS)
#define SERVER_TTL 64

struct turn {
	struct strand *strand;
	uint64_t now_ns;
	strand_send_fn send;
	void *context;
};

/* ---- the two ends ------------------------------------------------------------------------------------------------ */

/* 8 to 256 ms, each doubling as likely: fixed lines at home, and other continents. */
static uint64_t rtt_of(const struct addr *source, uint64_t seed)
{
	const uint64_t word = dice_hash(seed, addr_source(source), 5);

	return (RTT_LEAST_NS << word % 5) + dice_scale(dice_mix(word), RTT_LEAST_NS << word % 5);
}

struct strand *strand_new(const struct scenario *scenario, const struct synth_connection *connection, uint64_t seed)
{
	const size_t bytes =
		offsetof(struct synth_connection, attempt) + connection->attempts * sizeof(connection->attempt[0]);
	struct strand *strand = calloc(1, sizeof(*strand));
	struct synth_connection *copy = malloc(bytes);

	if (!strand || !copy) {
		free(strand);
		free(copy);
		return NULL;
	}
	memcpy(copy, connection, bytes);
	strand->connection = copy;
	strand->server = &scenario->server[connection->server];
	strand->dice.state = dice_hash(seed, connection->time_ns, addr_source(&connection->source)) ^ connection->port;
	strand->rtt_ns = rtt_of(&connection->source, seed);
	strand->seal = seal_agree((enum synth_client)connection->client, strand->server);
	for (int side = GP_IN; side <= GP_OUT; side++) {
		strand->seq[side] = (uint32_t)dice_next(&strand->dice);
		strand->id[side] = (uint16_t)dice_next(&strand->dice);
	}
	strand->ttl[GP_IN] = (uint8_t)(48 + dice_below(&strand->dice, 12));
	strand->ttl[GP_OUT] = SERVER_TTL;
	dialogue_start(&strand->dialogue, strand->server, copy);
	return strand;
}

void strand_free(struct strand *strand)
{
	free(strand->connection);
	free(strand);
}

static const struct addr *server_address(const struct strand *strand)
{
	return &strand->server->address[addr_is_v4(&strand->connection->source) ? 0 : 1];
}

/* ---- sending ----------------------------------------------------------------------------------------------------- */

static void send_one(const struct turn *turn, enum gp_direction side, uint8_t flags, const uint8_t *payload,
		     size_t payload_bytes)
{
	struct strand *strand = turn->strand;
	const bool out = side == GP_OUT;
	const uint16_t port = service_port(strand->connection->service);
	const struct segment segment = {
		.from = out ? server_address(strand) : &strand->connection->source,
		.to = out ? &strand->connection->source : server_address(strand),
		.from_port = out ? port : strand->connection->port,
		.to_port = out ? strand->connection->port : port,
		.seq = strand->seq[side],
		.ack = strand->seq[!side],
		.flags = flags,
		.ttl = strand->ttl[side],
		.id = strand->id[side]++,
		.out = out,
		.payload = payload,
		.payload_bytes = payload_bytes,
	};

	turn->send(turn->context, &segment);
	strand->packets[side]++;
	strand->seq[side] += (uint32_t)payload_bytes + (flags & (GP_SYN | GP_FIN) ? 1 : 0);
}

static void send_bytes(const struct turn *turn, enum gp_direction side, const uint8_t *bytes, size_t length)
{
	if (length)
		turn->strand->told = (uint8_t)side;
	while (length) {
		const size_t part = length < SEGMENT_PAYLOAD_MAX ? length : SEGMENT_PAYLOAD_MAX;

		send_one(turn, side, part == length ? GP_ACK | GP_PSH : GP_ACK, bytes, part);
		bytes += part;
		length -= part;
	}
}

/* ---- when -------------------------------------------------------------------------------------------------------- */

/* Who was told something acknowledges it in time, if nothing else goes before. */
static uint64_t schedule(struct strand *strand, uint64_t now_ns, uint64_t at_ns)
{
	const uint64_t ack_ns = now_ns + DELAYED_ACK_NS + (strand->told == GP_OUT ? strand->rtt_ns : 0);

	if (at_ns <= ack_ns)
		return at_ns;
	strand->acks_first = true;
	strand->then_ns = at_ns;
	return ack_ns;
}

static uint64_t answer_ns(struct strand *strand, uint64_t now_ns)
{
	const uint64_t delay_ns = scenario_failure_delay_ns(strand->server, strand->connection->service);

	if (dialogue_attempt(&strand->dialogue)->outcome == OUTCOME_SUCCESS)
		return now_ns + dice_between(&strand->dice, 5 * NS_PER_MS, 15 * NS_PER_MS);
	return now_ns + delay_ns + dice_between(&strand->dice, NS_PER_MS, 15 * NS_PER_MS);
}

static uint64_t later_of(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static uint64_t ends_ns(const struct strand *strand)
{
	return strand->connection->time_ns + strand->connection->lasts_ns;
}

static uint64_t server_speaks_ns(struct strand *strand, uint64_t now_ns)
{
	switch (strand->dialogue.step) {
	case DIALOGUE_GREET:
		return now_ns + dice_between(&strand->dice, NS_PER_MS, 20 * NS_PER_MS);
	case DIALOGUE_ANSWER:
		return answer_ns(strand, now_ns);
	case DIALOGUE_NOTIFY:
		return now_ns + NOTIFY_NS;
	default:
		return now_ns + dice_between(&strand->dice, 100 * NS_PER_US, 1500 * NS_PER_US);
	}
}

static uint64_t client_speaks_ns(struct strand *strand, uint64_t now_ns)
{
	const struct synth_connection *connection = strand->connection;
	const uint64_t soon_ns =
		now_ns + strand->rtt_ns + dice_between(&strand->dice, 200 * NS_PER_US, 2000 * NS_PER_US);

	if (strand->dialogue.step == DIALOGUE_TRY)
		return later_of(soon_ns, connection->time_ns + dialogue_attempt(&strand->dialogue)->after_ns);
	if (strand->dialogue.step == DIALOGUE_LEAVE)
		return later_of(soon_ns, ends_ns(strand));
	return soon_ns;
}

/* The dialogue is over: the connection ends as it was said to. */
static uint64_t close_ns(struct strand *strand, uint64_t now_ns)
{
	strand->stage = strand->connection->end == SYNTH_END_OPEN ? STRAND_OVER : STRAND_CLOSE;
	strand->closer = GP_IN;
	if (strand->dialogue.left)
		strand->closer = GP_OUT; /* it has said good-bye */
	if (strand->closer == GP_OUT)
		return now_ns + 50 * NS_PER_US;
	return later_of(now_ns + (strand->told == GP_OUT ? strand->rtt_ns : NS_PER_MS), ends_ns(strand));
}

static uint64_t talk_ns(struct strand *strand, uint64_t now_ns)
{
	if (strand->dialogue.step == DIALOGUE_NOTIFY && now_ns + NOTIFY_NS >= ends_ns(strand))
		dialogue_leave(&strand->dialogue);
	if (strand->dialogue.step == DIALOGUE_OVER)
		return close_ns(strand, now_ns);
	if (strand->dialogue.step == DIALOGUE_SEAL)
		strand->stage = STRAND_HELLO;
	return dialogue_is_servers(&strand->dialogue) ? server_speaks_ns(strand, now_ns)
						      : client_speaks_ns(strand, now_ns);
}

/* ---- what -------------------------------------------------------------------------------------------------------- */

static uint64_t syn(const struct turn *turn)
{
	send_one(turn, GP_IN, GP_SYN, NULL, 0);
	turn->strand->stage = STRAND_SYN_ACK;
	return turn->now_ns + dice_between(&turn->strand->dice, 20 * NS_PER_US, 60 * NS_PER_US);
}

static uint64_t syn_ack(const struct turn *turn)
{
	send_one(turn, GP_OUT, GP_SYN | GP_ACK, NULL, 0);
	turn->strand->stage = turn->strand->connection->end == SYNTH_END_SYN ? STRAND_OVER : STRAND_ESTABLISH;
	return turn->now_ns + turn->strand->rtt_ns;
}

static uint64_t establish(const struct turn *turn)
{
	struct strand *strand = turn->strand;

	send_one(turn, GP_IN, GP_ACK, NULL, 0);
	if (strand->connection->transport == TRANSPORT_TLS) {
		strand->stage = STRAND_HELLO;
		return turn->now_ns + dice_between(&strand->dice, 200 * NS_PER_US, 2 * NS_PER_MS);
	}
	strand->stage = STRAND_TALK;
	strand->told = GP_IN;
	return talk_ns(strand, turn->now_ns);
}

static uint64_t hello(const struct turn *turn)
{
	struct strand *strand = turn->strand;
	struct flight flight;

	seal_client_hello((enum synth_client)strand->connection->client, "mail.example.net", &strand->dice, &flight);
	send_bytes(turn, GP_IN, flight.bytes, flight.length);
	strand->stage = STRAND_FLIGHT;
	return turn->now_ns + dice_between(&strand->dice, NS_PER_MS / 2, 12 * NS_PER_MS);
}

static uint64_t flight(const struct turn *turn)
{
	struct strand *strand = turn->strand;
	struct flight flight;

	seal_server_flight(&strand->seal, software_tls(software_of(strand->server, strand->connection->service)),
			   &strand->dice, &flight);
	send_bytes(turn, GP_OUT, flight.bytes, flight.length);
	strand->handshake = WIRE_HANDSHAKE_PARTIAL;
	strand->stage = STRAND_FINISHED;
	return turn->now_ns + strand->rtt_ns + dice_between(&strand->dice, NS_PER_MS, 3 * NS_PER_MS);
}

static uint64_t after_handshake(const struct turn *turn)
{
	struct strand *strand = turn->strand;

	strand->stage = STRAND_TALK;
	if (strand->dialogue.step == DIALOGUE_SEAL)
		dialogue_seal(&strand->dialogue);
	return schedule(strand, turn->now_ns, talk_ns(strand, turn->now_ns));
}

static uint64_t tickets(const struct turn *turn)
{
	struct strand *strand = turn->strand;
	struct flight flight;

	seal_tickets(&strand->seal, software_tls(software_of(strand->server, strand->connection->service)),
		     &strand->dice, &flight);
	send_bytes(turn, GP_OUT, flight.bytes, flight.length);
	return after_handshake(turn);
}

static uint64_t finished(const struct turn *turn)
{
	struct strand *strand = turn->strand;
	struct flight flight;

	seal_client_finished(&strand->seal, &strand->dice, &flight);
	send_bytes(turn, GP_IN, flight.bytes, flight.length);
	strand->sealed = true;
	strand->handshake = WIRE_HANDSHAKE_DONE;
	strand->stage = STRAND_TICKETS;
	return turn->now_ns + dice_between(&strand->dice, 100 * NS_PER_US, NS_PER_MS);
}

/* One line; counts the logins that it completes. */
static uint64_t talk(const struct turn *turn)
{
	struct strand *strand = turn->strand;
	const enum dialogue_step step = strand->dialogue.step;
	struct line line;
	struct flight flight;
	enum gp_direction side;

	dialogue_say(&strand->dialogue, &strand->dice, &line);
	side = line.from_server ? GP_OUT : GP_IN;
	strand->answered += step == DIALOGUE_ANSWER;
	strand->made += (step == DIALOGUE_TRY || step == DIALOGUE_RESPOND) && !strand->dialogue.responses;
	if (strand->sealed) {
		seal_line(&strand->seal, &line, &strand->dice, &flight);
		send_bytes(turn, side, flight.bytes, flight.length);
	} else {
		send_bytes(turn, side, (const uint8_t *)line.text, line.length);
	}
	return schedule(strand, turn->now_ns, talk_ns(strand, turn->now_ns));
}

static uint64_t close_first(const struct turn *turn)
{
	struct strand *strand = turn->strand;
	const enum gp_direction side = (enum gp_direction)strand->closer;
	struct flight flight;

	if (strand->connection->end == SYNTH_END_RST && side == GP_IN) {
		send_one(turn, side, GP_RST | GP_ACK, NULL, 0);
		return UINT64_MAX;
	}
	if (strand->sealed) {
		seal_close_notify(&strand->seal, &strand->dice, &flight);
		send_one(turn, side, GP_ACK | GP_PSH | GP_FIN, flight.bytes, flight.length);
	} else {
		send_one(turn, side, GP_ACK | GP_FIN, NULL, 0);
	}
	strand->stage = STRAND_CLOSE_BACK;
	return turn->now_ns + (side == GP_IN ? 80 * NS_PER_US : strand->rtt_ns);
}

static uint64_t close_back(const struct turn *turn)
{
	struct strand *strand = turn->strand;

	send_one(turn, (enum gp_direction) !strand->closer, GP_ACK | GP_FIN, NULL, 0);
	strand->stage = STRAND_LAST_ACK;
	return turn->now_ns + (strand->closer == GP_IN ? strand->rtt_ns : 50 * NS_PER_US);
}

static uint64_t last_ack(const struct turn *turn)
{
	send_one(turn, (enum gp_direction)turn->strand->closer, GP_ACK, NULL, 0);
	return UINT64_MAX;
}

uint64_t strand_step(struct strand *strand, uint64_t now_ns, strand_send_fn send, void *context)
{
	static uint64_t (*const steps[])(const struct turn *turn) = {
		[STRAND_SYN] = syn,
		[STRAND_SYN_ACK] = syn_ack,
		[STRAND_ESTABLISH] = establish,
		[STRAND_HELLO] = hello,
		[STRAND_FLIGHT] = flight,
		[STRAND_FINISHED] = finished,
		[STRAND_TICKETS] = tickets,
		[STRAND_TALK] = talk,
		[STRAND_CLOSE] = close_first,
		[STRAND_CLOSE_BACK] = close_back,
		[STRAND_LAST_ACK] = last_ack,
	};
	const struct turn turn = {.strand = strand, .now_ns = now_ns, .send = send, .context = context};
	uint64_t next_ns;

	if (strand->acks_first) {
		strand->acks_first = false;
		send_one(&turn, (enum gp_direction) !strand->told, GP_ACK, NULL, 0);
		return strand->stage == STRAND_OVER ? UINT64_MAX : strand->then_ns;
	}
	if (strand->stage == STRAND_OVER)
		return UINT64_MAX;
	next_ns = steps[strand->stage](&turn);
	return strand->stage == STRAND_OVER && !strand->acks_first ? UINT64_MAX : next_ns;
}

void strand_label(const struct strand *strand, struct wire_label *ret_label)
{
	static const char letters[] = {[OUTCOME_UNKNOWN] = '?', [OUTCOME_SUCCESS] = 'S', [OUTCOME_FAILURE] = 'F'};
	const bool agreed = strand->handshake != WIRE_HANDSHAKE_NONE;

	ret_label->connection = strand->connection;
	for (uint32_t i = 0; i < strand->made; i++)
		ret_label->outcomes[i] = i < strand->answered ? letters[strand->connection->attempt[i].outcome] : '?';
	ret_label->outcomes[strand->made] = '\0';
	ret_label->server = server_address(strand);
	ret_label->server_port = service_port(strand->connection->service);
	ret_label->version = agreed ? strand->seal.version : 0;
	ret_label->suite = agreed ? strand->seal.suite : 0;
	ret_label->handshake = strand->handshake;
	ret_label->packets_in = strand->packets[GP_IN];
	ret_label->packets_out = strand->packets[GP_OUT];
}
