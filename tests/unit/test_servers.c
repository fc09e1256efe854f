/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "user/shape/servers.h"

#define NOW_S 1700000000
#define GREETING_BYTES 137
#define KNOWN_FOR_SURE 20 /* connections after which a greeting is what to expect */
#define ENOUGH 8 /* strangers in a row after which nobody doubts */

struct row {
	struct servers *servers;
	unsigned int changed;
	uint16_t changed_port;
};

static void on_changed(void *context, const struct server *server)
{
	struct row *row = context;

	row->changed++;
	row->changed_port = server->port;
}

static struct servers *row_of(struct row *row, uint32_t servers_max, bool learn)
{
	const struct servers_options options = {
		.servers_max = servers_max, .seed = 7, .learn = learn, .context = row, .changed = on_changed};

	memset(row, 0, sizeof(*row));
	assert_int_equal(servers_new(&row->servers, &options), 0);
	servers_time(row->servers, NOW_S);
	return row->servers;
}

/* 198.51.100.`host` */
static struct ends ends_of(uint8_t host, uint16_t port, enum gp_service service)
{
	struct ends ends = {.flow = 1, .server_port = port, .service = (uint8_t)service};

	ends.server.byte[10] = ends.server.byte[11] = 0xff;
	ends.server.byte[12] = 198;
	ends.server.byte[13] = 51;
	ends.server.byte[14] = 100;
	ends.server.byte[15] = host;
	return ends;
}

static struct server *enter(struct servers *servers, uint8_t host, uint16_t port, enum gp_service service)
{
	const struct ends ends = ends_of(host, port, service);

	return servers_enter(servers, &ends);
}

static struct server *find(struct servers *servers, uint8_t host, uint16_t port)
{
	const struct ends ends = ends_of(host, port, GP_SERVICE_IMAPS);

	return servers_find(servers, &ends.server, port);
}

/* A server that is known by its greeting and one kind of failure. */
static struct server *acquainted(struct servers *servers)
{
	struct server *server = enter(servers, 1, 993, GP_SERVICE_IMAPS);

	for (int i = 0; i < KNOWN_FOR_SURE; i++) {
		assert_false(servers_greeted(servers, server, GREETING_BYTES));
		servers_heard(servers, server, REPLY_FAILURE, 51, false);
	}
	return server;
}

static bool knows(const struct profile *profile, enum reply reply, uint16_t bytes)
{
	for (int i = 0; i < PROFILE_LENGTHS; i++)
		if (profile->length[reply][i].seen && profile->length[reply][i].bytes == bytes)
			return true;
	return false;
}

static void a_flow_finds_its_server_again(void **state)
{
	struct row row;
	struct servers *servers = row_of(&row, 8, true);
	struct server *server = enter(servers, 1, 993, GP_SERVICE_IMAPS);

	(void)state;
	assert_non_null(server);
	assert_int_equal(server->profile.protocol, PROTOCOL_IMAP);
	assert_int_equal(server->seen_s, NOW_S);
	assert_ptr_equal(enter(servers, 1, 993, GP_SERVICE_IMAPS), server);
	assert_ptr_equal(find(servers, 1, 993), server);
	assert_ptr_not_equal(enter(servers, 1, 143, GP_SERVICE_IMAP), server);
	assert_ptr_not_equal(enter(servers, 2, 993, GP_SERVICE_IMAPS), server);
	assert_int_equal(servers_count(servers), 3);
	assert_null(find(servers, 3, 993));
	servers_free(servers);
}

static void who_leaves_is_not_in_use_any_more(void **state)
{
	struct row row;
	struct servers *servers = row_of(&row, 8, true);
	struct server *server = enter(servers, 1, 993, GP_SERVICE_IMAPS);

	(void)state;
	enter(servers, 1, 993, GP_SERVICE_IMAPS);
	assert_int_equal(server->flows, 2);
	server_leave(server);
	server_leave(server);
	assert_int_equal(server->flows, 0);
	server_leave(NULL);
	servers_free(servers);
	servers_free(NULL);
}

