/* SPDX-License-Identifier: BSD-2-Clause */
/* Usage: flood DIRECTORY   (inside the namespaces that run.sh makes)
 *
 * How many packets a second get a verdict, on one core that makes, carries and judges them. In each scene all
 * contestants stand ready, each on a wire of its own, and take turns for five rounds; a ratio is the median of the
 * ratios within a round, so that what else the machine does then hurts both alike. The verdicts are counted by the
 * contestant itself; what was sent and got none is shown as lost. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/contestant.h"
#include "bench/flood.h"
#include "bench/report.h"
#include "bench/wire.h"

#define ROUNDS 5
#define ROUND_NS 1000000000ULL
#define WARM_NS 600000000ULL
#define CONTESTANTS_MAX 6
#define DROP_ONLY_AT_LEAST 0.35 /* of the drop-only program's packets a second */
#define NFT_METER_AT_LEAST 2.0 /* times those of nftables' dynamic set */
#define FLOOD_IMAP 143
#define EVERYWHERE 0xffffffffu
/* What gatepost ships with. */
#define LIMIT                                                                                                          \
	{                                                                                                              \
		.per_second = 50, .burst = 500                                                                         \
	}

struct act {
	const struct contestant *contestant;
	void *state;
	double mpps[ROUNDS];
	double lost[ROUNDS]; /* share of what was sent */
};

struct play {
	struct scene scene;
	const struct contestant *cast[CONTESTANTS_MAX]; /* drop_only first: the others are measured by it */
	bool has_bars;
};

#define SYNS(family_, mask_) .traffic = {family_, mask_, FLOOD_IMAP, GP_SYN}
#define ROOM(sources_, seconds_) .limit = LIMIT, .table = (sources_), .timeout_s = (seconds_)
#define SYN_CAST &drop_only, &nft_meter, &gatepost_default, &gatepost_every_stage
#define BAN_CAST &drop_only, &nft_set, &gatepost_banned

/* Room for every source or, where there are more, for all that nftables meets in its seconds: a full set would limit
 * nobody, only faster. */
static const struct play plays[] = {
	{{"syn_64k", "SYN flood from 64 k sources", SYNS(AF_INET, 0xffff), ROOM(1 << 16, 60)}, {SYN_CAST}, true},
	{{"syn_1m", "SYN flood from 1 M sources", SYNS(AF_INET, 0xfffff), ROOM(1 << 20, 60)},
	 {SYN_CAST, &gatepost_admitting},
	 true},
	{{"syn_1m_ipv6", "SYN flood from 1 M /64s", SYNS(AF_INET6, 0xfffff), ROOM(1 << 20, 60)}, {SYN_CAST}, true},
	{{"syn_all", "SYN flood from all addresses", SYNS(AF_INET, EVERYWHERE), ROOM(1 << 22, 10)}, {SYN_CAST}, true},
	{{"banned_64k", "SYN flood from 64 k banned sources", SYNS(AF_INET, 0xffff), .bans = 1 << 16},
	 {BAN_CAST},
	 false},
	{{"banned_1m", "SYN flood from 1 M banned sources", SYNS(AF_INET, 0xfffff), .bans = 1 << 20},
	 {BAN_CAST},
	 false},
};

static int round_once(struct generator *generator, struct act *act, unsigned wire, uint64_t for_ns, double *ret_mpps,
		      double *ret_lost)
{
	uint64_t before, after, sent, took_ns;
	int result;

	result = act->contestant->verdicts(act->state, &before);
	if (!result)
		result = generator_send(generator, wire, for_ns, &sent, &took_ns);
	if (!result)
		result = act->contestant->verdicts(act->state, &after);
	if (result)
		return result;
	*ret_mpps = (after - before) * 1e3 / took_ns;
	*ret_lost = sent > after - before ? (double)(sent - (after - before)) / sent : 0;
	return 0;
}

/* Tables fill before anything is measured: long enough to see every source about twice at a slow million packets a
 * second, where they can be seen at all. */
static uint64_t warm_ns(const struct scene *scene)
{
	uint64_t sources = scene->traffic.source_mask == EVERYWHERE ? 0 : scene->traffic.source_mask + 1ULL;

	return WARM_NS + sources * 2000;
}

static int rounds(struct generator *generator, const struct scene *scene, struct act *act, unsigned acts)
{
	double unused;
	int result = 0;

	for (unsigned i = 0; i < acts && !result; i++)
		result = round_once(generator, &act[i], i, i ? warm_ns(scene) : ROUND_NS / 4, &unused, &unused);
	for (unsigned round = 0; round < ROUNDS && !result; round++)
		for (unsigned i = 0; i < acts && !result; i++)
			result = round_once(generator, &act[i], i, ROUND_NS, &act[i].mpps[round], &act[i].lost[round]);
	return result;
}

static double ratio(const struct act *act, const struct act *to)
{
	double of_round[ROUNDS];

	for (unsigned round = 0; round < ROUNDS; round++)
		of_round[round] = to->mpps[round] > 0 ? act->mpps[round] / to->mpps[round] : 0;
	return median(of_round, ROUNDS);
}

static const struct act *act_of(const struct act *act, unsigned acts, const struct contestant *contestant)
{
	for (unsigned i = 0; i < acts; i++)
		if (act[i].contestant == contestant)
			return &act[i];
	return NULL;
}

