/* SPDX-License-Identifier: BSD-2-Clause */
/* A month in miniature: the order of what happens on connections that overlap, who hears what, and how it is counted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "bench/month/course.h"
#include "user/core/duration.h"

#define START (20000 * NS_PER_DAY)
#define DELAY (2 * NS_PER_S)
#define ATTACK 1

/* A guard that bans everybody for good when it has heard so many answers, and writes down what it hears. */
struct witness {
	struct guard guard;
	unsigned bans_after;
	char heard[256];
};

static void note(struct witness *witness, uint64_t time_ns, const char *what)
{
	const size_t used = strlen(witness->heard);

	snprintf(witness->heard + used, sizeof(witness->heard) - used, "%s%.1f:%s", used ? " " : "",
		 (double)(time_ns - START) / (double)NS_PER_S, what);
}

static enum passage witness_passes(struct guard *guard, const struct arrival *arrival, bool has_failed, uint64_t now_ns)
{
	(void)arrival;
	(void)has_failed;
	(void)now_ns;
	return ((struct witness *)guard)->bans_after > 0 ? PASSAGE_FREE : PASSAGE_BANNED;
}

static enum passage witness_admits(struct guard *guard, const struct arrival *arrival)
{
	return witness_passes(guard, arrival, false, 0);
}

static void witness_answer(struct guard *guard, const struct answered *answer)
{
	struct witness *witness = (struct witness *)guard;
	const char letter[2] = {outcome_letter(answer->outcome), 0};

	note(witness, answer->time_ns, letter);
	if (witness->bans_after)
		witness->bans_after--;
}

static void witness_line(struct guard *guard, const struct log_line *line)
{
	static const char *const text[] = {"end", "verbose", "sasl", "lost"};

	note((struct witness *)guard, line->time_ns, text[line->kind]);
}

static void witness_handshake(struct guard *guard, const struct arrival *arrival, uint64_t now_ns)
{
	(void)arrival;
	note((struct witness *)guard, now_ns, "handshake");
}

static const struct guard_kind witness_kind = {
	.admits = witness_admits,
	.passes = witness_passes,
	.hear_answer = witness_answer,
	.hear_handshake = witness_handshake,
	.read_line = witness_line,
};

struct scene {
	struct witness lenient, strict;
	struct guard *guard[2];
	struct balance *balance;
	struct course *course;
};

static void scene_open_observing(struct scene *scene, unsigned strict_after, uint64_t observe_until_ns)
{
	*scene = (struct scene){
		.lenient = {.guard = {.kind = &witness_kind, .name = "lenient"}, .bans_after = 1000},
		.strict = {.guard = {.kind = &witness_kind, .name = "strict"}, .bans_after = strict_after},
	};
	scene->guard[0] = &scene->lenient.guard;
	scene->guard[1] = &scene->strict.guard;
	assert_int_equal(balance_new(&scene->balance, 2, 64), 0);
	assert_int_equal(course_new(&scene->course, scene->guard, 2, scene->balance, observe_until_ns), 0);
}

static void scene_open(struct scene *scene, unsigned strict_after)
{
	scene_open_observing(scene, strict_after, 0);
}

static void scene_close(struct scene *scene)
{
	course_free(scene->course);
	balance_free(scene->balance);
}

/* One connection from 192.0.2.HOST: an attempt a letter (F, S, U) every `every_ns`. */
static void comes(struct scene *scene, uint8_t host, double after_s, enum gp_service service, const char *outcomes,
		  uint64_t every_ns, unsigned family)
{
	struct synth_connection connection = {
		.time_ns = START + (uint64_t)(after_s * (double)NS_PER_S),
		.port = 4000,
		.service = service,
		.transport = TRANSPORT_TLS,
		.end = SYNTH_END_FIN,
		.lasts_ns = 60 * NS_PER_S,
	};

	assert_int_equal(addr_parse("192.0.2.0", &connection.source), 0);
	connection.source.byte[15] = host;
	for (; outcomes[connection.attempts]; connection.attempts++) {
		const char letter = outcomes[connection.attempts];

		connection.attempt[connection.attempts] = (struct synth_attempt){
			.after_ns = NS_PER_S / 2 + connection.attempts * every_ns,
			.account = host,
			.password = connection.attempts,
			.outcome = letter == 'F'   ? OUTCOME_FAILURE
				   : letter == 'S' ? OUTCOME_SUCCESS
						   : OUTCOME_UNKNOWN,
		};
	}
	assert_int_equal(course_connection(scene->course, &connection, family, DELAY), 0);
}

static void answers_come_after_the_delay_in_the_order_of_time(void **state)
{
	struct scene scene;

	(void)state;
	scene_open(&scene, 1000);
	comes(&scene, 1, 0, GP_SERVICE_IMAPS, "FF", 3 * NS_PER_S, ATTACK);
	comes(&scene, 2, 1, GP_SERVICE_IMAPS, "S", 0, 0);
	course_finish(scene.course);
	assert_string_equal(scene.lenient.heard, "1.5:S 2.5:verbose 2.5:F 5.5:verbose 5.5:F 60.0:end");
	scene_close(&scene);
}

