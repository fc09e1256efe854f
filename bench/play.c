/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/play.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/flood.h"
#include "bench/wire.h"

#define ROUNDS 5
#define BURST_NS 500000000ULL
#define TIMED_NS 200000000ULL
#define WARM_NS 300000000ULL
#define CPUS_MAX 2

struct act {
	const struct contestant *contestant;
	void *state;
	double mpps[ROUNDS];
	double lost[ROUNDS]; /* share of what was sent */
	double ns[ROUNDS]; /* of the program; 0: there is none */
};

struct stage {
	const struct scene *scene;
	struct generator *generator[CPUS_MAX];
	unsigned cpus;
	struct act act[PLAY_CAST_MAX];
	unsigned acts;
};

/* ---- one burst, of one CPU or of two at once -------------------------------------------------------------------- */
struct burst {
	struct generator *generator;
	unsigned cpu, wire;
	bool with_checksum;
	uint64_t for_ns, sent, took_ns;
	int result;
};

static void *burst_run(void *context)
{
	struct burst *burst = context;

	burst->result = wire_pin_cpu(burst->cpu);
	if (!burst->result)
		burst->result = generator_send(burst->generator, burst->wire, burst->with_checksum, burst->for_ns,
					       &burst->sent, &burst->took_ns);
	return NULL;
}

static int burst(const struct stage *stage, unsigned act, uint64_t for_ns, uint64_t *ret_sent, uint64_t *ret_took_ns)
{
	struct burst bursts[CPUS_MAX];
	pthread_t thread[CPUS_MAX];
	int result = 0;

	*ret_sent = *ret_took_ns = 0;
	for (unsigned cpu = 0; cpu < stage->cpus; cpu++)
		bursts[cpu] = (struct burst){.generator = stage->generator[cpu],
					     .cpu = cpu,
					     .wire = act + cpu * FLOOD_SECOND,
					     .with_checksum = stage->act[act].contestant->reads_checksums,
					     .for_ns = for_ns};
	if (stage->cpus == 2)
		result = -pthread_create(&thread[1], NULL, burst_run, &bursts[1]);
	if (result)
		return result;
	burst_run(&bursts[0]);
	if (stage->cpus == 2)
		pthread_join(thread[1], NULL);
	for (unsigned cpu = 0; cpu < stage->cpus; cpu++) {
		result = result ? result : bursts[cpu].result;
		*ret_sent += bursts[cpu].sent;
		*ret_took_ns += bursts[cpu].took_ns / stage->cpus;
	}
	return result;
}

/* ---- a turn ----------------------------------------------------------------------------------------------------- */
static int turn_counted(const struct stage *stage, unsigned which, uint64_t for_ns, double *ret_mpps, double *ret_lost)
{
	const struct act *act = &stage->act[which];
	uint64_t before = 0, after = 0, sent, took_ns;
	int result = act->contestant->verdicts ? act->contestant->verdicts(act->state, &before) : 0;

	if (!result)
		result = burst(stage, which, for_ns, &sent, &took_ns);
	if (result)
		return result;
	after = before + sent;
	if (act->contestant->verdicts)
		result = act->contestant->verdicts(act->state, &after);
	*ret_mpps = (double)(after - before) * 1e3 / (double)took_ns;
	*ret_lost = sent > after - before ? (double)(sent - (after - before)) / (double)sent : 0;
	return result;
}

/* The kernel times each run between two readings of its clock, which are in the figure (kernel: bpf_prog_run). */
static int turn_timed(const struct stage *stage, unsigned which, double *ret_ns)
{
	uint64_t runs = 0, ns = 0, runs_before, ns_before, sent, took_ns;
	int statistics, result;

	*ret_ns = 0;
	if (contestant_cost(which, &runs_before, &ns_before))
		return 0; /* none to be timed */
	statistics = bpf_enable_stats(BPF_STATS_RUN_TIME);
	if (statistics < 0)
		return -errno;
	result = burst(stage, which, TIMED_NS, &sent, &took_ns);
	close(statistics);
	if (!result)
		result = contestant_cost(which, &runs, &ns);
	if (!result && runs > runs_before)
		*ret_ns = (double)(ns - ns_before) / (double)(runs - runs_before);
	return result;
}

/* Tables fill before anything is measured: long enough to see every source about twice at a slow million packets a
 * second, where they can be seen at all. */
static uint64_t warm_ns(const struct scene *scene)
{
	uint64_t sources = scene->traffic.source_mask == UINT32_MAX ? 0 : scene->traffic.source_mask + 1ULL;

	return WARM_NS + sources * 2000;
}

static int rounds(struct stage *stage)
{
	struct act *act = stage->act;
	double unused;
	int result = 0;

	for (unsigned i = 0; i < stage->acts && !result; i++)
		result = turn_counted(stage, i, i ? warm_ns(stage->scene) : BURST_NS / 4, &unused, &unused);
	for (unsigned round = 0; round < ROUNDS && !result; round++)
		for (unsigned i = 0; i < stage->acts && !result; i++) {
			result = turn_counted(stage, i, BURST_NS, &act[i].mpps[round], &act[i].lost[round]);
			if (!result)
				result = turn_timed(stage, i, &act[i].ns[round]);
		}
	return result;
}

/* ---- what is told ----------------------------------------------------------------------------------------------- */
static double median_of(const double *figures)
{
	double sorted[ROUNDS];

	memcpy(sorted, figures, sizeof(sorted));
	return median(sorted, ROUNDS);
}