static void full_of_servers_in_use_takes_no_more_and_else_the_idle_one_goes(void **state)
{
	struct row row;
	struct servers *servers = row_of(&row, 2, true);
	struct server *first = enter(servers, 1, 993, GP_SERVICE_IMAPS);
	const struct profile profile = {.protocol = PROTOCOL_IMAP};
	const struct ends third = ends_of(3, 993, GP_SERVICE_IMAPS);

	(void)state;
	assert_non_null(first);
	assert_non_null(enter(servers, 2, 993, GP_SERVICE_IMAPS));
	assert_null(servers_enter(servers, &third));
	assert_null(servers_put(servers, &third.server, 993, &profile));
	assert_int_equal(servers_count(servers), 2);
	server_leave(first);
	assert_non_null(servers_enter(servers, &third));
	assert_int_equal(servers_count(servers), 2);
	assert_null(find(servers, 1, 993));
	assert_non_null(find(servers, 2, 993));
	servers_free(servers);
}

static void another_dialogue_on_a_known_port_is_read_without_knowledge(void **state)
{
	struct row row;
	struct servers *servers = row_of(&row, 8, true);
	struct server *server = enter(servers, 1, 993, GP_SERVICE_IMAPS);

	(void)state;
	assert_null(enter(servers, 1, 993, GP_SERVICE_POP3S));
	assert_int_equal(server->flows, 1);
	servers_free(servers);
}

static void what_was_stored_is_believed_from_the_first_flow_on(void **state)
{
	struct row row;
	struct servers *servers = row_of(&row, 8, true);
	const struct ends ends = ends_of(1, 995, GP_SERVICE_POP3S);
	struct profile profile = {.protocol = PROTOCOL_POP3, .origin = ORIGIN_PROBE, .made_s = 5};
	struct server *server;

	(void)state;
	profile_note(&profile, REPLY_FAILURE, 36, 32);
	server = servers_put(servers, &ends.server, 995, &profile);
	assert_non_null(server);
	assert_int_equal(server->service, GP_SERVICE_POP3S);
	assert_true(server->stored);
	assert_ptr_equal(servers_enter(servers, &ends), server);
	assert_int_equal(server->profile.made_s, 5);
	assert_true(knows(servers_knowledge(servers, server, GP_SERVICE_POP3S, false).server, REPLY_FAILURE, 36));
	servers_heard(servers, server, REPLY_FAILURE, 36, false);
	assert_false(server->stored);
	servers_free(servers);
}

static void what_is_heard_is_learned_and_where_learning_is_off_nothing_is(void **state)
{
	struct row row;

	(void)state;
	for (int learn = 0; learn < 2; learn++) {
		struct servers *servers = row_of(&row, 8, learn);
		struct server *server = enter(servers, 1, 993, GP_SERVICE_IMAPS);

		assert_false(servers_greeted(servers, server, GREETING_BYTES));
		servers_heard(servers, server, REPLY_FAILURE, 51, false);
		servers_heard(servers, server, REPLY_FAILURE, 60, true);
		servers_answered(servers, server, REPLY_FAILURE, 2000, false);
		assert_int_equal(knows(&server->profile, REPLY_GREETING, GREETING_BYTES), learn);
		assert_int_equal(knows(&server->profile, REPLY_FAILURE, 51), learn);
		assert_int_equal(knows(&server->fresh, REPLY_FAILURE, 60), learn);
		assert_int_equal(server->profile.delay_failure[5], learn);
		assert_false(knows(&server->profile, REPLY_FAILURE, 60));
		assert_int_equal(server->profile.origin, learn ? ORIGIN_LEARNED : ORIGIN_NONE);
		servers_heard(servers, NULL, REPLY_FAILURE, 51, false);
		servers_answered(servers, NULL, REPLY_FAILURE, 51, false);
		assert_false(servers_greeted(servers, NULL, GREETING_BYTES));
		servers_free(servers);
	}
}

static void a_greeting_that_is_another_makes_a_stranger(void **state)
{
	struct row row;
	struct servers *servers = row_of(&row, 8, true);
	struct server *server = acquainted(servers);

	(void)state;
	assert_true(servers_greeted(servers, server, GREETING_BYTES + 40));
	assert_ptr_equal(servers_knowledge(servers, server, GP_SERVICE_IMAPS, true).server, &server->fresh);
	assert_ptr_equal(servers_knowledge(servers, server, GP_SERVICE_IMAPS, false).server, &server->profile);
	assert_false(knows(&server->profile, REPLY_GREETING, GREETING_BYTES + 40));
	assert_true(knows(&server->fresh, REPLY_GREETING, GREETING_BYTES + 40));
	assert_false(servers_greeted(servers, server, GREETING_BYTES));
	assert_int_equal(server->strangers, 0);
	assert_int_equal(row.changed, 0);
	servers_free(servers);
}

