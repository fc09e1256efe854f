/* SPDX-License-Identifier: BSD-2-Clause */
/* gatepost check: everything that can be said before anything is loaded. */
#include <errno.h>
#include <getopt.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "user/adapters/profile_file.h"
#include "user/cmd/check_place.h"
#include "user/config/config.h"
#include "user/datapath/datapath.h"
#include "user/cmd/cmd.h"
#include "user/shape/servers.h"

#define USAGE "usage: gatepost check [--config FILE] [--print] [--try] [INTERFACE...]"

static void print_rules(const struct settings *settings)
{
	char text[512];

	for (uint32_t i = 0; i < settings->rules.count; i++)
		printf("rule       %s%s: %s\n", settings->rules.rule[i].name,
		       settings->rules.rule[i].shadow ? " (shadow)" : "",
		       rule_text(&settings->rules.rule[i], text, sizeof(text)));
}

/* Bytes that one entry more takes, whatever tables that goes to. */
static double bytes_each(const struct datapath_options *options, const struct datapath_options *without,
			 uint32_t entries)
{
	return (double)(datapath_memory_bytes(options) - datapath_memory_bytes(without)) / entries;
}

static void print_tables(const struct datapath_options *options)
{
	struct datapath_options no_sources = *options, no_bans = *options, no_flows = *options;
	struct table_memory table[DATAPATH_TABLES_MAX];
	int count = datapath_tables(options, table);

	for (int i = 0; i < count; i++)
		printf("memory     %-15s %8u entries %9.1f KiB\n", table[i].name, table[i].entries,
		       (double)table[i].bytes / 1024);
	no_sources.sources_max = no_bans.bans_max = no_flows.flows_max = 0;
	printf("memory     %.1f bytes a tracked source, %.1f a ban, %.1f a connection\n",
	       bytes_each(options, &no_sources, options->sources_max), bytes_each(options, &no_bans, options->bans_max),
	       bytes_each(options, &no_flows, options->flows_max));
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

	print_tables(&options);
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

/* What is named on the command line: interfaces, in the place of the configured ones; or, as it contains a slash or is
 * none, a configuration. */
static bool is_file(const char *argument)
{
	return strchr(argument, '/') || (!if_nametoindex(argument) && !access(argument, R_OK));
}

static int take_interfaces(struct settings *settings, char **names, int count)
{
	const enum attach attach = settings->interfaces ? settings->interface[0].attach : ATTACH_NATIVE;

	if (!count)
		return EXIT_OK;
	if (count > SETTINGS_INTERFACES_MAX)
		return cmd_usage("too many interfaces");
	settings->interfaces = 0;
	for (int i = 0; i < count; i++) {
		struct interface_settings *interface = &settings->interface[settings->interfaces++];

		interface->attach = attach;
		if (strlen(names[i]) >= sizeof(interface->name))
			return cmd_usage("an interface's name has at most 15 characters");
		strcpy(interface->name, names[i]);
	}
	return EXIT_OK;
}

static int check_all(const struct settings *settings, const char *config, bool try)
{
	int code, memory, profiles;

	printf("config     %s: %s, %u services, %u allowed prefixes\n", config ? config : "embedded",
	       settings->enforce ? "enforce" : "observe", settings->servers, settings->allowed);
	print_rules(settings);
	memory = check_memory(settings);
	profiles = check_profiles(settings);
	code = check_place(settings, try);
	return code ? code : memory ? memory : profiles;
}

int cmd_check(int argc, char **argv)
{
	static const struct option options[] = {{"config", required_argument, NULL, 'c'},
						{"print", no_argument, NULL, 'p'},
						{"try", no_argument, NULL, 't'},
						{0}};
	struct settings *settings = NULL;
	const char *config = NULL;
	struct fault fault = {0};
	bool print = false, try = false;
	int option, error, code;

	while ((option = getopt_long(argc, argv, "c:pt", options, NULL)) != -1) {
		if (option == 'c')
			config = optarg;
		else if (option == 'p')
			print = true;
		else if (option == 't')
			try = true;
		else
			return cmd_usage(USAGE);
	}
	if (optind < argc && is_file(argv[optind]))
		config = argv[optind++];
	error = config_load(config, &settings, &fault);
	if (error)
		return cmd_fail(&fault, error);
	code = take_interfaces(settings, argv + optind, argc - optind);
	if (!code && print)
		config_print(settings, stdout);
	else if (!code)
		code = check_all(settings, config, try);
	config_free(settings);
	return code;
}
