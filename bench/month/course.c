/* SPDX-License-Identifier: BSD-2-Clause */
/* A connection that is under way is asked (an attempt comes in), answered, and at last it ends; a heap knows which is
 * next. The same connection meets all guards; a bit for each tells where it is still alive. */
#include "bench/month/course.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/core/duration.h"
#include "user/core/heap.h"

#define TICK_NS NS_PER_MINUTE
#define UNDER_WAY_MAX (1u << 20)

enum stage {
	STAGE_ASK,
	STAGE_ANSWER,
	STAGE_END,
};
struct under_way {
	struct heap_node node; /* first, see under_way_of */
	struct arrival arrival;
	uint64_t ends_ns, failure_delay_ns;
	enum stage stage;
	enum synth_end end;
	unsigned family, at; /* at: the attempt that is next or under way */
	uint32_t alive; /* bit 1 << guard: it lets this connection be */
	uint32_t limited; /* ... it refused it by a limit */
	uint32_t failed; /* ... a failure got through */
	bool succeeded;
	uint32_t attempts;
	struct synth_attempt attempt[];
};

struct course {
	struct guard *const *guard;
	unsigned guards;
	struct balance *balance;
	struct heap heap;
	uint64_t now_ns, ticked_ns, observe_until_ns;
};

int course_new(struct course **ret_course, struct guard *const *guard, unsigned guards, struct balance *balance,
	       uint64_t observe_until_ns)
{
	struct course *course = calloc(1, sizeof(*course));
	int result;

	if (!course)
		return -ENOMEM;
	course->guard = guard;
	course->guards = guards;
	course->balance = balance;
	course->observe_until_ns = observe_until_ns;
	result = heap_new(&course->heap, UNDER_WAY_MAX);
	if (result) {
		free(course);
		return result;
	}
	*ret_course = course;
	return 0;
}

static struct under_way *under_way_of(struct heap_node *node)
{
	return (struct under_way *)node;
}

void course_free(struct course *course)
{
	struct heap_node *node;

	if (!course)
		return;
	while ((node = heap_first(&course->heap))) {
		heap_remove(&course->heap, node);
		free(under_way_of(node));
	}
	heap_free(&course->heap);
	free(course);
}

/* ---- what the guards are told ----------------------------------------------------------------------------------- */

static void tell_answer(const struct course *course, const struct under_way *way)
{
	const struct synth_attempt *attempt = &way->attempt[way->at];
	const struct answered answer = {.time_ns = course->now_ns,
					.arrival = &way->arrival,
					.n = way->at,
					.account = attempt->account,
					.password = attempt->password,
					.outcome = attempt->outcome};

	for (unsigned i = 0; i < course->guards; i++)
		if (way->alive >> i & 1 && course->guard[i]->kind->hear_answer)
			course->guard[i]->kind->hear_answer(course->guard[i], &answer);
}

static void tell_line(const struct course *course, const struct under_way *way, enum log_kind kind, uint32_t whom)
{
	const struct log_line line = {.time_ns = course->now_ns, .address = way->arrival.address, .kind = kind};

	for (unsigned i = 0; i < course->guards; i++)
		if (whom >> i & 1 && course->guard[i]->kind->read_line)
			course->guard[i]->kind->read_line(course->guard[i], &line);
}

static void tell_handshake(const struct course *course, const struct under_way *way)
{
	for (unsigned i = 0; i < course->guards; i++)
		if (way->alive >> i & 1 && course->guard[i]->kind->hear_handshake)
			course->guard[i]->kind->hear_handshake(course->guard[i], &way->arrival, course->now_ns);
}

static bool is_dovecot(enum gp_service service)
{
	return service != GP_SERVICE_SUBMISSION && service != GP_SERVICE_SUBMISSIONS;
}

/* ---- the stages ------------------------------------------------------------------------------------------------- */

static uint64_t ask_ns(const struct under_way *way)
{
	return way->arrival.time_ns + way->attempt[way->at].after_ns;
}

static void go_on(struct course *course, struct under_way *way, enum stage stage, uint64_t due_ns)
{
	way->stage = stage;
	heap_put(&course->heap, &way->node, due_ns > course->now_ns ? due_ns : course->now_ns);
}

static bool is_observing(const struct course *course)
{
	return course->now_ns < course->observe_until_ns;
}

static void refuse(struct course *course, struct under_way *way, unsigned guard, enum passage passage)
{
	way->alive &= ~(1u << guard);
	if (passage == PASSAGE_LIMITED)
		way->limited |= 1u << guard;
	balance_ban(course->balance, guard, way->arrival.source, course->now_ns, passage == PASSAGE_LIMITED);
}

/* Whose guard has banned the source meanwhile does not hear of it again. */
static void cut(struct course *course, struct under_way *way)
{
	for (unsigned i = 0; i < course->guards && !is_observing(course); i++) {
		struct guard *guard = course->guard[i];
		enum passage passage;

		if (!(way->alive >> i & 1))
			continue;
		passage = guard->kind->passes(guard, &way->arrival, way->failed >> i & 1, course->now_ns);
		if (passage != PASSAGE_FREE)
			refuse(course, way, i, passage);
	}
}

static uint32_t everybody(const struct course *course)
{
	return (1u << course->guards) - 1;
}

static void note_attempt(const struct course *course, const struct under_way *way)
{
	const struct balance_attempt attempt = {
		.time_ns = course->now_ns,
		.source = way->arrival.source,
		.family = way->family,
		.success = way->attempt[way->at].outcome == OUTCOME_SUCCESS,
		.banned = everybody(course) & ~way->alive & ~way->limited,
		.limited = way->limited,
	};

	balance_attempt(course->balance, &attempt);
}