static void numbers_in_a_greeting_make_no_stranger(void **state)
{
	struct row row;
	struct servers *servers = row_of(&row, 8, true);
	struct server *server = acquainted(servers);

	(void)state;
	assert_false(servers_greeted(servers, server, GREETING_BYTES + 2));
	assert_false(servers_greeted(servers, server, GREETING_BYTES - 3));
	assert_int_equal(server->strangers, 0);
	servers_free(servers);
}

static void strangers_in_a_row_renew_the_server_and_that_is_told_once(void **state)
{
	struct row row;
	struct servers *servers = row_of(&row, 8, true);
	struct server *server = acquainted(servers);
	int strangers = 0;

	(void)state;
	servers_time(servers, NOW_S + 60);
	for (; strangers < ENOUGH && !row.changed; strangers++) {
		assert_true(servers_greeted(servers, server, GREETING_BYTES + 40));
		if (!row.changed)
			servers_heard(servers, server, REPLY_FAILURE, 44, true);
	}
	assert_int_equal(strangers, 4); /* docs/inside-tls.md */
	for (int i = 0; i < ENOUGH; i++)
		assert_false(servers_greeted(servers, server, GREETING_BYTES + 40));
	assert_int_equal(row.changed, 1);
	assert_int_equal(row.changed_port, 993);
	assert_int_equal(server->relearned, 1);
	assert_int_equal(server->strangers, 0);
	assert_true(knows(&server->profile, REPLY_FAILURE, 44));
	assert_false(knows(&server->profile, REPLY_FAILURE, 51));
	assert_false(knows(&server->fresh, REPLY_FAILURE, 44));
	assert_int_equal(server->profile.protocol, PROTOCOL_IMAP);
	assert_int_equal(server->profile.made_s, NOW_S);
	assert_int_equal(server->profile.changed_s, NOW_S + 60);
	servers_free(servers);
}

/* A probe is worth more than nothing, which is all that is known of the changed server. */
static void where_learning_is_off_a_changed_server_stays_strange_until_a_profile_is_put(void **state)
{
	struct row row;
	struct servers *servers = row_of(&row, 8, true);
	struct server *server = acquainted(servers);
	struct profile probed = server->profile;

	(void)state;
	servers_learn(servers, false);
	for (int i = 0; i < 3 * ENOUGH; i++) {
		assert_true(servers_greeted(servers, server, GREETING_BYTES + 40));
		assert_int_equal(row.changed, i >= 3);
	}
	assert_false(servers_greeted(servers, server, GREETING_BYTES)); /* one of several behind one address */
	for (int i = 0; i < ENOUGH; i++)
		assert_true(servers_greeted(servers, server, GREETING_BYTES + 40));
	assert_int_equal(row.changed, 1);
	assert_int_equal(row.changed_port, 993);
	assert_int_equal(server->relearned, 1);
	assert_int_equal(server->changed_s, NOW_S);
	assert_int_equal(server_state(server), SERVER_RELEARNING);
	assert_memory_equal(&server->profile, &probed, sizeof(probed));
	profile_note(&probed, REPLY_GREETING, GREETING_BYTES + 40, 32);
	assert_ptr_equal(servers_put(servers, &server->address, 993, &probed), server);
	assert_false(servers_greeted(servers, server, GREETING_BYTES + 40));
	for (int i = 0; i < ENOUGH; i++)
		assert_true(servers_greeted(servers, server, GREETING_BYTES + 90));
	assert_int_equal(row.changed, 2);
	servers_free(servers);
}

static void learning_that_is_switched_on_learns_the_changed_server(void **state)
{
	struct row row;
	struct servers *servers = row_of(&row, 8, true);
	struct server *server = acquainted(servers);

	(void)state;
	servers_learn(servers, false);
	for (int i = 0; i < ENOUGH; i++)
		assert_true(servers_greeted(servers, server, GREETING_BYTES + 40));
	servers_learn(servers, true);
	for (int i = 0; i < ENOUGH; i++)
		servers_greeted(servers, server, GREETING_BYTES + 40);
	assert_true(knows(&server->profile, REPLY_GREETING, GREETING_BYTES + 40));
	assert_false(servers_greeted(servers, server, GREETING_BYTES + 40));
	servers_free(servers);
}

