/* SPDX-License-Identifier: BSD-2-Clause */
/* The heap against a walk over everything that is in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "user/core/heap.h"

static void it_agrees_with_a_walk_over_random_use(void **state)
{
	enum { NODES = 40 };
	struct heap_node node[NODES] = {{0}};
	struct heap heap;
	unsigned int random = 3;

	(void)state;
	assert_int_equal(heap_new(&heap, NODES), 0);
	for (int step = 0; step < 20000; step++) {
		struct heap_node *one;
		uint64_t least = UINT64_MAX;
		uint32_t due = 0;

		random = random * 1103515245 + 12345;
		one = &node[(random >> 16) % NODES];
		if (one->at)
			heap_remove(&heap, one);
		else
			heap_put(&heap, one, random >> 8 & 255);
		for (int i = 0; i < NODES; i++) {
			if (!node[i].at)
				continue;
			least = node[i].due_ns < least ? node[i].due_ns : least;
			due += node[i].due_ns <= 100;
		}
		one = heap_first(&heap);
		assert_int_equal(one ? one->due_ns : UINT64_MAX, least);
		assert_int_equal(heap_count_due(&heap, 100), due);
	}
	heap_free(&heap);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(it_agrees_with_a_walk_over_random_use)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
