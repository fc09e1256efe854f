/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/tracked.h"

#include <string.h>

/* After a FIN or RST the other end may still answer: a login reply can follow the client's FIN. */
#define LINGER_NS (2 * 1000000000ULL)
/* ... and long after, when it comes late on purpose: Dovecot delays the answer to a wrong password by up to 17 seconds,
 * and a client that guesses has hung up by then. */
#define HALF_CLOSED_NS (30 * 1000000000ULL)

void tracked_open(struct tracked *tracked, const struct gp_sample *sample, const struct flow_options *options,
		  struct classifier *classifier)
{
	if (flow_open(&tracked->flow, sample, options))
		return;
	if (classified_new(&tracked->classified, classifier))
		tracked->classified = NULL; /* no memory: the flow is judged all the same */
}

void tracked_drop(struct tracked *tracked)
{
	flow_close(&tracked->flow, tracked->flow.closed);
	classified_free(tracked->classified);
}

static uint64_t name_hash(const struct tracked *tracked, const char *name)
{
	const struct digest *digest = &tracked->flow.options->digest;

	return name[0] ? digest->hash(digest->key, name, strlen(name)) : 0;
}

static void ja4_make(struct tracked *tracked, const uint8_t *message, size_t length)
{
	ja4_of_hello(message, length, tracked->ja4.text);
	tracked->ja4.hash = name_hash(tracked, tracked->ja4.text);
}

void tracked_note_hello(struct tracked *tracked, struct hello_memo *memo, const uint8_t *message, size_t length)
{
	struct hello_key key = {.bytes = 0};
	const bool is_memorable = hello_key_fill(&key, message, length);
	const struct tracked_ja4 *known = is_memorable ? hello_memo_find(memo, &key) : NULL;

	if (known)
		tracked->ja4 = *known;
	else
		ja4_make(tracked, message, length);
	if (is_memorable && !known)
		hello_memo_add(memo, &key, &tracked->ja4);
	tracked->fingerprint.ja4 = tracked->ja4.hash;
}

void tracked_note_ja3(struct tracked *tracked)
{
	struct classification classification;

	if (tracked->fingerprint.ja3 || !tracked->classified || tracked->flow.transport == TRANSPORT_PLAIN)
		return;
	classified_read(tracked->classified, &classification);
	tracked->fingerprint.ja3 = name_hash(tracked, classification.ja3);
}

#define SILENCE_CONFIDENCE 0.95 /* nobody has said so */

void tracked_presume(struct tracked *tracked, struct attempt *attempt)
{
	if (attempt->outcome != OUTCOME_UNKNOWN || !attempt->unanswered || !tracked->awaited.presumed)
		return;
	attempt->outcome = OUTCOME_FAILURE;
	attempt->basis = BASIS_SILENCE;
	attempt->confidence = SILENCE_CONFIDENCE;
	flow_presume(&tracked->flow);
}

/* What has been presumed is settled by its answer, or by the end. */
void tracked_note_awaited(struct tracked *tracked, struct judge *judge, uint64_t now_ns)
{
	struct awaited *awaited = &tracked->awaited;
	struct attempt attempt;

	if (flow_awaits(&tracked->flow, &attempt))
		judge_awaits(judge, awaited, &attempt, now_ns);
	else if (awaited->waiting && !awaited->presumed)
		judge_awaits_no_more(awaited);
}

/* The server's own number tells one connection from the next, however the first ended. */
bool tracked_is_reopened(const struct tracked *tracked, const struct gp_sample *sample)
{
	return sample->server_isn != tracked->flow.server_isn;
}

bool tracked_is_afterthought(const struct gp_sample *sample)
{
	return !sample->payload_bytes && sample->tcp_flags & (GP_FIN | GP_RST) &&
	       sample->packets_in + sample->packets_out > 1;
}

/* The kernel half shows a flow's first FIN and not its second: half closed is all that can be known, and where nothing
 * more is read there is nothing to wait for. */
uint64_t tracked_over_ns(const struct tracked *tracked, uint64_t idle_ns)
{
	const struct flow *flow = &tracked->flow;
	const bool is_awaited = flow->half_closed && flow->want == FLOW_WANT_MORE;

	if (flow->closed == FLOW_OPEN)
		return flow->last_ns + idle_ns;
	return flow->last_ns + (is_awaited ? HALF_CLOSED_NS : LINGER_NS);
}

enum flow_closed tracked_silent_end(const struct tracked *tracked)
{
	if (tracked->flow.closed != FLOW_OPEN)
		return tracked->flow.closed;
	return tracked->flow.reset_heard ? FLOW_RST : FLOW_TIMEOUT;
}
