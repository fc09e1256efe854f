/* SPDX-License-Identifier: BSD-2-Clause */
/* Which reader a flow is with: the login dialogue while it is clear text, the TLS walk after that. A flow that has
 * logged in, that is not what its port says, or whose handshake is over has been seen enough of. */
#include "user/read/flow.h"

#include <errno.h>
#include <string.h>

const char *flow_closed_text(enum flow_closed closed)
{
	static const char *const text[] = {"open", "fin", "rst", "timeout", "eof"};

	return text[closed];
}

static bool is_implicit_tls(uint8_t service)
{
	return service == GP_SERVICE_IMAPS || service == GP_SERVICE_POP3S || service == GP_SERVICE_SUBMISSIONS;
}

static void flow_attempted(void *context, const struct attempt *attempt)
{
	struct flow *flow = context;
	struct attempt full = *attempt;

	if (flow->attempts < FLOW_OUTCOMES_MAX)
		flow->outcomes[flow->attempts] = outcome_letter(attempt->outcome);
	flow->attempts++;
	flow->logged_in |= attempt->outcome == OUTCOME_SUCCESS;
	if (attempt->basis == BASIS_REPLY && attempt->reply_bytes && flow->proven && flow->options->servers)
		servers_told(flow->options->servers, &flow->ends, attempt->outcome, attempt->reply_bytes);
	full.n = flow->attempts;
	full.time_ns = flow->last_ns;
	full.asked_ns = flow->asked_ns;
	full.ends = flow->ends;
	full.source = flow->source;
	flow->options->attempt(flow->options->context, &full);
}

static void ends_from_sample(struct ends *ends, const struct gp_sample *sample)
{
	ends->flow = sample->flow;
	memcpy(ends->client.byte, sample->client, sizeof(ends->client.byte));
	memcpy(ends->server.byte, sample->server, sizeof(ends->server.byte));
	ends->client_port = sample->client_port;
	ends->server_port = sample->server_port;
	ends->service = sample->service;
}

/* Nothing was said that we did not see: the greeting at most went before, its SYN-ACK perhaps twice. */
static bool is_beginning(const struct gp_sample *sample)
{
	return sample->state != GP_FLOW_MIDWAY && sample->packets_in <= 2 && sample->packets_out <= 3;
}

static void flow_hello(void *context, const uint8_t *message, size_t length)
{
	const struct flow *flow = context;

	if (flow->options->hello)
		flow->options->hello(flow->options->context, message, length);
}

static int flow_go_inside(struct flow *flow, uint16_t greeting_bytes)
{
	const struct inside_options options = {
		.ends = &flow->ends,
		.starttls = flow->transport == TRANSPORT_STARTTLS,
		.greeting_bytes = greeting_bytes,
		.digest = flow->options->digest,
		.servers = flow->options->servers,
		.context = flow,
		.attempt = flow_attempted,
		.hello = flow_hello,
	};

	return inside_new(&flow->inside, &options);
}

int flow_open(struct flow *flow, const struct gp_sample *sample, const struct flow_options *options)
{
	int error;

	flow->options = options;
	ends_from_sample(&flow->ends, sample);
	flow->source = addr_source(&flow->ends.client);
	flow->slot = sample->slot;
	flow->server_isn = sample->server_isn;
	flow->first_ns = flow->last_ns = flow->asked_ns = sample->time_ns;
	flow->transport = is_implicit_tls(sample->service) ? TRANSPORT_TLS : TRANSPORT_PLAIN;

	error = stream_new(&flow->in);
	if (!error)
		error = stream_new(&flow->out);
	if (!error && flow->transport == TRANSPORT_TLS)
		error = flow_go_inside(flow, 0);
	else if (!error)
		error = login_new(&flow->login, sample->service, options->digest, flow_attempted, flow);
	if (error) {
		flow_close(flow, FLOW_TIMEOUT);
		return error;
	}
	if (flow->login)
		stream_trace(flow->in, sample->flow);
	if (flow->login && !is_beginning(sample))
		login_halfway(flow->login);
	if (flow->login)
		login_one_way(flow->login, !sample->packets_out);
	return 0;
}

/* The proving packet carries the client's first sequence number and acknowledges the server's. */
static void flow_prove(struct flow *flow, const struct gp_sample *sample)
{
	flow->proven = true;
	if (sample->direction == GP_IN)
		stream_begin(flow->in, sample->seq);
}

static void flow_deliver(struct flow *flow, const struct gp_sample *sample, const uint8_t *payload)
{
	struct stream *stream = sample->direction == GP_IN ? flow->in : flow->out;
	struct stream *other = sample->direction == GP_IN ? flow->out : flow->in;

	if (sample->payload_bytes)
		stream_add(stream, sample->seq, payload, sample->captured_bytes, sample->payload_bytes);
	if (sample->tcp_flags & GP_ACK)
		stream_acknowledged(other, sample->ack);
}

/* The server takes the urgent byte out of what it reads (RFC 6093), or drops a packet that we saw. */
static bool is_doubtful(struct flow *flow, const struct gp_sample *sample)
{
	return stream_forked(flow->in) || (sample->direction == GP_IN && sample->tcp_flags & GP_URG);
}

