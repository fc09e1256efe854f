/* SPDX-License-Identifier: BSD-2-Clause */
/* gatepost check: everything that can be said before anything is loaded. */
#include <errno.h>
#include <getopt.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "user/adapters/profile_file.h"
#include "user/config/config.h"
#include "user/datapath/datapath.h"
#include "user/cmd/cmd.h"
#include "user/shape/servers.h"

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
		.syns_max = settings->syns_max,
		.flows_max = settings->flows_max,
		.ring_bytes = 4 << 20,
	};
	uint64_t bytes = datapath_memory_bytes(&options);

	printf("memory     %llu MiB of kernel tables for %u bans, %u sources, %u connections (budget %llu MiB)\n",
	       (unsigned long long)bytes >> 20, settings->bans_max, settings->sources_max, settings->flows_max,
	       (unsigned long long)settings->memory_max_bytes >> 20);
	printf("memory     %llu MiB in all when every table is full, %llu KiB of it for %u servers\n",
	       (unsigned long long)settings_memory_bytes(settings) >> 20,
	       (unsigned long long)servers_bytes(settings->servers_max) >> 10, settings->servers_max);
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

static void count_profile(void *context, const struct profile_key *key, const struct profile *profile)
{
	(void)context;
	(void)key;
	(void)profile;
}

static void print_bad_profile(void *context, const struct fault *fault)
{
	int *code = context;
	char text[640];

	printf("profile    BAD: %s\n", fault_text(fault, text, sizeof(text)));
	*code = EXIT_NOT_FOUND;
}

static int check_profiles(const struct settings *settings)
{
	char directory[SETTINGS_PROFILES_BYTES];
	struct fault fault = {0};
	int code = EXIT_OK, good;

	if (!*settings_profiles_dir(settings, directory)) {
		printf("profiles   are not kept: profiles_dir is \"\"\n");
		return EXIT_OK;
	}
	good = profiles_load_dir(directory, 0, count_profile, print_bad_profile, &code, &fault);
	if (good >= 0)
		printf("profiles   %d of servers in %s, room for %u\n", good, directory, settings->servers_max);
	else if (good == -ENOENT)
		printf("profiles   %s does not exist yet: nothing is known of any server\n", directory);
	else
		printf("profiles   %s CANNOT BE READ: %s\n", directory, strerror(-good));
	return good >= 0 || good == -ENOENT ? code : EXIT_NOT_FOUND;
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
	code = check_profiles(settings) ? EXIT_NOT_FOUND : code;
	code = check_interfaces(settings) ? EXIT_NOT_FOUND : code;
	config_free(settings);
	return code;
}
