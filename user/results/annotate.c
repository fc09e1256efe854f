/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/results/annotate.h"

#include <errno.h>
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <stdlib.h>

#include "user/core/sentence.h"
#include "user/results/pcapng.h"
#include "user/results/reason_words.h"
#include "user/version.h"

#define NOTE_BYTES 384
#define NOTES_MAX 8 /* of a frame; a tick after a long silence may bring thousands */

struct annotate {
	struct writer to;
	bool enforce;
	size_t notes; /* since the last frame; beyond NOTES_MAX counted only */
	char note[NOTES_MAX][NOTE_BYTES];
};

/* ---- notes ----------------------------------------------------------------------------------------------------- */

/* Where there is no room any more, it is written over the last one. */
static struct sentence note(struct annotate *annotate)
{
	const size_t place = annotate->notes < NOTES_MAX ? annotate->notes : NOTES_MAX - 1;

	annotate->notes++;
	return sentence_start(annotate->note[place], NOTE_BYTES);
}

static void on_attempt(void *context, const struct attempt *attempt, uint64_t wall_ns)
{
	struct sentence words = note(context);
	char client[ADDR_TEXT_BYTES];

	(void)wall_ns;
	sentence_add(&words, "attempt %u of %s port %u at %s: %s (%s, confidence %.2f)", attempt->n,
		     addr_text(&attempt->ends.client, client), attempt->ends.client_port,
		     service_text(attempt->ends.service), outcome_text(attempt->outcome), basis_text(attempt->basis),
		     attempt->confidence);
	if (attempt->mechanism)
		sentence_add(&words, ", %s", attempt->mechanism);
}

static void on_decision(void *context, const struct decision *decision, const struct ban *ban, uint64_t wall_ns)
{
	struct annotate *annotate = context;
	struct sentence words = note(annotate);
	char target[ADDR_TEXT_BYTES];

	(void)wall_ns;
	sentence_add(&words, "decision of %s: %s", decision->rule->name, action_text(decision->action));
	if (decision->target.bits)
		sentence_add(&words, " %s", prefix_text(&decision->target, target));
	if (decision->for_ns)
		sentence_add_duration(&words, " for ", decision->for_ns);
	sentence_add(&words, " (%s): %s",
		     !annotate->enforce                         ? "observe"
		     : decision->shadow || (ban && ban->shadow) ? "shadow"
								: "enforce",
		     decision->reason);
}

static void on_ban_ended(void *context, const struct ban *ban, uint64_t wall_ns)
{
	struct sentence words = note(context);
	char target[ADDR_TEXT_BYTES];

	(void)wall_ns;
	sentence_add(&words, "over: what %s decided on %s", ban->rule, prefix_text(&ban->target, target));
}

/* ---- frames ---------------------------------------------------------------------------------------------------- */

static void say_verdict(const struct replay_verdict *verdict, struct sentence *words)
{
	sentence_add(words, "%s%s",
		     verdict->drop     ? "dropped: "
		     : verdict->spared ? "would be dropped: "
				       : "",
		     reason_words(verdict->reason));
}

static size_t gather(struct annotate *annotate, const char *comment[])
{
	const size_t notes = annotate->notes;

	if (notes > NOTES_MAX) {
		struct sentence words = sentence_start(annotate->note[NOTES_MAX - 1], NOTE_BYTES);

		sentence_add(&words, "and %zu more", notes - NOTES_MAX + 1);
	}
	annotate->notes = 0;
	for (size_t i = 0; i < notes && i < NOTES_MAX; i++)
		comment[i] = annotate->note[i];
	return notes < NOTES_MAX ? notes : NOTES_MAX;
}

/* The reasons before "allowed" are about a frame's form, not about its way: what is for nobody passes both programs,
 * and the one at the ingress is named. */
static void put_verdict(struct pcapng_packet *packet, const struct replay_verdict *verdict)
{
	const bool is_mail = verdict->reason >= GP_REASON_ALLOWED, is_out = is_mail && verdict->direction == GP_OUT;

	packet->direction = !is_mail ? PCAPNG_EITHER : is_out ? PCAPNG_OUTBOUND : PCAPNG_INBOUND;
	packet->hook = is_out ? PCAPNG_TC : PCAPNG_XDP;
	packet->verdict = is_out ? TC_ACT_UNSPEC : verdict->drop ? XDP_DROP : XDP_PASS;
}

static void on_frame(void *context, const struct frame *frame, const struct replay_verdict *verdict)
{
	struct annotate *annotate = context;
	char words[NOTE_BYTES];
	struct sentence sentence = sentence_start(words, sizeof(words));
	const char *comment[NOTES_MAX + 1] = {words};
	struct pcapng_packet packet = {
		.time_ns = frame->time_ns,
		.bytes = frame->bytes,
		.captured = frame->captured,
		.length = frame->length,
		.comment = comment,
		.comments = 1,
	};

	say_verdict(verdict, &sentence);
	packet.comments += gather(annotate, comment + 1);
	put_verdict(&packet, verdict);
	pcapng_packet(&annotate->to, &packet);
}

/* ---- making ---------------------------------------------------------------------------------------------------- */

int annotate_new(struct annotate **ret_annotate, const struct writer *to, bool enforce)
{
	struct annotate *annotate = calloc(1, sizeof(*annotate));

	if (!annotate)
		return -ENOMEM;
	annotate->to = *to;
	annotate->enforce = enforce;
	pcapng_start(to, "gatepost " GATEPOST_VERSION,
		     enforce ? "Replayed by gatepost, enforcing: each packet's verdict and its reason."
			     : "Replayed by gatepost, observing: each packet's verdict, had it been enforcing, and its "
			       "reason.");
	*ret_annotate = annotate;
	return 0;
}

void annotate_free(struct annotate *annotate)
{
	free(annotate);
}

struct replay_listener annotate_listener(struct annotate *annotate)
{
	return (struct replay_listener){
		.context = annotate,
		.frame = on_frame,
		.attempt = on_attempt,
		.decision = on_decision,
		.ban_ended = on_ban_ended,
	};
}