/* STARTTLS was agreed on and the server goes on in clear: it had agreed to something else. */
static void flow_back_to_clear(struct flow *flow)
{
	inside_free(flow->inside);
	flow->inside = NULL;
	flow->transport = TRANSPORT_PLAIN;
	login_doubt(flow->login);
}

static void flow_read_inside(struct flow *flow, const struct gp_sample *sample)
{
	switch (inside_read(flow->inside, flow->in, flow->out, sample)) {
	case INSIDE_HELLO:
		break;
	case INSIDE_TALKING:
		flow->established_tls = true;
		break;
	case INSIDE_DONE:
		flow->established_tls = true;
		flow->want = FLOW_WANT_END;
		break;
	case INSIDE_LOST:
		if (flow->login && !inside_server_spoke(flow->inside))
			flow_back_to_clear(flow);
		else
			flow->want = FLOW_WANT_END;
		break;
	}
}

/* True: the rest is TLS. */
static bool flow_read_login(struct flow *flow)
{
	switch (login_read(flow->login, flow->in, flow->out)) {
	case LOGIN_TALKING:
		return false;
	case LOGIN_DONE:
	case LOGIN_LOST:
		flow->want = FLOW_WANT_END;
		return false;
	case LOGIN_TLS:
		break;
	}
	login_end(flow->login);
	flow->transport = TRANSPORT_STARTTLS;
	if (flow_go_inside(flow, login_greeting_bytes(flow->login)))
		flow->want = FLOW_WANT_END;
	return true;
}

/* A client's reset without an acknowledgement is cheap to forge: it is noted and ends nothing. Other ends are vouched
 * for by the kernel half (bpf/flow.bpf.h), and still whoever goes on talking is still there. */
static void flow_mark_end(struct flow *flow, const struct gp_sample *sample)
{
	if (sample->tcp_flags & GP_RST && sample->direction == GP_IN && !(sample->tcp_flags & GP_ACK))
		flow->reset_heard = true;
	else if (sample->tcp_flags & GP_RST)
		flow->closed = FLOW_RST;
	else if (sample->tcp_flags & GP_FIN && flow->closed == FLOW_OPEN)
		flow->closed = FLOW_FIN;
	else if (sample->payload_bytes && flow->closed == FLOW_RST)
		flow->closed = FLOW_OPEN;
}

bool flow_is_open(const struct flow *flow)
{
	return flow->closed == FLOW_OPEN;
}

bool flow_is_waiting(const struct flow *flow)
{
	if (flow->want == FLOW_WANT_END || flow->logged_in)
		return false;
	return !flow->inside || !inside_seems_logged_in(flow->inside);
}

bool flow_awaits(const struct flow *flow, struct attempt *ret_attempt)
{
	if (!flow->proven || flow->want == FLOW_WANT_END || !flow->login || flow->inside ||
	    !login_awaits(flow->login, ret_attempt))
		return false;
	ret_attempt->n = flow->attempts + 1;
	ret_attempt->ends = flow->ends;
	ret_attempt->source = flow->source;
	return true;
}

void flow_presume(struct flow *flow)
{
	if (flow->attempts && flow->attempts <= FLOW_OUTCOMES_MAX)
		flow->outcomes[flow->attempts - 1] = outcome_letter(OUTCOME_FAILURE);
}

bool flow_packet(struct flow *flow, const struct gp_sample *sample, const uint8_t *payload)
{
	bool starttls = false;

	flow->last_ns = sample->time_ns;
	flow->slot = sample->slot;
	if (sample->tcp_flags & GP_FIN)
		flow->fins |= (uint8_t)(1 << sample->direction);
	flow->half_closed = !(sample->tcp_flags & GP_RST) && (flow->fins == 1 || flow->fins == 2);
	flow->packets_in = sample->packets_in;
	flow->packets_out = sample->packets_out;
	flow_mark_end(flow, sample);
	if (flow->want == FLOW_WANT_END || !flow->in)
		return false;

	if (flow->login && sample->packets_out)
		login_one_way(flow->login, false);
	if (sample->state == GP_FLOW_PROVEN)
		flow_prove(flow, sample);
	flow_deliver(flow, sample, payload);
	if (flow->login && is_doubtful(flow, sample))
		login_doubt(flow->login);
	if (flow->login && !flow->inside)
		starttls = flow_read_login(flow);
	if (flow->inside)
		flow_read_inside(flow, sample);
	if (sample->direction == GP_IN && sample->payload_bytes)
		flow->asked_ns = sample->time_ns;
	return starttls;
}

void flow_release(struct flow *flow)
{
	if (flow->login)
		login_end(flow->login);
	if (flow->inside)
		inside_end(flow->inside);
	login_free(flow->login);
	inside_free(flow->inside);
	stream_free(flow->in);
	stream_free(flow->out);
	flow->login = NULL;
	flow->inside = NULL;
	flow->in = flow->out = NULL;
	flow->want = FLOW_WANT_END;
}

void flow_close(struct flow *flow, enum flow_closed closed)
{
	flow_release(flow);
	flow->closed = closed;
}