static void ask(struct course *course, struct under_way *way)
{
	const enum outcome outcome = way->attempt[way->at].outcome;

	if (course->now_ns != way->arrival.time_ns)
		cut(course, way);
	if (!is_observing(course))
		note_attempt(course, way);
	if (outcome != OUTCOME_SUCCESS)
		way->failed |= way->alive;
	way->succeeded |= outcome == OUTCOME_SUCCESS;
	go_on(course, way, STAGE_ANSWER, course->now_ns + (outcome == OUTCOME_FAILURE ? way->failure_delay_ns : 0));
}

static void after_answer(struct course *course, struct under_way *way)
{
	if (++way->at < way->attempts)
		go_on(course, way, STAGE_ASK, ask_ns(way));
	else if (way->failed)
		go_on(course, way, STAGE_END, way->ends_ns);
	else
		free(way);
}

/* Who leaves before the answer: Postfix has asked, and tells the failure all the same. */
static void answer(struct course *course, struct under_way *way)
{
	if (way->attempt[way->at].outcome == OUTCOME_FAILURE)
		tell_line(course, way, is_dovecot(way->arrival.service) ? LOG_DOVECOT_FAILURE : LOG_POSTFIX_FAILURE,
			  way->alive);
	tell_answer(course, way);
	after_answer(course, way);
}

/* A connection that a guard cut is given up by the server some minutes later; here, when it would have ended. */
static void end(struct course *course, struct under_way *way)
{
	if (!way->attempts)
		tell_handshake(course, way);
	else if (!is_dovecot(way->arrival.service) && way->end != SYNTH_END_FIN)
		tell_line(course, way, LOG_POSTFIX_LOST, way->failed);
	else if (is_dovecot(way->arrival.service) && !way->succeeded)
		tell_line(course, way, LOG_DOVECOT_END, way->failed);
	free(way);
}

static void stage_run(struct course *course, struct under_way *way)
{
	switch (way->stage) {
	case STAGE_ASK:
		ask(course, way);
		break;
	case STAGE_ANSWER:
		answer(course, way);
		break;
	case STAGE_END:
		end(course, way);
		break;
	}
}

/* ---- time ------------------------------------------------------------------------------------------------------- */

static void tick(struct course *course)
{
	course->ticked_ns = course->now_ns;
	for (unsigned i = 0; i < course->guards; i++)
		if (course->guard[i]->kind->tick)
			course->guard[i]->kind->tick(course->guard[i], course->now_ns);
}

static void advance(struct course *course, uint64_t until_ns)
{
	struct heap_node *node;

	while ((node = heap_first(&course->heap)) && node->due_ns <= until_ns) {
		heap_remove(&course->heap, node);
		course->now_ns = node->due_ns;
		stage_run(course, under_way_of(node));
	}
}

/* ---- arrivals --------------------------------------------------------------------------------------------------- */

static void admit(struct course *course, struct under_way *way)
{
	way->alive = everybody(course);
	for (unsigned i = 0; i < course->guards; i++) {
		struct guard *guard = course->guard[i];
		const enum passage passage =
			is_observing(course) ? PASSAGE_FREE : guard->kind->admits(guard, &way->arrival);

		if (passage == PASSAGE_FREE) {
			if (guard->kind->hear_connection)
				guard->kind->hear_connection(guard, &way->arrival);
			continue;
		}
		refuse(course, way, i, passage);
	}
}

static struct under_way *under_way_new(const struct synth_connection *connection, unsigned family)
{
	const size_t bytes = connection->attempts * sizeof(*connection->attempt);
	struct under_way *way = malloc(sizeof(*way) + bytes);

	if (!way)
		return NULL;
	*way = (struct under_way){
		.arrival = {.time_ns = connection->time_ns,
			    .address = connection->source,
			    .source = addr_source(&connection->source),
			    .port = connection->port,
			    .service = connection->service,
			    .transport = connection->transport,
			    .client = connection->client},
		.ends_ns = connection->time_ns + connection->lasts_ns,
		.end = connection->end,
		.family = family,
		.attempts = connection->attempts,
	};
	memcpy(way->attempt, connection->attempt, bytes);
	return way;
}

static void arrive(struct course *course, struct under_way *way)
{
	admit(course, way);
	if (way->attempts) {
		go_on(course, way, STAGE_ASK, ask_ns(way));
		return;
	}
	if (!is_observing(course))
		balance_idle(course->balance, way->family, everybody(course) & ~way->alive & ~way->limited,
			     way->limited);
	if (way->arrival.transport != TRANSPORT_PLAIN)
		go_on(course, way, STAGE_END, way->ends_ns);
	else
		free(way);
}

int course_connection(struct course *course, const struct synth_connection *connection, unsigned family,
		      uint64_t failure_delay_ns)
{
	struct under_way *way;

	advance(course, connection->time_ns);
	course->now_ns = connection->time_ns;
	if (course->now_ns - course->ticked_ns >= TICK_NS)
		tick(course);
	if (connection->end == SYNTH_END_SYN) /* the kernel half's business; nobody is judged by it */
		return 0;
	way = course->heap.count < UNDER_WAY_MAX ? under_way_new(connection, family) : NULL;
	if (!way)
		return -ENOMEM;
	way->failure_delay_ns = failure_delay_ns;
	arrive(course, way);
	return 0;
}

void course_finish(struct course *course)
{
	advance(course, UINT64_MAX - 1);
}
