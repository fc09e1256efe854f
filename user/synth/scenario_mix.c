/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/synth/scenario_mix.h"

#include <errno.h>
#include <string.h>

#include "user/config/config_digits.h"

#define WEIGHT_MAX 1000000u

/* The word before the next space, which is skipped; "" at the end. */
static const char *word_next(const char **text, char *buffer, size_t size)
{
	const size_t length = strcspn(*text, " ");

	buffer[0] = '\0';
	if (length >= size)
		return buffer;
	memcpy(buffer, *text, length);
	buffer[length] = '\0';
	*text += length + strspn(*text + length, " ");
	return buffer;
}

static bool is_implicit_tls(enum gp_service service)
{
	return service == GP_SERVICE_IMAPS || service == GP_SERVICE_POP3S || service == GP_SERVICE_SUBMISSIONS;
}

static int service_read(const char **text, struct scenario_choice *choice)
{
	char word[16];
	enum gp_service service;

	if (service_parse(word_next(text, word, sizeof(word)), &service))
		return -EINVAL;
	choice->what = (uint8_t)service;
	choice->transport = is_implicit_tls(service) ? TRANSPORT_TLS : TRANSPORT_PLAIN;
	if (!strncmp(*text, "starttls ", 9) && !is_implicit_tls(service)) {
		word_next(text, word, sizeof(word));
		choice->transport = TRANSPORT_STARTTLS;
	}
	return 0;
}

static int program_read(const char **text, struct scenario_choice *choice)
{
	char word[16];

	word_next(text, word, sizeof(word));
	for (int client = 0; client < SYNTH_CLIENT_MAX; client++) {
		if (!strcmp(word, synth_client_text((enum synth_client)client))) {
			choice->what = (uint8_t)client;
			return 0;
		}
	}
	return -EINVAL;
}

int scenario_mix_read(struct scenario_actor *actor, const char *name, const struct config_item *item,
		      struct fault *fault)
{
	const bool services = !strcmp(item->key, "services");
	struct scenario_mix *mix = services ? &actor->services : &actor->programs;
	struct scenario_choice choice = {.weight = 0};
	const char *text = item->value ? item->value : "";
	uint64_t weight = 0;
	int result = services ? service_read(&text, &choice) : program_read(&text, &choice);

	if (!result)
		result = digits_whole(&text, &weight);
	if (result || *text || !weight || weight > WEIGHT_MAX)
		return fault_set_at(fault, EINVAL, name, item->line, "'%s' wants %s, got '%.64s'", item->key,
				    services ? "services and their weights such as \"imaps 70\" or \"imap starttls 10\""
					     : "programs and their weights such as \"thunderbird 3\" or \"hydra 1\"",
				    item->value ? item->value : "{}");
	if (mix->count == SCENARIO_MIX_MAX)
		return fault_set_at(fault, EINVAL, name, item->line, "more than %d %s", SCENARIO_MIX_MAX, item->key);
	choice.weight = (uint32_t)weight;
	mix->choice[mix->count++] = choice;
	mix->weights += choice.weight;
	return 0;
}

void scenario_mix_fall_back(struct scenario_actor *actor)
{
	static const struct scenario_mix services = {
		.count = 2,
		.weights = 4,
		.choice = {{GP_SERVICE_IMAPS, TRANSPORT_TLS, 3}, {GP_SERVICE_SUBMISSIONS, TRANSPORT_TLS, 1}}};
	static const struct scenario_mix people = {
		.count = 1, .weights = 1, .choice = {{SYNTH_CLIENT_THUNDERBIRD, 0, 1}}};
	static const struct scenario_mix tools = {.count = 1, .weights = 1, .choice = {{SYNTH_CLIENT_HYDRA, 0, 1}}};

	if (!actor->services.count)
		actor->services = services;
	if (!actor->programs.count)
		actor->programs = actor->attack ? tools : people;
}
