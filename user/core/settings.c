/* SPDX-License-Identifier: BSD-2-Clause */
/* From what an operator writes to what the kernel half reads: rates become intervals, spans become seconds. Rounding
 * is to the nearest microsecond; the limits that make it fit are checked where the configuration is read. */
#include "user/core/settings.h"

#include <stdio.h>
#include <string.h>

#include "user/ban/ban.h"
#include "user/core/duration.h"
#include "user/fleet/replica.h"
#include "user/shape/servers.h"

/* RFC 6298, 2.1 and 5.7: the first retransmission of a SYN comes after 1 s, the later ones 2 and 4 s after that. A
 * little less than the first, for coarse timers; what has waited for the second goes first; a little more than the
 * third. */
#define RETRY_MIN_NS (900 * NS_PER_MS)
#define RETRY_LATE_NS (2500 * NS_PER_MS)
#define RETRY_MAX_NS (8000 * NS_PER_MS)

#define NS_PER_MS 1000000ULL

/* To the nearest tick; a rate of a million a second is a tick, and 0 would mean no limit at all. */
struct gp_rate rate_to_kernel(const struct rate_settings *rate)
{
	const uint64_t tick_ns = 1ULL << GP_TICK_SHIFT;
	struct gp_rate kernel = {0};
	uint64_t interval, burst;

	if (!rate->per_second_milli)
		return kernel;
	interval = (1000 * NS_PER_S / rate->per_second_milli + tick_ns / 2) / tick_ns;
	if (!interval)
		interval = 1;
	burst = rate->burst ? (rate->burst - 1) * interval : 0;
	kernel.interval_ticks = interval < UINT32_MAX ? (__u32)interval : UINT32_MAX;
	kernel.burst_ticks = burst < UINT32_MAX ? (__u32)burst : UINT32_MAX;
	return kernel;
}

void settings_to_kernel(const struct settings *settings, struct gp_settings *ret_kernel)
{
	ret_kernel->flags = (settings->enforce ? 0 : GP_OBSERVE) | (settings->one_way ? GP_ONE_WAY : 0) |
			    (settings->drop_fragments ? GP_DROP_FRAGMENTS : 0);
	ret_kernel->source = rate_to_kernel(&settings->source);
	ret_kernel->judged = rate_to_kernel(&settings->judged);
	ret_kernel->judged_prefix = rate_to_kernel(&settings->judged_prefix);
	ret_kernel->retry = rate_to_kernel(&settings->retry);
	ret_kernel->prefix = rate_to_kernel(&settings->prefix);
	ret_kernel->service = rate_to_kernel(&settings->service);
	ret_kernel->samples = rate_to_kernel(&settings->samples);
	ret_kernel->prefix_v4_bits = settings->prefix_v4_bits;
	ret_kernel->prefix_v6_bits = settings->prefix_v6_bits;
	ret_kernel->zero = 0;
	ret_kernel->zero_too = 0;
	ret_kernel->proven_ticks = GP_TICKS(settings->proven_for_ns);
	ret_kernel->flow_idle_beats = (__u32)GP_BEATS(settings->flow_idle_ns) + 1; /* not too early */
	ret_kernel->flooded_ticks = GP_TICKS(settings->flooded_for_ns);
	ret_kernel->retry_min_pulses = GP_PULSES(RETRY_MIN_NS) + 1;
	ret_kernel->retry_late_pulses = GP_PULSES(RETRY_LATE_NS);
	ret_kernel->retry_max_pulses = GP_PULSES(RETRY_MAX_NS);
}

const char *settings_profiles_dir(const struct settings *settings, char buffer[SETTINGS_PROFILES_BYTES])
{
	const bool beside = settings->profiles_dir[0] && settings->profiles_dir[0] != '/';

	snprintf(buffer, SETTINGS_PROFILES_BYTES, "%s%s%s", beside ? settings->state_dir : "", beside ? "/" : "",
		 settings->profiles_dir);
	return buffer;
}

/* A flow in the user half while its login is read: its record, nDPI's state, two streams in use. Measured: 1.7 KB
 * before the greeting, 3.8 KB after it, a quarter of that once it has been seen enough of. */
#define FLOW_BYTES 4096

/* What the kernel half takes (32 bytes a ban, 13 a source and 2 for its prefix, 52 a connection, 4 a SYN, the
 * filter and the short list with their counts), and the user half: a ban is a record and its place in two heaps. */
uint64_t settings_memory_bytes(const struct settings *settings)
{
	const uint64_t ban_bytes = 32 + sizeof(struct ban) + 96;
	const uint64_t filter_bytes = (GP_FILTER_WORDS + GP_REGION_WORDS) * sizeof(__u64) + (1u << GP_FILTER_BITS);
	const uint64_t short_bytes = GP_SHORT_BUCKETS * (sizeof(struct gp_short_bucket) + 2 * sizeof(uint32_t));

	return settings->sources_max * 15ULL + settings->syns_max * 4ULL + settings->bans_max * ban_bytes +
	       filter_bytes + short_bytes + settings->flows_max * (52ULL + FLOW_BYTES) +
	       servers_bytes(settings->servers_max) + judge_memory_bytes(&settings->judge, &settings->rules) +
	       (settings->fleet.share ? replica_bytes(settings->fleet.entries_max) : 0);
}
