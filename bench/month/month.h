/* SPDX-License-Identifier: BSD-2-Clause */
/* The tables of a month: what each guard did to subscribers, and to each family of attacks. */
#ifndef BENCH_MONTH_MONTH_H
#define BENCH_MONTH_MONTH_H

#include "bench/month/guard.h"
#include "bench/month/balance.h"
#include "bench/report.h"
#include "user/synth/scenario.h"

struct month {
	const struct scenario *scenario;
	struct guard *const *guard;
	unsigned guards; /* the first is gatepost */
	const struct balance *balance;
	uint64_t connections, attempts;
	double took_s;
};

/* Lines and cases to the report, its bar, and DIRECTORY/month.dat for the plot. -errno */
int month_report(const struct month *month, struct report *report, const char *directory);

#endif
