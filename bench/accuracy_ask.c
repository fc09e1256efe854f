/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/accuracy_ask.h"

#include <stdlib.h>
#include <string.h>

#include "bench/accuracy_known.h"
#include "bench/accuracy_sets.h"

#define TOOL_OUT_ROUNDS 1

const char *question_text(enum question question)
{
	static const char *const text[] = {
		[QUESTION_PROBE] = "one probe",
		[QUESTION_EMPTY_FIRST] = "empty start, first showing",
		[QUESTION_EMPTY] = "empty start, after 200",
		[QUESTION_BUILTIN_FIRST] = "built-in, first showing",
		[QUESTION_BUILTIN] = "built-in, after 200",
		[QUESTION_ONE_WAY] = "one way, one probe",
		[QUESTION_ONE_WAY_FIRST] = "one way, built-in, first showing",
		[QUESTION_SERVER_OUT_FIRST] = "server software left out, first showing",
		[QUESTION_SERVER_OUT] = "server software left out, after 200",
		[QUESTION_TOOL_OUT] = "tool left out",
	};

	return text[question];
}

const char *question_short(enum question question)
{
	static const char *const text[] = {
		[QUESTION_PROBE] = "probe",
		[QUESTION_EMPTY_FIRST] = "empty 1st",
		[QUESTION_EMPTY] = "empty 200+",
		[QUESTION_BUILTIN_FIRST] = "built-in 1st",
		[QUESTION_BUILTIN] = "built-in 200+",
		[QUESTION_ONE_WAY] = "one way",
		[QUESTION_ONE_WAY_FIRST] = "one way 1st",
		[QUESTION_SERVER_OUT_FIRST] = "server out 1st",
		[QUESTION_SERVER_OUT] = "server out 200+",
		[QUESTION_TOOL_OUT] = "tool out",
	};

	return text[question];
}

/* ---- once ------------------------------------------------------------------------------------------------------ */

struct asking {
	const struct corpus *corpus;
	struct answers *first, *later; /* `later`: may be NULL */
	bool (*wanted)(const struct asking *asking, const struct label_row *row); /* NULL: all */
	const char *name; /* of what `wanted` looks for */
	uint32_t *shown; /* connections by row->host */
	bool *met; /* rows that a flow was matched to */
};

static size_t index_of(const struct asking *asking, const struct label_row *row)
{
	return (size_t)(row - asking->corpus->labels.row);
}

static bool is_wanted(void *context, const struct label_row *row)
{
	const struct asking *asking = context;

	return !asking->wanted || (row && asking->wanted(asking, row));
}

static void note_first(void *context, const struct label_row *row, const char *outcomes)
{
	const struct asking *asking = context;

	if (row)
		strcpy(asking->first->read[index_of(asking, row)], outcomes);
}

/* What is asked for is counted, whether a flow is found or not. */
static void count_wanted(struct asking *asking)
{
	for (size_t i = 0; i < asking->corpus->labels.count; i++) {
		const struct label_row *row = &asking->corpus->labels.row[i];

		asking->first->counted[i] |= !row->missing && is_wanted(asking, row);
	}
}

static void ask_once(struct asking *asking, struct servers *servers, bool one_way)
{
	const struct pass pass = {
		.corpus = asking->corpus,
		.servers = servers,
		.one_way = one_way,
		.context = asking,
		.wanted = asking->wanted ? is_wanted : NULL,
		.flow = note_first,
	};

	count_wanted(asking);
	pass_run(&pass);
}

static void ask_probe(const struct corpus *corpus, struct answers *answers)
{
	struct asking asking = {.corpus = corpus, .first = answers};
	struct servers *servers = known_servers(corpus, &(struct known){.builtin = true, .probe = true});

	ask_once(&asking, servers, false);
	servers_free(servers);
}

static void ask_one_way_probe(const struct corpus *corpus, struct answers *answers)
{
	struct asking asking = {.corpus = corpus, .first = answers};
	struct servers *servers = known_servers(corpus, &(struct known){.builtin = true, .probe = true});

	ask_once(&asking, servers, true);
	servers_free(servers);
}

static void ask_one_way_builtin(const struct corpus *corpus, struct answers *answers)
{
	struct asking asking = {.corpus = corpus, .first = answers};
	struct servers *servers = known_servers(corpus, &(struct known){.builtin = true, .learn = true});

	ask_once(&asking, servers, true);
	servers_free(servers);
}

/* ---- learning -------------------------------------------------------------------------------------------------- */

/* Each connection counts once at first sight, and once at its first showing after the 200th of its server. */
static void note_learning(void *context, const struct label_row *row, const char *outcomes)
{
	struct asking *asking = context;
	const size_t i = row ? index_of(asking, row) : 0;

	if (!row)
		return;
	if (!asking->met[i])
		strcpy(asking->first->read[i], outcomes);
	asking->met[i] = true;
	if (++asking->shown[row->host] <= LEARNED_CONNECTIONS || asking->later->counted[i])
		return;
	strcpy(asking->later->read[i], outcomes);
	asking->later->counted[i] = true;
}

