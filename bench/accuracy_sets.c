/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/accuracy_sets.h"

#include <stdio.h>
#include <string.h>

#include "user/read/tls_cipher.h"

enum kind {
	KIND_USUAL,
	KIND_QUIET, /* nobody logs in */
	KIND_ODD,
	KIND_PADDED,
};

static const struct {
	const char *prefix;
	enum kind kind;
} kinds[] = {
	{"noattempt", KIND_QUIET},    {"server_padding", KIND_PADDED},
	{"client_padding", KIND_ODD}, {"fragmented", KIND_ODD},
	{"pipelined", KIND_ODD},      {"long_tag", KIND_ODD},
	{"abort", KIND_ODD},          {"multi", KIND_ODD},
};

static enum kind kind_of(const struct label_row *row)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strncmp(row->pcap, kinds[i].prefix, strlen(kinds[i].prefix)))
			return kinds[i].kind;
	return KIND_USUAL;
}

static uint16_t version_of(const struct label_row *row)
{
	return row->tls[0] == '1' && row->tls[1] == '.' && row->tls[2] ? (uint16_t)(TLS_1_0 + row->tls[2] - '0') : 0;
}

static bool is_cbc(const struct label_row *row)
{
	const struct tls_overhead overhead = tls_cipher_overhead(version_of(row), row->cipher);

	return overhead.least_bytes != overhead.most_bytes;
}

const char *set_text(enum set set)
{
	static const char *const text[] = {
		[SET_USUAL] = "usual, AEAD",
		[SET_CBC] = "usual, CBC",
		[SET_ODD] = "odd clients",
		[SET_SERVER_PADDING] = "server padding",
		[SET_EVERY] = "every finished handshake",
		[SET_UNFINISHED] = "unfinished handshakes",
	};

	return text[set];
}

bool set_has(enum set set, const struct label_row *row)
{
	const enum kind kind = kind_of(row);
	const bool finished = !strcmp(row->handshake, "done");

	if (row->missing || finished == (set == SET_UNFINISHED))
		return false;
	switch (set) {
	case SET_USUAL:
		return (kind == KIND_USUAL || kind == KIND_QUIET) && !is_cbc(row);
	case SET_CBC:
		return kind == KIND_USUAL && is_cbc(row);
	case SET_ODD:
		return kind == KIND_ODD;
	case SET_SERVER_PADDING:
		return kind == KIND_PADDED;
	default:
		return true;
	}
}

struct score set_score(enum set set, const struct corpus *corpus, const struct answers *answers,
		       bool (*only)(const struct label_row *row, const void *context), const void *context)
{
	struct score score = {0};

	for (size_t i = 0; i < answers->count; i++) {
		const struct label_row *row = &corpus->labels.row[i];

		if (answers->counted[i] && set_has(set, row) && (!only || only(row, context)))
			score_add(&score, row->outcomes, answers->read[i]);
	}
	return score;
}

/* ---- properties ------------------------------------------------------------------------------------------------ */

static void key_service(const struct label_row *row, char *text)
{
	snprintf(text, LABEL_TEXT_BYTES, "%s", row->service);
}

static void key_transport(const struct label_row *row, char *text)
{
	snprintf(text, LABEL_TEXT_BYTES, "%s", row->starttls ? "STARTTLS" : "implicit TLS");
}

static void key_version(const struct label_row *row, char *text)
{
	snprintf(text, LABEL_TEXT_BYTES, "TLS %s", row->tls[0] ? row->tls : "?");
}

/* The length of a record tells that of its plaintext, or hides it in a block. */
static void key_cipher(const struct label_row *row, char *text)
{
	const struct tls_overhead overhead = tls_cipher_overhead(version_of(row), row->cipher);

	if (!overhead.least_bytes)
		snprintf(text, LABEL_TEXT_BYTES, "unknown");
	else if (is_cbc(row))
		snprintf(text, LABEL_TEXT_BYTES, "CBC");
	else
		snprintf(text, LABEL_TEXT_BYTES, "AEAD, adds %u", overhead.least_bytes);
}

static void key_software(const struct label_row *row, char *text)
{
	snprintf(text, LABEL_TEXT_BYTES, "%s", row->software);
}

static void key_tool(const struct label_row *row, char *text)
{
	snprintf(text, LABEL_TEXT_BYTES, "%s", row->tool);
}

static void key_capture(const struct label_row *row, char *text)
{
	snprintf(text, LABEL_TEXT_BYTES, "%s", row->pcap);
}

const struct property properties[] = {
	{"service", key_service}, {"transport", key_transport}, {"TLS", key_version},     {"cipher suite", key_cipher},
	{"server", key_software}, {"tool", key_tool},           {"capture", key_capture},
};
const size_t properties_count = sizeof(properties) / sizeof(properties[0]);