static void strangers_now_and_then_renew_nothing(void **state)
{
	struct row row;
	struct servers *servers = row_of(&row, 8, true);
	struct server *server = acquainted(servers);

	(void)state;
	for (int i = 0; i < 3 * ENOUGH; i++)
		servers_greeted(servers, server, i % 3 ? GREETING_BYTES + 40 : GREETING_BYTES);
	assert_int_equal(row.changed, 0);
	assert_true(knows(&server->profile, REPLY_FAILURE, 51));
	servers_free(servers);
}

static void a_second_greeting_known_from_the_start_is_none_of_a_stranger(void **state)
{
	struct row row;
	struct servers *servers = row_of(&row, 8, true);
	struct server *server = enter(servers, 1, 993, GP_SERVICE_IMAPS);

	(void)state;
	for (int i = 0; i < 2 * KNOWN_FOR_SURE; i++)
		assert_false(servers_greeted(servers, server, i % 2 ? GREETING_BYTES : GREETING_BYTES + 80));
	for (int i = 0; i < ENOUGH; i++)
		assert_false(servers_greeted(servers, server, GREETING_BYTES + 80));
	assert_int_equal(row.changed, 0);
	servers_free(servers);
}

/* What Dovecot says, in as much as it matters here. */
static struct profile family(enum protocol protocol)
{
	struct profile profile = {.protocol = (uint8_t)protocol, .origin = ORIGIN_BUILTIN};

	profile_note(&profile, REPLY_NOOP, 21, 4);
	profile_note(&profile, REPLY_BAD, 48, 4);
	profile_note(&profile, REPLY_LOGOUT, 42, 4);
	profile_note(&profile, REPLY_FAILURE, 51, 4);
	profile_note(&profile, REPLY_SUCCESS, 415, 4);
	return profile;
}

static void a_server_like_a_family_is_taken_for_one_of_it(void **state)
{
	const struct profile imap = family(PROTOCOL_IMAP), pop3 = family(PROTOCOL_POP3);
	struct row row;
	struct servers *servers = row_of(&row, 8, true);
	struct server *server = enter(servers, 1, 993, GP_SERVICE_IMAPS);
	struct knowledge knowledge;

	(void)state;
	servers_common(servers, &pop3);
	servers_common(servers, &imap);
	knowledge = servers_knowledge(servers, server, GP_SERVICE_IMAPS, false);
	assert_false(knowledge.alike);
	assert_true(knows(knowledge.common, REPLY_FAILURE, 51)); /* of all families together */
	servers_heard(servers, server, REPLY_NOOP, 21, false);
	servers_heard(servers, server, REPLY_LOGOUT, 42, false);
	servers_heard(servers, server, REPLY_BAD, 48, false);
	knowledge = servers_knowledge(servers, server, GP_SERVICE_IMAPS, false);
	assert_true(knowledge.alike);
	assert_int_equal(knowledge.common->protocol, PROTOCOL_IMAP);
	assert_true(knows(knowledge.common, REPLY_SUCCESS, 415));
	servers_heard(servers, server, REPLY_FAILURE, 19, false);
	servers_heard(servers, server, REPLY_SUCCESS, 15, false);
	assert_false(servers_knowledge(servers, server, GP_SERVICE_IMAPS, false).alike);
	servers_free(servers);
}

static void two_families_of_one_dialogue_add_up(void **state)
{
	struct profile courier = {.protocol = PROTOCOL_IMAP};
	const struct profile dovecot = family(PROTOCOL_IMAP);
	const struct profile *common;
	struct row row;
	struct servers *servers = row_of(&row, 8, true);

	(void)state;
	profile_note(&courier, REPLY_FAILURE, 19, 4);
	servers_common(servers, &dovecot);
	servers_common(servers, &courier);
	common = servers_knowledge(servers, NULL, GP_SERVICE_IMAP, false).common;
	assert_true(knows(common, REPLY_FAILURE, 51) && knows(common, REPLY_FAILURE, 19));
	common = servers_knowledge(servers, NULL, GP_SERVICE_POP3, false).common;
	assert_int_equal(profile_seen(common, REPLY_FAILURE), 0);
	servers_free(servers);
}

