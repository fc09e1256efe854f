/* SPDX-License-Identifier: BSD-2-Clause */
/* Cheap questions first: whoever floods us with junk shall not make us check signatures. */
#include "user/fleet/admission.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/fleet/replica.h"

struct tally {
	uint64_t count[REFUSAL_MAX];
};

struct admission {
	struct admission_settings settings;
	struct signer signer;
	uint64_t sent; /* our own greatest number */
	struct member {
		uint64_t number; /* greatest in this stream */
		uint64_t arrival_us; /* GCRA: theoretical arrival time, our clock */
	} * member;
	struct tally *tally; /* one for each node, and one for none */
};

const char *refusal_text(enum refusal refusal)
{
	static const char *const text[] = {
#define REFUSAL_WORDS(name, words) words,
		REFUSALS(REFUSAL_WORDS)
#undef REFUSAL_WORDS
	};

	return refusal < REFUSAL_MAX ? text[refusal] : "admitted";
}

bool refusal_may_pass(enum refusal refusal)
{
	return refusal == REFUSED_REPLAYED || refusal == REFUSED_FUTURE || refusal == REFUSED_RATE ||
	       refusal == REFUSED_SHARE || refusal == REFUSED_FULL;
}

int admission_new(struct admission **ret_admission, const struct admission_settings *settings,
		  const struct signer *signer)
{
	struct admission *admission;

	if (!settings->nodes || settings->nodes > REPLICA_NODES_MAX)
		return -EINVAL;
	admission = calloc(1, sizeof(*admission));
	if (!admission)
		return -ENOMEM;
	admission->settings = *settings;
	admission->signer = *signer;
	admission->member = calloc(settings->nodes, sizeof(*admission->member));
	admission->tally = calloc(settings->nodes + 1, sizeof(*admission->tally));
	if (!admission->member || !admission->tally) {
		admission_free(admission);
		return -ENOMEM;
	}
	*ret_admission = admission;
	return 0;
}

void admission_free(struct admission *admission)
{
	if (!admission)
		return;
	free(admission->member);
	free(admission->tally);
	free(admission);
}

/* ---- a batch ---------------------------------------------------------------------------------------------------- */

static int node_find(const struct admission *admission, const char *name)
{
	for (uint32_t i = 0; i < admission->settings.nodes; i++)
		if (!strcmp(admission->settings.node[i].name, name))
			return (int)i;
	return -1;
}

static enum refusal check_number(const struct admission *admission, uint8_t node, uint64_t number)
{
	if (node == REPLICA_SELF)
		return REFUSED_CLONE;
	return number <= admission->member[node].number ? REFUSED_REPLAYED : REFUSED_NOT;
}

enum refusal admission_batch(struct admission *admission, const uint8_t *bytes, size_t length, bool live,
			     struct batch *ret_batch, uint8_t *ret_node)
{
	struct batch_head head;
	enum refusal refusal = REFUSED_NOT;
	int node;

	if (!batch_head(bytes, length, &head))
		return REFUSED_MALFORMED;
	node = node_find(admission, head.node);
	if (node < 0)
		return REFUSED_UNLISTED;
	*ret_node = (uint8_t)node;
	if (live && node == REPLICA_SELF && head.number <= admission->sent) {
		ret_batch->entries = 0; /* our own, come back */
		return REFUSED_NOT;
	}
	if (live)
		refusal = check_number(admission, (uint8_t)node, head.number);
	if (refusal == REFUSED_REPLAYED)
		return refusal;
	if (!admission->signer.check(admission->settings.node[node].key, bytes, head.signed_bytes,
				     bytes + head.signed_bytes))
		return REFUSED_SIGNATURE;
	if (refusal != REFUSED_NOT)
		return refusal;
	if (!batch_decode(&head, ret_batch))
		return REFUSED_MALFORMED;
	if (live)
		admission->member[node].number = head.number;
	return REFUSED_NOT;
}

/* ---- an entry --------------------------------------------------------------------------------------------------- */

/* What the ladder of evidence allows to be shared: a ban needs an outcome, a limit an attempt. */
static bool is_over_evidence(const struct entry *entry)
{
	return entry->evidence < (entry->kind == ENTRY_LIMIT ? GP_E4_ATTEMPT : GP_E5_OUTCOME);
}

/* What was decided while Redis's clock was ahead, and believed then, must be followed by something greater. */
static bool is_in_the_future(const struct entry *entry, uint64_t newest_us, uint64_t now_us)
{
	return entry->revision_us > now_us + ADMISSION_AHEAD_US && entry->revision_us > newest_us + ADMISSION_NEXT_US;
}

enum refusal admission_entry(const struct admission *admission, const struct entry *entry, uint64_t newest_us,
			     uint64_t now_us)
{
	const struct admission_settings *settings = &admission->settings;
	const bool v4 = entry->target.bits >= GP_V4_BITS && source_is_v4(entry->target.source);

	if (prefix_length(&entry->target) < (v4 ? settings->widest_v4_bits : settings->widest_v6_bits))
		return REFUSED_WIDE;
	if (entry->for_us > settings->longest_us)
		return REFUSED_LONG;
	if (is_in_the_future(entry, newest_us, now_us))
		return REFUSED_FUTURE;
	if (is_over_evidence(entry))
		return REFUSED_EVIDENCE;
	/* An unban harms nobody there. */
	if (entry->kind != ENTRY_UNBAN && settings->allows && settings->allows(settings->context, &entry->target))
		return REFUSED_ALLOWED;
	return REFUSED_NOT;
}

enum refusal admission_pace(struct admission *admission, uint8_t node, uint32_t held, uint64_t since_us,
			    uint64_t mono_us)
{
	const struct admission_settings *settings = &admission->settings;
	struct member *member = &admission->member[node];

	if (node == REPLICA_SELF)
		return REFUSED_NOT;
	if (held >= settings->share)
		return REFUSED_SHARE;
	if (!since_us || !settings->entry_every_us)
		return REFUSED_NOT;
	if (member->arrival_us < since_us)
		member->arrival_us = since_us;
	if (member->arrival_us > mono_us + settings->burst_us)
		return REFUSED_RATE;
	member->arrival_us += settings->entry_every_us;
	return REFUSED_NOT;
}

/* ---- counts ----------------------------------------------------------------------------------------------------- */

static struct tally *tally_of(const struct admission *admission, int node)
{
	return &admission->tally[node < 0 ? (int)admission->settings.nodes : node];
}

void admission_refused(struct admission *admission, int node, enum refusal refusal)
{
	tally_of(admission, node)->count[refusal]++;
}

void admission_restart(struct admission *admission)
{
	for (uint32_t i = 0; i < admission->settings.nodes; i++)
		admission->member[i].number = 0;
}

void admission_sent(struct admission *admission, uint64_t number)
{
	admission->sent = number;
}

uint64_t admission_count(const struct admission *admission, int node, enum refusal refusal)
{
	return tally_of(admission, node)->count[refusal];
}

uint64_t admission_total(const struct admission *admission, int node)
{
	uint64_t total = 0;

	for (int i = 0; i < REFUSAL_MAX; i++)
		total += admission_count(admission, node, (enum refusal)i);
	return total;
}
