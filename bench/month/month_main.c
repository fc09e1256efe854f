/* SPDX-License-Identifier: BSD-2-Clause */
/* Usage: month [-s SCALE] [-n SEED] [-c CONFIG]... SCENARIO DIRECTORY
 *
 * A synthetic month, connection by connection, before gatepost with its default rules and with its strict ones, and
 * before what people use instead, all at once; rules/strict.rules is read from the working directory. With -c instead
 * before gatepost alone, as each CONFIG has it: up to eight, to choose among them. Exits 1 when false bans of the first
 * miss their bar. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bench/month/course.h"
#include "bench/month/month.h"
#include "user/core/duration.h"
#include "user/synth/world.h"

#define GUARDS 6
#define STRICT_RULES "rules/strict.rules"
#define CONFIGS_MAX BALANCE_GUARDS_MAX
#define ADDRESSES_MAX (1u << 20) /* that failed, of all; who failed longest ago makes room */
#define SOURCES_MAX (1u << 21)
#define MILLION 1000000
#define OBSERVE_NS (2 * NS_PER_DAY)
#define SCENARIO_BYTES_MAX (1 << 20)

struct options {
	const char *scenario, *directory, *config[CONFIGS_MAX];
	unsigned configs;
	uint64_t scale_ppm, seed;
};

struct run {
	struct options options;
	struct scenario *scenario;
	struct world *world;
	struct guard *guard[BALANCE_GUARDS_MAX];
	unsigned guards;
	struct balance *balance;
	struct course *course;
	struct month month;
};

/* ---- options ---------------------------------------------------------------------------------------------------- */

static int usage(void)
{
	fputs("usage: month [-s SCALE] [-n SEED] [-c CONFIG]... SCENARIO DIRECTORY\n", stderr);
	return 2;
}

static bool options_read(struct options *options, int count, char **argument)
{
	int option;

	*options = (struct options){.scale_ppm = MILLION, .seed = 1};
	while ((option = getopt(count, argument, "s:n:c:")) != -1) {
		if (option == 's')
			options->scale_ppm = (uint64_t)(strtod(optarg, NULL) * MILLION + 0.5);
		else if (option == 'n')
			options->seed = strtoull(optarg, NULL, 10);
		else if (option == 'c' && options->configs < CONFIGS_MAX)
			options->config[options->configs++] = optarg;
		else
			return false;
	}
	if (count - optind != 2 || !options->scale_ppm)
		return false;
	options->scenario = argument[optind];
	options->directory = argument[optind + 1];
	return true;
}

/* ---- making ----------------------------------------------------------------------------------------------------- */

static int scenario_load(struct run *run, struct fault *fault)
{
	FILE *file = fopen(run->options.scenario, "r");
	char *text = malloc(SCENARIO_BYTES_MAX + 1);
	int result;

	if (!file || !text) {
		result = fault_set(fault, file ? ENOMEM : errno, "%s: %s", run->options.scenario, strerror(errno));
	} else {
		text[fread(text, 1, SCENARIO_BYTES_MAX, file)] = '\0';
		result = scenario_read(&run->scenario, run->options.scenario, text, fault);
	}
	if (file)
		fclose(file);
	free(text);
	if (!result && run->options.scale_ppm != MILLION)
		result = scenario_scale(run->scenario, run->options.scale_ppm, fault);
	return result;
}

/* What is decided while only observing hurts nobody; if it is still in force afterwards, that will be seen. */
static void on_ban(void *context, unsigned index, uint64_t source, uint64_t from_ns, bool limit)
{
	const struct run *run = context;

	if (from_ns >= run->scenario->begins_ns + OBSERVE_NS)
		balance_ban(run->balance, index, source, from_ns, limit);
}

