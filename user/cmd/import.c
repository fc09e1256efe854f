/* SPDX-License-Identifier: BSD-2-Clause */
/* gatepost import: everybody on a list is banned for a while, and who is on it no more is let go. A list that changed
 * too much is not believed: an empty download must not open the gate, nor a wrong one close it. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/cmd/ask.h"
#include "user/cmd/cmd.h"
#include "user/adapters/import_list.h"

#define CHANGE_FREE 100 /* entries may always come and go */
#define CHANGE_SHARE 2 /* more: no more than one in two */
#define ROWS 80 /* a request; all fit in CONTROL_REQUEST_BYTES */

struct import {
	const char *name, *path, *socket, *duration;
	bool force;
	struct import_list list, gone; /* gone: in force because of an earlier list */
	size_t known;
	long long banned, allowed, wide, failed, freed;
	int code;
};

/* ---- what is in force of it -------------------------------------------------------------------------------------- */

static bool note_known(void *context, const json_t *answer)
{
	struct import *import = context;
	const json_t *ban;
	size_t n;

	json_array_foreach(json_object_get(answer, "bans"), n, ban)
	{
		const char *target = json_string_value(json_object_get(ban, "source"));
		struct prefix prefix, *grown;

		if (!target || prefix_parse(target, &prefix))
			continue;
		import->known++;
		if (import_list_has(&import->list, &prefix))
			continue;
		grown = realloc(import->gone.prefix, (import->gone.count + 1) * sizeof(*grown));
		if (!grown)
			continue;
		import->gone.prefix = grown;
		grown[import->gone.count++] = prefix;
	}
	return false;
}

static bool changed_too_much(const struct import *import)
{
	const size_t staying = import->known - import->gone.count;
	const size_t changed = import->gone.count + import->list.count - staying;

	if (import->force || !import->known || changed <= CHANGE_FREE || changed <= import->known / CHANGE_SHARE)
		return false;
	fprintf(stderr,
		"gatepost: %s: %zu entries come and %zu go, of %zu before: look at the list, then --force; nothing was "
		"changed\n",
		import->path, import->list.count - staying, import->gone.count, import->known);
	return true;
}

/* ---- telling the daemon ------------------------------------------------------------------------------------------ */

static bool add_up(void *context, const json_t *answer)
{
	struct import *import = context;
	const char *error = json_string_value(json_object_get(answer, "error"));

	if (error) {
		fprintf(stderr, "gatepost: %s\n", error);
		import->code = (int)json_integer_value(json_object_get(answer, "code"));
	}
	import->banned += json_integer_value(json_object_get(answer, "banned"));
	import->allowed += json_integer_value(json_object_get(answer, "allowed"));
	import->wide += json_integer_value(json_object_get(answer, "wide"));
	import->failed += json_integer_value(json_object_get(answer, "failed"));
	import->freed += json_integer_value(json_object_get(answer, "freed"));
	return false;
}

static int send_rows(struct import *import, const char *what, const struct import_list *list)
{
	int error = 0;

	for (size_t i = 0; i < list->count && !error && !import->code; i += ROWS) {
		json_t *rows = json_array();
		json_t *request = json_pack("{s:s, s:s, s:s, s:o}", "command", "feed", "name", import->name, "for",
					    import->duration, what, rows);
		char text[ADDR_TEXT_BYTES];

		for (size_t n = i; n < i + ROWS && n < list->count; n++)
			json_array_append_new(rows, json_string(prefix_text(&list->prefix[n], text)));
		error = control_ask(import->socket, request, add_up, import);
		json_decref(request);
	}
	return error;
}

static int run(struct import *import)
{
	char origin[64];
	json_t *request;
	int error;

	snprintf(origin, sizeof(origin), "feed %s", import->name);
	request = json_pack("{s:s, s:s}", "command", "bans", "origin", origin);
	error = control_ask(import->socket, request, note_known, import);
	json_decref(request);
	if (!error && changed_too_much(import))
		return EXIT_GUARDRAIL;
	if (!error)
		error = send_rows(import, "add", &import->list);
	if (!error)
		error = send_rows(import, "remove", &import->gone);
	if (error)
		return ask_failed(import->socket, error);
	printf("%s: %lld banned for %s, %lld let go; %lld touch the allow list, %lld are wider than the guardrail "
	       "allows, %lld failed\n",
	       import->name, import->banned, import->duration, import->freed, import->allowed, import->wide,
	       import->failed);
	return import->code ? import->code : import->wide + import->failed ? EXIT_NOT_FOUND : EXIT_OK;
}

int cmd_import(int argc, char **argv)
{
	static const struct option options[] = {{"socket", required_argument, NULL, 's'},
						{"for", required_argument, NULL, 'f'},
						{"force", no_argument, NULL, 'F'},
						{0}};
	static const char usage[] = "gatepost import NAME FILE [--for 1d] [--force]";
	struct import import = {.socket = ask_socket(), .duration = "1d"};
	struct fault fault = {0};
	int option, error;

	while ((option = getopt_long(argc, argv, "s:f:", options, NULL)) != -1) {
		if (option == 's')
			import.socket = optarg;
		else if (option == 'f')
			import.duration = optarg;
		else if (option == 'F')
			import.force = true;
		else
			return cmd_usage(usage);
	}
	if (argc - optind != 2)
		return cmd_usage(usage);
	import.name = argv[optind];
	import.path = argv[optind + 1];
	error = import_list_read(&import.list, import.path, &fault);
	if (error)
		return cmd_fail(&fault, error);
	error = run(&import);
	import_list_free(&import.list);
	import_list_free(&import.gone);
	return error;
}