static void tell(struct report *report, const struct scene *scene, struct act *act, unsigned acts)
{
	const struct act *nft = act_of(act, acts, &nft_meter);

	report_line(report, "\n### %s: %s\n", scene->name, scene->words);
	report_line(report, "| %-22s | %6s | %5s | %12s | %12s | %6s | %s |", "contestant", "Mpps", "ns",
		    "of drop_only", "of nft_meter", "lost %", "what became of them");
	report_line(report, "|%s|-------:|------:|-------------:|-------------:|-------:|---|",
		    "------------------------");
	for (unsigned i = 0; i < acts; i++) {
		double of_drop = ratio(&act[i], &act[0]), of_nft = nft ? ratio(&act[i], nft) : 0;
		double mpps[ROUNDS], lost[ROUNDS];
		char name[64], became[160], beside_nft[16] = "";

		memcpy(mpps, act[i].mpps, sizeof(mpps));
		memcpy(lost, act[i].lost, sizeof(lost));
		if (nft)
			snprintf(beside_nft, sizeof(beside_nft), "%.2f", of_nft);
		act[i].contestant->describe(act[i].state, became, sizeof(became));
		report_line(report, "| %-22s | %6.2f | %5.0f | %12.2f | %12s | %6.2f | %s |", act[i].contestant->name,
			    median(mpps, ROUNDS), 1e3 / median(mpps, ROUNDS), of_drop, beside_nft,
			    100 * median(lost, ROUNDS), became);
		snprintf(name, sizeof(name), "%s_%s", scene->name, act[i].contestant->name);
		report_case(report, json_pack("{s:s, s:f, s:f, s:o*}", "name", name, "mpps", median(mpps, ROUNDS),
					      "ratio_to_drop_only", of_drop, "ratio_to_nft_meter",
					      nft ? json_real(of_nft) : NULL));
	}
}

struct bars {
	struct {
		char name[64];
		double value, bound;
	} bar[32];
	unsigned count;
};

static void bar_note(struct bars *bars, const struct scene *scene, const char *whose, const char *beside, double value,
		     double bound)
{
	if (bars->count == sizeof(bars->bar) / sizeof(*bars->bar))
		return;
	snprintf(bars->bar[bars->count].name, sizeof(bars->bar[0].name), "%s_%s_vs_%s", scene->name, whose, beside);
	bars->bar[bars->count].bound = bound;
	bars->bar[bars->count++].value = value;
}

static void bars_of(struct bars *bars, const struct scene *scene, const struct act *act, unsigned acts)
{
	const struct contestant *const held[] = {&gatepost_default, &gatepost_every_stage};
	const struct act *nft = act_of(act, acts, &nft_meter), *ours;

	for (size_t i = 0; i < sizeof(held) / sizeof(*held); i++) {
		ours = act_of(act, acts, held[i]);
		if (!ours || !nft)
			continue;
		bar_note(bars, scene, held[i]->name, "drop_only", ratio(ours, &act[0]), DROP_ONLY_AT_LEAST);
		bar_note(bars, scene, held[i]->name, "nft_meter", ratio(ours, nft), NFT_METER_AT_LEAST);
	}
}

static int play_one(const struct play *play, struct report *report, struct bars *bars)
{
	struct act act[CONTESTANTS_MAX] = {0};
	struct generator *generator;
	unsigned acts = 0;
	int result = generator_new(&generator, &play->scene.traffic);

	if (result)
		return result;
	for (; acts < CONTESTANTS_MAX && play->cast[acts] && !result; acts++) {
		act[acts].contestant = play->cast[acts];
		result = play->cast[acts]->start(&play->scene, acts, &act[acts].state);
		if (result) {
			fprintf(stderr, "bench: %s cannot start: %s\n", play->cast[acts]->name, strerror(-result));
			break;
		}
	}
	if (!result)
		result = rounds(generator, &play->scene, act, acts);
	if (!result) {
		tell(report, &play->scene, act, acts);
		if (play->has_bars)
			bars_of(bars, &play->scene, act, acts);
	}
	while (acts--)
		act[acts].contestant->stop(act[acts].state);
	generator_free(generator);
	return result;
}

static int play_all(struct report *report, const char *only)
{
	struct bars bars = {0};
	int result = 0;

	for (size_t i = 0; i < sizeof(plays) / sizeof(*plays) && !result; i++)
		if (!only || !strcmp(only, plays[i].scene.name))
			result = play_one(&plays[i], report, &bars);
	if (bars.count)
		report_line(report, "\n### bars\n");
	for (unsigned i = 0; i < bars.count; i++)
		report_bar(report, bars.bar[i].name, bars.bar[i].value, true, bars.bar[i].bound);
	return result;
}

int main(int argc, char **argv)
{
	struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};
	struct report *report;
	int result, closed;

	if (argc < 2 || argc > 3) {
		fprintf(stderr, "usage: flood DIRECTORY [SCENE]\n");
		return 2;
	}
	setrlimit(RLIMIT_MEMLOCK, &all);
	result = wire_pin_cpu(sysconf(_SC_NPROCESSORS_ONLN) - 1);
	if (!result)
		result = report_new(&report, argv[1], "flood");
	if (result) {
		fprintf(stderr, "bench: %s\n", strerror(-result));
		return 1;
	}
	result = play_all(report, argc > 2 ? argv[2] : NULL);
	if (result)
		fprintf(stderr, "bench: %s\n", strerror(-result));
	closed = report_close(report);
	return result || closed ? 1 : 0;
}
