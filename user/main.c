/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of subcommands: it dispatches, and it is the help text. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "user/cmd/cmd.h"

static const struct cmd commands[] = {
	{"run", cmd_run, "[--config FILE] [--interface NAME]", "the daemon"},
	{"check", cmd_check, "[--config FILE] [--try] [INTERFACE...]",
	 "configuration, rules, memory, kernel, interfaces"},
	{"replay", cmd_replay, "[--config FILE] FILE...", "captures through the whole pipeline"},
	{"synth", cmd_synth, "SCENARIO -w FILE [--labels FILE]", "a labelled capture to order"},
	{"calibrate", cmd_calibrate, "[--profiles DIR] imaps://NAME...", "learn a server's replies with wrong logins"},
	{"detach", cmd_detach, "[--config FILE]", "take gatepost off the interfaces"},
	{"status", cmd_ask, "", "one screen: mode, interfaces, bans, what is seen"},
	{"counters", cmd_ask, "[--all]", "packets by service and reason"},
	{"bans", cmd_ask, "[--all] [--origin NODE]", "who is banned, why, until when"},
	{"explain", cmd_ask, "ADDRESS", "why this address is dropped, or not"},
	{"ban", cmd_ask, "ADDRESS[/LENGTH] [--for 1h] [--reason TEXT]", "ban by hand"},
	{"unban", cmd_ask, "ADDRESS[/LENGTH]", "lift a ban and forgive"},
	{"allow", cmd_ask, "[ADDRESS[/LENGTH] [--reason TEXT] [--remove]]", "never drop; alone: list"},
	{"import", cmd_import, "NAME FILE [--for 1d] [--force]", "ban who is on a list; plain or Spamhaus DROP"},
	{"export", cmd_export, "cidr|nft|ipset|allow", "the bans in force, for other programs; the allow list"},
	{"events", cmd_ask, "[--follow]", "attempts, connections and decisions as they happen"},
	{"servers", cmd_ask, "", "mail servers: what is known of their replies, what is read by it"},
	{"fleet", cmd_ask, "", "the nodes that share bans: what each says, what of it is refused"},
	{"key", cmd_key, "[--config FILE]", "make and show this node's key, for the others"},
	{"rules", cmd_ask, "", "the rules in force, in words"},
	{"mode", cmd_ask, "observe|enforce", "switch until the next start"},
	{"verify", cmd_ask, "", "compare the kernel's tables with what should be there"},
	{"reload", cmd_ask, "", "read the configuration again, all or nothing"},
};
#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static int print_help(FILE *file, int code)
{
	fprintf(file, "gatepost: a shield against credential stuffing on mail, at the network's edge\n\n"
		      "usage: gatepost COMMAND [-o table|json] [--socket PATH] ...\n\n");
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(file, "  %-9s %-46s %s\n", commands[i].name, commands[i].arguments, commands[i].what);
	fprintf(file,
		"\nexit: 0 ok, 1 not found or warning, 2 usage, 3 no daemon, 4 denied, 5 refused by a guardrail\n");
	return code;
}

int cmd_usage(const char *usage)
{
	fprintf(stderr, "gatepost: %s\n", usage);
	return EXIT_USAGE;
}

int cmd_fail(const struct fault *fault, int error)
{
	char text[640];

	fprintf(stderr, "gatepost: %s\n", fault_text(fault, text, sizeof(text)));
	if (error == -EPERM || error == -EACCES)
		return EXIT_DENIED;
	return error == -ECONNREFUSED ? EXIT_NO_DAEMON : EXIT_NOT_FOUND;
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return print_help(stderr, EXIT_USAGE);
	if (!strcmp(argv[1], "help") || !strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
		return print_help(stdout, EXIT_OK);
	for (size_t i = 0; i < COMMANDS; i++)
		if (!strcmp(argv[1], commands[i].name))
			return commands[i].run(argc - 1, argv + 1);
	fprintf(stderr, "gatepost: no command '%s'; 'gatepost help' lists them\n", argv[1]);
	return EXIT_USAGE;
}