static void a_connection_that_logs_in_has_no_line_of_failure_at_its_end(void **state)
{
	struct scene scene;

	(void)state;
	scene_open(&scene, 1000);
	comes(&scene, 1, 0, GP_SERVICE_IMAPS, "FS", 3 * NS_PER_S, 0);
	course_finish(scene.course);
	assert_string_equal(scene.lenient.heard, "2.5:verbose 2.5:F 3.5:S");
	scene_close(&scene);
}

static void postfix_tells_each_failure_and_who_was_lost(void **state)
{
	struct scene scene;

	(void)state;
	scene_open(&scene, 1000);
	comes(&scene, 1, 0, GP_SERVICE_SUBMISSION, "FF", 3 * NS_PER_S, ATTACK);
	course_finish(scene.course);
	assert_string_equal(scene.lenient.heard, "2.5:sasl 2.5:F 5.5:sasl 5.5:F");
	scene_close(&scene);
}

static void tls_without_an_attempt_is_a_handshake_at_its_end(void **state)
{
	struct scene scene;

	(void)state;
	scene_open(&scene, 1000);
	comes(&scene, 1, 0, GP_SERVICE_IMAPS, "", 0, ATTACK);
	course_finish(scene.course);
	assert_string_equal(scene.lenient.heard, "60.0:handshake");
	scene_close(&scene);
}

static void what_is_under_way_when_the_ban_lands_has_got_through_and_nothing_after(void **state)
{
	struct balance_family family;
	struct scene scene;

	(void)state;
	scene_open(&scene, 2);
	comes(&scene, 1, 0, GP_SERVICE_IMAPS, "FFFF", 3 * NS_PER_S, ATTACK); /* 0.5, 3.5, 6.5, 9.5 */
	comes(&scene, 1, 4, GP_SERVICE_IMAPS, "FF", 3 * NS_PER_S, ATTACK); /* 4.5, 7.5; the ban is at 5.5 */
	course_finish(scene.course);
	assert_int_equal(balance_family(scene.balance, ATTACK, 0, &family), 0);
	assert_int_equal(family.attempts, 6);
	assert_int_equal(family.through, 6);
	assert_int_equal(family.banned, 0);
	assert_int_equal(balance_family(scene.balance, ATTACK, 1, &family), 0);
	assert_int_equal(family.through, 3);
	assert_int_equal(family.sources, 1);
	assert_int_equal(family.banned, 1);
	assert_string_equal(scene.strict.heard,
			    "2.5:verbose 2.5:F 5.5:verbose 5.5:F 6.5:verbose 6.5:F 60.0:end 64.0:end");
	scene_close(&scene);
}

static void a_subscriber_who_is_shut_out_is_a_false_ban_and_a_login_refused(void **state)
{
	struct balance_subscribers subscribers;
	struct scene scene;

	(void)state;
	scene_open(&scene, 0);
	comes(&scene, 1, 0, GP_SERVICE_IMAPS, "S", 0, 0);
	comes(&scene, 1, 9, GP_SERVICE_IMAPS, "F", 0, ATTACK);
	course_finish(scene.course);
	balance_subscribers(scene.balance, 0, &subscribers);
	assert_int_equal(subscribers.sources, 1);
	assert_int_equal(subscribers.shared, 1);
	assert_int_equal(subscribers.banned, 0);
	balance_subscribers(scene.balance, 1, &subscribers);
	assert_int_equal(subscribers.banned, 1);
	assert_int_equal(subscribers.banned_shared, 1);
	assert_int_equal(subscribers.refused_by_ban, 1);
	scene_close(&scene);
}

static void who_only_observes_hears_and_stops_nobody(void **state)
{
	struct balance_family family;
	struct scene scene;

	(void)state;
	scene_open_observing(&scene, 1, START + 5 * NS_PER_S);
	comes(&scene, 1, 0, GP_SERVICE_IMAPS, "FFF", 3 * NS_PER_S, ATTACK); /* 0.5, 3.5, 6.5 */
	course_finish(scene.course);
	assert_int_equal(balance_family(scene.balance, ATTACK, 1, &family), 0);
	assert_int_equal(family.attempts, 1);
	assert_int_equal(family.through, 0);
	assert_string_equal(scene.strict.heard, "2.5:verbose 2.5:F 5.5:verbose 5.5:F 60.0:end");
	scene_close(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_come_after_the_delay_in_the_order_of_time),
		cmocka_unit_test(a_connection_that_logs_in_has_no_line_of_failure_at_its_end),
		cmocka_unit_test(postfix_tells_each_failure_and_who_was_lost),
		cmocka_unit_test(tls_without_an_attempt_is_a_handshake_at_its_end),
		cmocka_unit_test(what_is_under_way_when_the_ban_lands_has_got_through_and_nothing_after),
		cmocka_unit_test(who_only_observes_hears_and_stops_nobody),
		cmocka_unit_test(a_subscriber_who_is_shut_out_is_a_false_ban_and_a_login_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