static void the_other_port_of_the_same_address_is_of_the_same_kind(void **state)
{
	struct row row;
	struct servers *servers = row_of(&row, 8, true);
	struct server *known = acquainted(servers);
	struct server *sibling = enter(servers, 1, 143, GP_SERVICE_IMAP);
	struct server *pop3 = enter(servers, 1, 995, GP_SERVICE_POP3S), *far = enter(servers, 2, 143, GP_SERVICE_IMAP);
	const struct knowledge knowledge = servers_knowledge(servers, sibling, GP_SERVICE_IMAP, false);

	(void)state;
	assert_true(knowledge.alike);
	assert_ptr_equal(knowledge.common, &known->profile);
	assert_ptr_equal(knowledge.server, &sibling->profile);
	assert_false(servers_knowledge(servers, sibling, GP_SERVICE_IMAP, true).alike); /* who knows what it is now */
	assert_false(servers_knowledge(servers, pop3, GP_SERVICE_POP3S, false).alike);
	assert_false(servers_knowledge(servers, far, GP_SERVICE_IMAP, false).alike);
	assert_false(servers_knowledge(servers, known, GP_SERVICE_IMAPS, false).alike);
	servers_free(servers);
}

static void without_a_server_nothing_of_one_is_known(void **state)
{
	struct row row;
	struct servers *servers = row_of(&row, 8, true);
	const struct knowledge knowledge = servers_knowledge(servers, NULL, GP_SERVICE_SUBMISSIONS, false);

	(void)state;
	assert_int_equal(knowledge.server->protocol, PROTOCOL_SMTP);
	for (int reply = 0; reply < REPLY_MAX; reply++)
		assert_int_equal(profile_seen(knowledge.server, (enum reply)reply), 0);
	servers_free(servers);
}

static void attempts_and_connections_are_counted(void **state)
{
	struct row row;
	struct servers *servers = row_of(&row, 8, true);
	struct server *server = enter(servers, 1, 993, GP_SERVICE_IMAPS);

	(void)state;
	server_attempted(server, OUTCOME_FAILURE, true, true);
	server_attempted(server, OUTCOME_FAILURE, false, true);
	server_attempted(server, OUTCOME_SUCCESS, true, false);
	assert_int_equal(server->attempts[OUTCOME_FAILURE], 2);
	assert_int_equal(server->attempts[OUTCOME_SUCCESS], 1);
	assert_int_equal(server->attempts[OUTCOME_UNKNOWN], 0);
	assert_int_equal(server->connections, 2);
	assert_int_equal(server->one_way, 1);
	servers_free(servers);
}

static void servers_come_longest_silent_first(void **state)
{
	struct row row;
	struct servers *servers = row_of(&row, 8, true);
	uint32_t cursor = 0;

	(void)state;
	enter(servers, 1, 993, GP_SERVICE_IMAPS);
	enter(servers, 2, 993, GP_SERVICE_IMAPS);
	enter(servers, 1, 993, GP_SERVICE_IMAPS);
	assert_ptr_equal(servers_each(servers, &cursor), find(servers, 2, 993));
	assert_ptr_equal(servers_each(servers, &cursor), find(servers, 1, 993));
	assert_null(servers_each(servers, &cursor));
	servers_free(servers);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_flow_finds_its_server_again),
		cmocka_unit_test(who_leaves_is_not_in_use_any_more),
		cmocka_unit_test(full_of_servers_in_use_takes_no_more_and_else_the_idle_one_goes),
		cmocka_unit_test(another_dialogue_on_a_known_port_is_read_without_knowledge),
		cmocka_unit_test(what_was_stored_is_believed_from_the_first_flow_on),
		cmocka_unit_test(what_is_heard_is_learned_and_where_learning_is_off_nothing_is),
		cmocka_unit_test(a_greeting_that_is_another_makes_a_stranger),
		cmocka_unit_test(numbers_in_a_greeting_make_no_stranger),
		cmocka_unit_test(strangers_in_a_row_renew_the_server_and_that_is_told_once),
		cmocka_unit_test(where_learning_is_off_a_changed_server_stays_strange_until_a_profile_is_put),
		cmocka_unit_test(learning_that_is_switched_on_learns_the_changed_server),
		cmocka_unit_test(strangers_now_and_then_renew_nothing),
		cmocka_unit_test(a_second_greeting_known_from_the_start_is_none_of_a_stranger),
		cmocka_unit_test(a_server_like_a_family_is_taken_for_one_of_it),
		cmocka_unit_test(two_families_of_one_dialogue_add_up),
		cmocka_unit_test(the_other_port_of_the_same_address_is_of_the_same_kind),
		cmocka_unit_test(without_a_server_nothing_of_one_is_known),
		cmocka_unit_test(attempts_and_connections_are_counted),
		cmocka_unit_test(servers_come_longest_silent_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