static bool is_learned(const struct asking *asking)
{
	for (size_t i = 0; i < asking->corpus->labels.count; i++) {
		const struct label_row *row = &asking->corpus->labels.row[i];

		if (set_has(SET_USUAL, row) && asking->first->counted[i] && asking->met[i] &&
		    !asking->later->counted[i])
			return false;
	}
	return true;
}

/* The captures are shown again and again, as new connections; what was learned stays. */
static void ask_learning(struct asking *asking, struct servers *servers)
{
	const struct labels *labels = &asking->corpus->labels;
	const size_t count = labels->count;
	const struct pass pass = {
		.corpus = asking->corpus,
		.servers = servers,
		.context = asking,
		.wanted = asking->wanted ? is_wanted : NULL,
		.flow = note_learning,
	};

	asking->shown = calloc(count, sizeof(*asking->shown));
	asking->met = calloc(count, sizeof(*asking->met));
	if (!asking->shown || !asking->met)
		die("out of memory");
	count_wanted(asking);
	for (int round = 0; round < LEARNING_ROUNDS_MAX && (!round || !is_learned(asking)); round++)
		pass_run(&pass);
	/* No flow was ever found for it: that is an answer, too. */
	for (size_t i = 0; i < count; i++)
		asking->later->counted[i] |=
			!asking->met[i] && !labels->row[i].missing && is_wanted(asking, &labels->row[i]);
	free(asking->shown);
	free(asking->met);
}

static void ask_empty(const struct corpus *corpus, struct answers *answers)
{
	struct asking asking = {.corpus = corpus, .first = answers, .later = answers + 1};
	struct servers *servers = known_servers(corpus, &(struct known){.learn = true});

	ask_learning(&asking, servers);
	servers_free(servers);
}

static void ask_builtin(const struct corpus *corpus, struct answers *answers)
{
	struct asking asking = {.corpus = corpus, .first = answers, .later = answers + 1};
	struct servers *servers = known_servers(corpus, &(struct known){.learn = true, .builtin = true});

	ask_learning(&asking, servers);
	servers_free(servers);
}

/* ---- one left out ---------------------------------------------------------------------------------------------- */

static bool is_software(const struct asking *asking, const struct label_row *row)
{
	return !strcmp(row->software, asking->name);
}

/* Each software on its own, as if gatepost had been made without ever seeing it. */
static void ask_server_out(const struct corpus *corpus, struct answers *answers)
{
	for (size_t i = 0; i < corpus->labels.count; i++) {
		struct asking asking = {
			.corpus = corpus,
			.first = answers,
			.later = answers + 1,
			.wanted = is_software,
			.name = corpus->labels.row[i].software,
		};
		struct known known = {.learn = true, .builtin = true, .without = asking.name};
		struct servers *servers;

		if (answers->counted[i] || corpus->labels.row[i].missing)
			continue;
		servers = known_servers(corpus, &known);
		ask_learning(&asking, servers);
		servers_free(servers);
	}
}

static bool is_tool(const struct asking *asking, const struct label_row *row)
{
	return !strcmp(row->tool, asking->name);
}

static bool is_other_tool(const struct asking *asking, const struct label_row *row)
{
	return !is_tool(asking, row);
}

static void learn_from_others(const struct corpus *corpus, const char *tool, struct servers *servers)
{
	struct asking asking = {.corpus = corpus, .name = tool, .wanted = is_other_tool};
	const struct pass pass = {.corpus = corpus, .servers = servers, .context = &asking, .wanted = is_wanted};

	for (int round = 0; round < TOOL_OUT_ROUNDS; round++)
		pass_run(&pass);
}

static void ask_tool_out(const struct corpus *corpus, struct answers *answers)
{
	const struct known known = {.learn = true, .builtin = true};

	for (size_t i = 0; i < corpus->labels.count; i++) {
		struct asking asking = {
			.corpus = corpus,
			.first = answers,
			.wanted = is_tool,
			.name = corpus->labels.row[i].tool,
		};
		struct servers *learned, *frozen;

		if (answers->counted[i] || corpus->labels.row[i].missing)
			continue;
		learned = known_servers(corpus, &known);
		learn_from_others(corpus, asking.name, learned);
		frozen = known_frozen(corpus, &known, learned);
		ask_once(&asking, frozen, false);
		servers_free(frozen);
		servers_free(learned);
	}
}

const struct inquiry inquiries[] = {
	{"probe", QUESTION_PROBE, QUESTION_PROBE, ask_probe, true},
	{"empty", QUESTION_EMPTY_FIRST, QUESTION_EMPTY, ask_empty, false},
	{"builtin", QUESTION_BUILTIN_FIRST, QUESTION_BUILTIN, ask_builtin, false},
	{"one-way", QUESTION_ONE_WAY, QUESTION_ONE_WAY, ask_one_way_probe, true},
	{"one-way-builtin", QUESTION_ONE_WAY_FIRST, QUESTION_ONE_WAY_FIRST, ask_one_way_builtin, false},
	{"server-out", QUESTION_SERVER_OUT_FIRST, QUESTION_SERVER_OUT, ask_server_out, false},
	{"tool-out", QUESTION_TOOL_OUT, QUESTION_TOOL_OUT, ask_tool_out, false},
};
const size_t inquiries_count = sizeof(inquiries) / sizeof(inquiries[0]);
