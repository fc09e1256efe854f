/* SPDX-License-Identifier: BSD-2-Clause */
/* What a researcher hands over. Labels are refused in words, or every connection in them is found again and every
 * source is somebody; an expression for --sweep is refused in words, or says something that can be counted. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "user/research/sweep.h"
#include "user/research/truth.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void every_row_is_found(const struct truth *truth)
{
	for (uint32_t i = 0; i < truth->rows; i++) {
		const struct label_row *row = truth_at(truth, truth->by_ends[i]);
		const struct ends ends = {.client = row->client,
					  .server = row->server,
					  .client_port = row->client_port,
					  .server_port = row->server_port};
		const uint32_t found = truth_row(truth, &ends, row->time_ns);
		const uint32_t source = truth_source(truth, addr_source(&row->client));

		if (found == TRUTH_NONE || truth_at(truth, found)->client_port != row->client_port)
			abort();
		if (source == TRUTH_NONE || truth->source[source].group >= truth->groups)
			abort();
		if (truth_is_attack(truth, row) && !truth->source[source].attack)
			abort();
	}
}

static void labels_are_read(const uint8_t *bytes, size_t length)
{
	char *captures[] = {(char[]){"attack.pcap"}, NULL};
	FILE *stream = fmemopen((void *)(uintptr_t)bytes, length, "r");
	struct fault fault = {.text = ""};
	struct labels labels;
	struct truth *truth;

	if (!stream)
		abort();
	if (labels_read(&labels, stream, "fuzz", &fault)) {
		if (!fault.text[0])
			abort();
	} else {
		truth_select(&labels, captures);
		if (truth_new(&truth, &labels))
			abort();
		every_row_is_found(truth);
		truth_free(truth);
		labels_free(&labels);
	}
	fclose(stream);
}

static void an_expression_is_read(const uint8_t *bytes, size_t length)
{
	struct fault fault = {.text = ""};
	struct sweep sweep;
	char *text = malloc(length + 1), value[64];

	memcpy(text, bytes, length);
	text[length] = '\0';
	if (!sweep_parse(text, &sweep, &fault)) {
		if (!sweep_points(&sweep) || sweep_points(&sweep) > SWEEP_POINTS_MAX || !sweep.rule[0])
			abort();
		sweep_value_text(&sweep, sweep.from + (sweep_points(&sweep) - 1) * sweep.step, value, sizeof(value));
		if (sweep.from + (sweep_points(&sweep) - 1) * sweep.step > sweep.to)
			abort();
	} else if (!fault.text[0]) {
		abort();
	}
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	if (!length)
		return 0;
	if (length < 300)
		an_expression_is_read(bytes, length);
	labels_are_read(bytes, length);
	return 0;
}
