/* SPDX-License-Identifier: BSD-2-Clause */
/* What the kernel half may cost the verifier, on every kernel and with every compiler that we build with: the one place
 * to change it. The kernel's own limits are 1,000,000 instructions and 512 bytes of stack. Each figure leaves about
 * half as much again as the dearest kernel took when it was written down; `make test-kernels` prints what each takes.
 */
#ifndef GATEPOST_TESTS_BUDGET_H
#define GATEPOST_TESTS_BUDGET_H

#include <stdint.h>

struct budget {
	const char *program;
	uint32_t verified; /* instructions looked at, over all paths, functions verified on their own included */
	uint32_t stack_bytes; /* of the deepest chain of calls */
};

static const struct budget budgets[] = {
	{"gatepost_in", 48000, 496},
	{"gatepost_out", 24000, 448},
};

#endif
