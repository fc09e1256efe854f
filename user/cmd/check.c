/* SPDX-License-Identifier: BSD-2-Clause */
/* gatepost check: everything that can be said before anything is loaded. */
#include <errno.h>
#include <getopt.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "user/config/config.h"
#include "user/datapath/datapath.h"
#include "user/cmd/cmd.h"

static void print_rules(const struct settings *settings)
{
	char text[512];

	for (uint32_t i = 0; i < settings->rules.count; i++)
		printf("rule       %s%s: %s\n", settings->rules.rule[i].name,
		       settings->rules.rule[i].shadow ? " (shadow)" : "",
		       rule_text(&settings->rules.rule[i], text, sizeof(text)));
}

static int check_memory(const struct settings *settings)
{
	struct datapath_options options = {
		.bans_max = settings->bans_max,
		.sources_max = settings->sources_max,
		.flows_max = settings->flows_max,
		.ring_bytes = 4 << 20,
	};
	uint64_t bytes = datapath_memory_bytes(&options);

	printf("memory     %llu MiB of kernel tables for %u bans, %u sources, %u connections (budget %llu MiB)\n",
	       (unsigned long long)bytes >> 20, settings->bans_max, settings->sources_max, settings->flows_max,
	       (unsigned long long)settings->memory_max_bytes >> 20);
	if (bytes <= settings->memory_max_bytes)
		return EXIT_OK;
	printf("memory     OVER THE BUDGET: raise memory_max or make the tables smaller\n");
	return EXIT_NOT_FOUND;
}

static int check_interfaces(const struct settings *settings)
{
	int code = EXIT_OK;

	if (!settings->interfaces)
		printf("interface  none configured: give one in gatepost.conf or with --interface\n");
	for (uint32_t i = 0; i < settings->interfaces; i++) {
		bool here = if_nametoindex(settings->interface[i].name) != 0;

		printf("interface  %s%s\n", settings->interface[i].name, here ? "" : " DOES NOT EXIST");
		code = here ? code : EXIT_NOT_FOUND;
	}
	return code;
}

int cmd_check(int argc, char **argv)
{
	static const struct option options[] = {
		{"config", required_argument, NULL, 'c'}, {"print", no_argument, NULL, 'p'}, {0}};
	struct settings *settings = NULL;
	const char *config = NULL;
	struct fault fault = {0};
	bool print = false;
	int option, error, code;

	while ((option = getopt_long(argc, argv, "c:p", options, NULL)) != -1) {
		if (option == 'c')
			config = optarg;
		else if (option == 'p')
			print = true;
		else
			return cmd_usage("usage: gatepost check [--print] [FILE]");
	}
	if (optind < argc)
		config = argv[optind];
	error = config_load(config, &settings, &fault);
	if (error)
		return cmd_fail(&fault, error);
	if (print) {
		config_print(settings, stdout);
		config_free(settings);
		return EXIT_OK;
	}
	printf("config     %s: %s, %u services, %u allowed prefixes\n", config ? config : "embedded",
	       settings->enforce ? "enforce" : "observe", settings->servers, settings->allowed);
	print_rules(settings);
	code = check_memory(settings);
	code = check_interfaces(settings) ? EXIT_NOT_FOUND : code;
	config_free(settings);
	return code;
}
