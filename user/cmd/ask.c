/* SPDX-License-Identifier: BSD-2-Clause */
/* Every command that the running daemon answers: words to a request, the answer to a table or to JSON. */
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/control/control.h"
#include "user/cmd/ask.h"
#include "user/cmd/cmd.h"
#include "user/cmd/print.h"

#define DEFAULT_SOCKET "/run/gatepost/control"

struct ask {
	const char *command, *socket;
	json_t *request;
	bool json, follow;
	int code;
	json_t *pages; /* what has come of an answer in pages */
	json_int_t next; /* where the next one begins; 0: that was all */
};

static void print_whole(struct ask *ask, const json_t *line)
{
	const char *error = json_string_value(json_object_get(line, "error"));

	/* Also an answer that is ok may carry one: a status that needs a look. */
	ask->code = (int)json_integer_value(json_object_get(line, "code"));
	if (ask->json)
		print_json(line);
	else if (error)
		fprintf(stderr, "gatepost: %s\n", error);
	else
		print_table(ask->command, line);
}

/* A long list comes in pages: {"bans":[...],"next":501}. */
static bool on_answer(void *context, const json_t *line)
{
	struct ask *ask = context;
	const json_t *next = json_object_get(line, "next");

	ask->next = json_integer_value(next);
	if (!ask->pages && !next) {
		print_whole(ask, line);
	} else if (!ask->pages) {
		ask->pages = json_deep_copy(line);
		json_object_del(ask->pages, "next");
	} else {
		json_array_extend(json_object_get(ask->pages, ask->command), json_object_get(line, ask->command));
	}
	return false;
}

static int ask_all(struct ask *ask)
{
	int error;

	do {
		if (ask->next)
			json_object_set_new(ask->request, "from", json_integer(ask->next));
		error = control_ask(ask->socket, ask->request, on_answer, ask);
	} while (!error && ask->next);
	if (!error && ask->pages)
		print_whole(ask, ask->pages);
	json_decref(ask->pages);
	return error;
}

/* Lines come until the reader goes away. */
static bool print_happening(void *context, const json_t *line)
{
	struct ask *ask = context;

	if (json_object_get(line, "error"))
		return on_answer(context, line);
	if (ask->json)
		print_json(line);
	else
		print_happening_words(line);
	return fflush(stdout) == 0;
}

static int parse_words(int argc, char **argv, struct ask *ask)
{
	static const struct option options[] = {
		{"output", required_argument, NULL, 'o'},
		{"socket", required_argument, NULL, 's'},
		{"for", required_argument, NULL, 'f'},
		{"reason", required_argument, NULL, 'r'},
		{"remove", no_argument, NULL, 'd'},
		{"all", no_argument, NULL, 'a'},
		{"follow", no_argument, NULL, 'F'},
		{"origin", required_argument, NULL, 'O'},
		{0},
	};
	int option;

	while ((option = getopt_long(argc, argv, "o:s:f:r:aF", options, NULL)) != -1) {
		if (option == 'o' && (!strcmp(optarg, "json") || !strcmp(optarg, "table")))
			ask->json = *optarg == 'j';
		else if (option == 's')
			ask->socket = optarg;
		else if (option == 'f' && !strcmp(ask->command, "events"))
			ask->follow = true;
		else if (option == 'f')
			json_object_set_new(ask->request, "for", json_string(optarg));
		else if (option == 'r')
			json_object_set_new(ask->request, "reason", json_string(optarg));
		else if (option == 'O')
			json_object_set_new(ask->request, "origin", json_string(optarg));
		else if (option == 'd')
			json_object_set_new(ask->request, "remove", json_true());
		else if (option == 'a')
			json_object_set_new(ask->request, "all", json_true());
		else if (option != 'F')
			return cmd_usage("'gatepost help' lists the commands and their arguments");
	}
	if (argc - optind > 1)
		return cmd_usage("one address at a time");
	if (optind < argc)
		json_object_set_new(ask->request, "target", json_string(argv[optind]));
	return 0;
}

const char *ask_socket(void)
{
	const char *socket = getenv("GATEPOST_SOCKET");

	return socket ? socket : DEFAULT_SOCKET;
}

int ask_failed(const char *socket, int error)
{
	if (error == -ENOENT || error == -ECONNREFUSED) {
		fprintf(stderr, "gatepost: no daemon answers at %s (is `gatepost run` running? --socket PATH)\n",
			socket);
		return EXIT_NO_DAEMON;
	}
	if (error == -EACCES || error == -EPERM) {
		fprintf(stderr, "gatepost: %s: not permitted; root or its group may ask\n", socket);
		return EXIT_DENIED;
	}
	fprintf(stderr, "gatepost: %s: %s\n", socket, strerror(-error));
	return EXIT_NO_DAEMON;
}

int cmd_ask(int argc, char **argv)
{
	struct ask ask = {.command = argv[0], .socket = ask_socket()};
	bool events = !strcmp(argv[0], "events");
	int error;

	ask.request = json_pack("{s:s}", "command", argv[0]);
	ask.code = parse_words(argc, argv, &ask);
	if (!ask.code) {
		error = events ? control_ask(ask.socket, ask.request, print_happening, &ask) : ask_all(&ask);
		if (error)
			ask.code = ask_failed(ask.socket, error);
	}
	json_decref(ask.request);
	return ask.code;
}
