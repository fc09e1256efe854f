/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/research/truth.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define GRANTED_NS 1000000 /* labels and captures may be of two clocks of one machine */

/* ---- which captures --------------------------------------------------------------------------------------------- */

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool is_looked_at(const char *pcap, char *const *captures)
{
	if (!*pcap)
		return true;
	for (; *captures; captures++)
		if (!strcmp(*captures, "-") || !strcmp(base_name(*captures), base_name(pcap)))
			return true;
	return false;
}

size_t truth_select(struct labels *labels, char *const *captures)
{
	size_t selected = 0;

	for (size_t i = 0; i < labels->count; i++) {
		struct label_row *row = &labels->row[i];

		row->missing =
			row->capture == i ? !is_looked_at(row->pcap, captures) : labels->row[row->capture].missing;
		selected += !row->missing;
	}
	return selected;
}

/* ---- in order --------------------------------------------------------------------------------------------------- */

static int compare_numbers(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int compare_ends(const struct label_row *row, const struct ends *ends)
{
	int order = memcmp(&row->client, &ends->client, sizeof(row->client));

	if (!order)
		order = memcmp(&row->server, &ends->server, sizeof(row->server));
	if (!order)
		order = compare_numbers(row->client_port, ends->client_port);
	return order ? order : compare_numbers(row->server_port, ends->server_port);
}

static int compare_rows_time(const void *a, const void *b, void *rows)
{
	const uint32_t one = *(const uint32_t *)a, two = *(const uint32_t *)b;
	const struct label_row *row = rows;
	const int order = compare_numbers(row[one].time_ns, row[two].time_ns);

	return order ? order : compare_numbers(one, two);
}

static int compare_rows_ends(const void *a, const void *b, void *rows)
{
	const struct label_row *one = (const struct label_row *)rows + *(const uint32_t *)a;
	const struct label_row *two = (const struct label_row *)rows + *(const uint32_t *)b;
	const struct ends ends = {.client = two->client,
				  .server = two->server,
				  .client_port = two->client_port,
				  .server_port = two->server_port};
	const int order = compare_ends(one, &ends);

	return order ? order : compare_rows_time(a, b, rows);
}

static int compare_sources(const void *a, const void *b)
{
	const struct truth_source *one = a, *two = b;
	const int order = compare_numbers(one->source, two->source);

	return order ? order : compare_numbers(one->group, two->group); /* the first row, by then */
}

static int order_rows(struct truth *truth)
{
	const struct labels *labels = truth->labels;

	truth->by_ends = calloc(labels->count + 1, sizeof(*truth->by_ends));
	truth->by_time = calloc(labels->count + 1, sizeof(*truth->by_time));
	if (!truth->by_ends || !truth->by_time)
		return -ENOMEM;
	for (uint32_t i = 0; i < labels->count; i++)
		if (!labels->row[i].missing)
			truth->by_ends[truth->rows] = truth->by_time[truth->rows] = i, truth->rows++;
	qsort_r(truth->by_ends, truth->rows, sizeof(uint32_t), compare_rows_ends, labels->row);
	qsort_r(truth->by_time, truth->rows, sizeof(uint32_t), compare_rows_time, labels->row);
	return 0;
}

/* ---- sources ---------------------------------------------------------------------------------------------------- */

bool truth_is_attack(const struct truth *truth, const struct label_row *row)
{
	if (truth->labels->has_attack)
		return row->attack;
	return !strncmp(row->pcap, "attack", strlen("attack"));
}

const char *truth_how(const struct truth *truth)
{
	return truth->labels->has_attack ? "column attack" : "captures called attack*";
}

static const char *family_of(const struct truth *truth, const struct label_row *row)
{
	return truth->labels->has_family ? row->family : row->pcap;
}

/* Texts are kept once: the same family is the same pointer. */
static int group_of(struct truth *truth, const struct label_row *row, uint32_t *ret_group)
{
	const bool attack = truth_is_attack(truth, row);
	const char *family = family_of(truth, row);
	struct truth_group *groups;
	uint32_t i = 0;

	while (i < truth->groups && (truth->group[i].attack != attack || truth->group[i].family != family))
		i++;
	if (i == truth->groups) {
		groups = reallocarray(truth->group, i + 1, sizeof(*groups));
		if (!groups)
			return -ENOMEM;
		groups[i] = (struct truth_group){.attack = attack, .family = family};
		truth->group = groups;
		truth->groups++;
	}
	*ret_group = i;
	return 0;
}

/* `group` is the row that decides the group, until all is joined: the first one, and of an attack if there is any. */
static void join_sources(struct truth *truth)
{
	uint32_t last = 0;

	for (uint32_t i = 1; i < truth->rows; i++) {
		struct truth_source *into = &truth->source[last], *from = &truth->source[i];

		if (into->source != from->source) {
			truth->source[++last] = *from;
			continue;
		}
		if (from->attack && !into->attack)
			into->group = from->group;
		into->mixed |= from->attack != into->attack;
		into->attack |= from->attack;
	}
	truth->sources = truth->rows ? last + 1 : 0;
}

static int find_sources(struct truth *truth)
{
	int error = 0;

	truth->source = calloc(truth->rows + 1ul, sizeof(*truth->source));
	if (!truth->source)
		return -ENOMEM;
	for (uint32_t i = 0; i < truth->rows; i++) {
		const struct label_row *row = truth_at(truth, truth->by_time[i]);

		truth->source[i] = (struct truth_source){
			.source = addr_source(&row->client), .group = i, .attack = truth_is_attack(truth, row)};
	}
	qsort(truth->source, truth->rows, sizeof(*truth->source), compare_sources);
	join_sources(truth);
	for (uint32_t i = 0; !error && i < truth->sources; i++) {
		struct truth_source *source = &truth->source[i];

		error = group_of(truth, truth_at(truth, truth->by_time[source->group]), &source->group);
		if (!error)
			truth->group[source->group].sources++;
	}
	return error;
}

/* ---- asking ----------------------------------------------------------------------------------------------------- */

const struct label_row *truth_at(const struct truth *truth, uint32_t row)
{
	return &truth->labels->row[row];
}

uint32_t truth_row(const struct truth *truth, const struct ends *ends, uint64_t wall_ns)
{
	uint32_t low = 0, high = truth->rows;
	const struct label_row *row;

	while (low < high) { /* the first one that is later, or of higher ends */
		const uint32_t middle = low + (high - low) / 2;
		int order;

		row = truth_at(truth, truth->by_ends[middle]);
		order = compare_ends(row, ends);
		if (order < 0 || (!order && row->time_ns <= wall_ns + GRANTED_NS))
			low = middle + 1;
		else
			high = middle;
	}
	if (!low || compare_ends(truth_at(truth, truth->by_ends[low - 1]), ends))
		return TRUTH_NONE;
	return truth->by_ends[low - 1];
}

uint32_t truth_source_from(const struct truth *truth, uint64_t source)
{
	uint32_t low = 0, high = truth->sources;

	while (low < high) {
		const uint32_t middle = low + (high - low) / 2;

		if (truth->source[middle].source < source)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

uint32_t truth_source(const struct truth *truth, uint64_t source)
{
	const uint32_t at = truth_source_from(truth, source);

	return at < truth->sources && truth->source[at].source == source ? at : TRUTH_NONE;
}

uint32_t truth_attempts(const struct label_row *row)
{
	uint32_t attempts = 0;

	for (const char *letter = row->outcomes; *letter; letter++)
		attempts += *letter != 'A';
	return attempts;
}

int truth_new(struct truth **ret_truth, const struct labels *labels)
{
	struct truth *truth = calloc(1, sizeof(*truth));
	int error;

	if (!truth)
		return -ENOMEM;
	truth->labels = labels;
	error = labels->count < TRUTH_NONE ? order_rows(truth) : -ENOMEM;
	if (!error)
		error = find_sources(truth);
	if (error)
		truth_free(truth);
	else
		*ret_truth = truth;
	return error;
}

void truth_free(struct truth *truth)
{
	if (!truth)
		return;
	free(truth->by_ends);
	free(truth->by_time);
	free(truth->source);
	free(truth->group);
	free(truth);
}
