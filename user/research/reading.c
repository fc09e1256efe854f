/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/research/reading.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What was read of all rows, one row's letters after the other's. */
struct letters {
	size_t *from; /* by row, and the end */
	char *letter;
	uint8_t *basis;
	size_t longest;
};

struct comparing {
	struct score *bases; /* of a service and a transport */
	const uint8_t *basis; /* of each letter */
	enum basis fallback;
};

const char *reading_service_text(int service)
{
	static const char *const text[READING_SERVICES] = {"imap", "pop3", "smtp", "?"};

	return text[service];
}

static int service_of(const struct label_row *row)
{
	if (!strncmp(row->service, "imap", 4))
		return 0;
	if (!strncmp(row->service, "pop3", 4))
		return 1;
	return !strcmp(row->service, "smtp") || !strncmp(row->service, "submission", 10) ? 2 : 3;
}

/* As the labels have it; the ports are those that RFC 8314 names. */
static enum transport transport_of(const struct label_row *row, const struct record_row *seen)
{
	if (row->starttls)
		return TRANSPORT_STARTTLS;
	if (row->tls[0] || row->server_port == 993 || row->server_port == 995 || row->server_port == 465)
		return TRANSPORT_TLS;
	return seen->seen ? (enum transport)seen->transport : TRANSPORT_PLAIN;
}

/* ---- letters ---------------------------------------------------------------------------------------------------- */

static void letters_free(struct letters *letters)
{
	free(letters->from);
	free(letters->letter);
	free(letters->basis);
}

static void letters_fill(struct letters *letters, const struct record *record, size_t *next)
{
	for (size_t i = 0; i < record_count(record); i++) {
		const struct record_entry *entry = record_at(record, i);

		if (entry->what != HEARD_ATTEMPT || entry->row == TRUTH_NONE)
			continue;
		letters->letter[next[entry->row]] = outcome_letter((enum outcome)entry->outcome);
		letters->basis[next[entry->row]++] = entry->basis;
	}
}

static int letters_of(struct letters *letters, const struct record *record)
{
	const size_t rows = record_truth(record)->labels->count;
	size_t *next = calloc(rows + 1, sizeof(*next)), sum = 0;

	letters->from = calloc(rows + 1, sizeof(*letters->from));
	for (size_t row = 0; letters->from && next && row < rows; row++) {
		const uint32_t read = record_row(record, (uint32_t)row)->read;

		letters->from[row] = next[row] = sum;
		letters->longest = read > letters->longest ? read : letters->longest;
		sum += read;
	}
	letters->letter = malloc(sum + 1);
	letters->basis = malloc(sum + 1);
	if (letters->from && next && letters->letter && letters->basis)
		letters_fill(letters, record, next);
	free(next);
	return letters->from && letters->letter && letters->basis ? 0 : -ENOMEM;
}

/* ---- rows ------------------------------------------------------------------------------------------------------- */

static void count_pair(void *context, enum score_kind truth, enum score_kind read, size_t at)
{
	const struct comparing *comparing = context;
	const enum basis basis = at == SIZE_MAX ? comparing->fallback : (enum basis)comparing->basis[at];

	comparing->bases[basis].attempts[truth][read]++;
}

static void compare_row(struct reading *reading, const struct label_row *label, const struct record_row *seen,
			const char *letters, const uint8_t *basis)
{
	const enum transport transport = transport_of(label, seen);
	struct comparing comparing = {
		.bases = reading->score[service_of(label)][transport],
		.basis = basis,
		.fallback = transport == TRANSPORT_PLAIN ? BASIS_REPLY : BASIS_SHAPE,
	};
	struct score *score;

	if (*letters)
		comparing.fallback = (enum basis) * basis;
	score = &comparing.bases[comparing.fallback];
	score->connections++;
	score->marks[score_compare(label->outcomes, letters, count_pair, &comparing)]++;
}

static void compare_rows(struct reading *reading, const struct record *record, const struct letters *all, char *letters)
{
	const struct truth *truth = record_truth(record);

	for (uint32_t i = 0; i < truth->rows; i++) {
		const uint32_t row = truth->by_time[i];
		const struct record_row *seen = record_row(record, row);
		const struct label_row *label = truth_at(truth, row);

		reading->labelled++;
		reading->seen += seen->seen;
		if (!seen->seen)
			reading->unseen_attempts += truth_attempts(label);
		memcpy(letters, all->letter + all->from[row], seen->read);
		letters[seen->read] = '\0';
		compare_row(reading, label, seen, letters, all->basis + all->from[row]);
	}
}

int reading_of(struct reading *ret_reading, const struct record *record)
{
	struct reading reading = {0};
	struct letters all = {0};
	int error = letters_of(&all, record);
	char *letters = malloc(all.longest + 1);

	if (!letters)
		error = -ENOMEM;
	if (!error) {
		compare_rows(&reading, record, &all, letters);
		*ret_reading = reading;
	}
	free(letters);
	letters_free(&all);
	return error;
}

struct score reading_sum(const struct reading *reading)
{
	struct score sum = {0};

	for (int service = 0; service < READING_SERVICES; service++)
		for (int transport = 0; transport < READING_TRANSPORTS; transport++)
			for (int basis = 0; basis < READING_BASES; basis++)
				score_merge(&sum, &reading->score[service][transport][basis]);
	return sum;
}