static int guards_new_beside_others(struct run *run, struct fault *fault)
{
	int result = guard_gatepost_new(&run->guard[0], "gatepost", NULL, fault);

	if (!result)
		result = guard_gatepost_new(&run->guard[1], "gatepost strict", STRICT_RULES, fault);
	if (!result)
		result = peer_fail2ban_new(&run->guard[2], &fail2ban_default, ADDRESSES_MAX);
	if (!result)
		result = peer_fail2ban_new(&run->guard[3], &fail2ban_tuned, ADDRESSES_MAX);
	if (!result)
		result = peer_crowdsec_new(&run->guard[4], &crowdsec_default, ADDRESSES_MAX);
	if (!result)
		result = peer_crowdsec_new(&run->guard[5], &crowdsec_tuned, ADDRESSES_MAX);
	run->guards = GUARDS;
	return result;
}

/* A guard's name is what its file is called. */
static int guards_new_of_configs(struct run *run, struct fault *fault)
{
	const struct options *options = &run->options;
	int result = 0;

	for (unsigned i = 0; i < options->configs && !result; i++)
		result = guard_gatepost_new(&run->guard[i], basename(options->config[i]), options->config[i], fault);
	run->guards = options->configs;
	return result;
}

static int guards_new(struct run *run, struct fault *fault)
{
	int result = run->options.configs ? guards_new_of_configs(run, fault) : guards_new_beside_others(run, fault);

	for (unsigned i = 0; i < run->guards && !result; i++)
		run->guard[i]->listener = (struct guard_listener){.on_ban = on_ban, .context = run, .index = i};
	return result;
}

static int run_make(struct run *run, struct fault *fault)
{
	int result = scenario_load(run, fault);

	if (!result)
		result = world_new(&run->world, run->scenario, run->options.seed, fault);
	if (!result)
		result = guards_new(run, fault);
	if (!result)
		result = balance_new(&run->balance, run->guards, SOURCES_MAX);
	if (!result)
		result = course_new(&run->course, run->guard, run->guards, run->balance,
				    run->scenario->begins_ns + OBSERVE_NS);
	run->month = (struct month){
		.scenario = run->scenario, .guard = run->guard, .guards = run->guards, .balance = run->balance};
	return result;
}

static void run_free(struct run *run)
{
	course_free(run->course);
	for (unsigned i = 0; i < BALANCE_GUARDS_MAX; i++)
		if (run->guard[i])
			run->guard[i]->kind->free(run->guard[i]);
	balance_free(run->balance);
	world_free(run->world);
	scenario_free(run->scenario);
}

/* ---- running ---------------------------------------------------------------------------------------------------- */

static void progress(const struct run *run, uint64_t now_ns)
{
	const uint64_t day = (now_ns - run->scenario->begins_ns) / NS_PER_DAY;

	if (run->month.connections % MILLION == 0 && isatty(STDERR_FILENO))
		fprintf(stderr, "\rday %llu, %llu million connections ", (unsigned long long)day + 1,
			(unsigned long long)run->month.connections / MILLION);
}

static int run_month(struct run *run)
{
	struct synth_connection connection;
	int result;

	while ((result = world_next(run->world, &connection)) == 1) {
		const struct scenario_server *server = &run->scenario->server[connection.server];

		result = course_connection(run->course, &connection, connection.attack ? connection.actor : 0,
					   scenario_failure_delay_ns(server, connection.service));
		if (result)
			return result;
		run->month.connections++;
		run->month.attempts += connection.attempts;
		progress(run, connection.time_ns);
	}
	if (isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
	course_finish(run->course);
	return result;
}

int main(int count, char **argument)
{
	struct fault fault = {.text = ""};
	struct report *report = NULL;
	struct run run = {0};
	int result;

	if (!options_read(&run.options, count, argument))
		return usage();
	result = run_make(&run, &fault);
	if (!result)
		result = run_month(&run);
	run.month.took_s = (double)clock() / CLOCKS_PER_SEC;
	if (!result)
		result = report_new(&report, run.options.directory, "month");
	if (!result) {
		result = month_report(&run.month, report, run.options.directory);
		result = result ? result : report_close(report);
	}
	if (result < 0)
		fprintf(stderr, "month: %s\n", fault.text[0] ? fault.text : strerror(-result));
	run_free(&run);
	return result != 0;
}