static double median_ratio(const double *of, const double *to)
{
	double ratio[ROUNDS];

	for (unsigned round = 0; round < ROUNDS; round++)
		ratio[round] = to[round] > 0 ? of[round] / to[round] : 0;
	return median(ratio, ROUNDS);
}

static double median_more(const double *of, const double *than)
{
	double more[ROUNDS];

	for (unsigned round = 0; round < ROUNDS; round++)
		more[round] = of[round] - than[round];
	return median(more, ROUNDS);
}

static const struct act *act_of(const struct stage *stage, const struct contestant *contestant)
{
	for (unsigned i = 0; i < stage->acts; i++)
		if (stage->act[i].contestant == contestant)
			return &stage->act[i];
	return NULL;
}

static const char *cell(char buffer[16], const char *format, double value)
{
	snprintf(buffer, 16, format, value);
	return value > 0 ? buffer : "";
}

static void tell_act(struct report *report, const struct stage *stage, const struct act *act)
{
	const struct act *hash = act_of(stage, &hash_lookup), *nft = act_of(stage, &nft_meter);
	const double of_first = median_ratio(act->mpps, stage->act[0].mpps);
	const double of_hash = hash && act->ns[0] > 0 ? median_ratio(act->ns, hash->ns) : 0;
	const double of_nft = nft ? median_ratio(act->mpps, nft->mpps) : 0;
	char name[64], became[160], ns[16], beside_hash[16], beside_nft[16];

	act->contestant->describe(act->state, became, sizeof(became));
	report_line(report, "| %-21s | %5s | %5s | %5.2f | %5.2f | %5s | %5.2f | %s |", act->contestant->name,
		    cell(ns, "%.0f", median_of(act->ns)), cell(beside_hash, "%.2f", of_hash), median_of(act->mpps),
		    of_first, cell(beside_nft, "%.2f", of_nft), 100 * median_of(act->lost), became);
	snprintf(name, sizeof(name), "%s:%s", stage->scene->name, act->contestant->name);
	report_case(report, json_pack("{s:s, s:f, s:f, s:f, s:f, s:f}", "name", name, "ns", median_of(act->ns),
				      "ratio_to_hash_lookup", of_hash, "mpps", median_of(act->mpps), "ratio_to_first",
				      of_first, "ratio_to_nft_meter", of_nft));
}

static void tell(struct report *report, const struct stage *stage)
{
	report_line(report, "\n### %s: %s\n", stage->scene->name, stage->scene->words);
	report_line(report, "| %-21s | %5s | %5s | %5s | %5s | %5s | %5s | %s |", "contestant", "ns", "/hash", "Mpps",
		    "/1st", "/nft", "lost%", "what became of them");
	report_line(report, "|%s|------:|------:|------:|------:|------:|------:|---|", "-----------------------");
	for (unsigned i = 0; i < stage->acts; i++)
		tell_act(report, stage, &stage->act[i]);
}

static void tell_bar(struct report *report, const struct stage *stage, const struct bar *bar)
{
	const struct act *ours = act_of(stage, bar->whose), *theirs = act_of(stage, bar->beside);
	const bool is_mpps = bar->figure == FIGURE_MPPS;
	const double *of = is_mpps ? ours->mpps : ours->ns, *to = is_mpps ? theirs->mpps : theirs->ns;
	const char *unit = is_mpps ? "mpps" : "ns", *reference = is_mpps ? "reference_mpps" : "reference_ns";
	double value = bar->figure == FIGURE_NS_MORE ? median_more(of, to) : median_ratio(of, to);

	report_bar(report, bar->name, value, is_mpps, bar->bound);
	report_case(report, json_pack("{s:s, s:f, s:f, s:f, s:s}", "name", bar->name, unit, median_of(of), reference,
				      median_of(to), bar->figure == FIGURE_NS_MORE ? "more_ns" : "ratio", value,
				      "reference", bar->beside->name));
}

/* ---- life ------------------------------------------------------------------------------------------------------- */
static int stage_set(struct stage *stage, const struct play *play)
{
	int result = 0;

	stage->scene = &play->scene;
	stage->cpus = play->scene.cpus == 2 ? 2 : 1;
	for (unsigned cpu = 0; cpu < stage->cpus && !result; cpu++)
		result = generator_new(&stage->generator[cpu], &play->scene.traffic);
	for (unsigned i = 0; i < PLAY_CAST_MAX && play->cast[i] && !result; i++) {
		struct act *act = &stage->act[i];

		act->contestant = play->cast[i];
		result = act->contestant->start(act->contestant, stage->scene, i, &act->state);
		if (!result)
			stage->acts++;
		if (!result && act->contestant->rehearse)
			result = act->contestant->rehearse(act->state, stage->generator[0]);
		if (result)
			fprintf(stderr, "bench: %s cannot start: %s\n", act->contestant->name, strerror(-result));
	}
	return result;
}

static void stage_strike(struct stage *stage)
{
	while (stage->acts--)
		stage->act[stage->acts].contestant->stop(stage->act[stage->acts].state);
	for (unsigned cpu = 0; cpu < stage->cpus; cpu++)
		generator_free(stage->generator[cpu]);
}

int play(const struct play *play, struct report *report)
{
	struct stage stage = {0};
	int result = stage_set(&stage, play);

	if (!result)
		result = rounds(&stage);
	if (!result) {
		tell(report, &stage);
		for (unsigned i = 0; i < PLAY_BARS_MAX && play->bar[i].name; i++)
			tell_bar(report, &stage, &play->bar[i]);
	}
	stage_strike(&stage);
	return result;
}
