/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/lines.h"
#include "user/research/tell.h"

#define VALUE_TEXT_BYTES 48

static const char *value_text(const struct research_findings *findings, size_t point, char *buffer)
{
	return sweep_value_text(findings->sweep, findings->point[point].value, buffer, VALUE_TEXT_BYTES);
}

static const char *field_text(const struct sweep *sweep)
{
	return sweep->window ? "window" : "threshold";
}

json_t *tell_sweep_json(const struct research_findings *findings, size_t i)
{
	const struct sweep_point *point = &findings->point[i];
	const struct sweep *sweep = findings->sweep;
	json_t *json = json_pack("{s:s, s:s, s:s}", "type", "sweep", "rule", sweep->rule, "field", field_text(sweep));

	json_object_set_new(json, "value",
			    sweep->window ? json_seconds(point->value) : json_integer((json_int_t)point->value));
	if (point->refused[0]) {
		json_object_set_new(json, "refused", json_string(point->refused));
		return json;
	}
	json_object_set_new(json, "true_ban_share", tell_share_json(point->attack.banned, point->attack.sources));
	json_object_set_new(json, "false_ban_share", tell_share_json(point->benign.banned, point->benign.sources));
	json_object_set_new(json, "bans_of_this_rule", json_integer(point->rule_bans));
	json_object_set_new(json, "limits", json_integer(point->limits));
	json_object_set_new(json, "attackers", tell_sum_json(&point->attack));
	json_object_set_new(json, "others", tell_sum_json(&point->benign));
	return json;
}

static void table_row(const struct sweep_point *point, const char *value, FILE *out)
{
	const struct toll_sum *attack = &point->attack;
	char share[3][16], median[16] = "-", p90[16] = "-";

	if (attack->banned) {
		snprintf(median, sizeof(median), "%.3f s", (double)attack->to_ban_median_ns / 1e9);
		snprintf(p90, sizeof(p90), "%.3f s", (double)attack->to_ban_p90_ns / 1e9);
	}
	fprintf(out, "%9s %9u %7s %10u %7s %7u %8llu %7s %10s %10s %9u\n", value, attack->banned,
		tell_share(attack->banned, attack->sources, share[0]), point->benign.banned,
		tell_share(point->benign.banned, point->benign.sources, share[1]), point->limits,
		(unsigned long long)attack->through,
		tell_share(attack->through, attack->through + attack->prevented, share[2]), median, p90,
		point->rule_bans);
}

void tell_sweep_table(const struct research_findings *findings, FILE *out)
{
	const struct sweep *sweep = findings->sweep;
	char value[VALUE_TEXT_BYTES];
	uint32_t attackers = 0;

	for (uint32_t i = 0; i < findings->truth->sources; i++)
		attackers += findings->truth->source[i].attack;
	fprintf(out, "%s%s of \"%s\", all other rules as they are; of %u attackers and %u others, as if enforced\n\n",
		"\n", field_text(sweep), sweep->rule, attackers, findings->truth->sources - attackers);
	fprintf(out, "%9s %9s %7s %10s %7s %7s %8s %7s %10s %10s %9s\n", sweep->window ? "WINDOW" : "THRESHOLD",
		"TRUE BANS", "SHARE", "FALSE BANS", "SHARE", "LIMITS", "THROUGH", "SHARE", "TO BAN", "90 %",
		"THIS RULE");
	for (size_t i = 0; i < sweep_points(sweep); i++) {
		value_text(findings, i, value);
		if (findings->point[i].refused[0])
			fprintf(out, "%9s  %s\n", value, findings->point[i].refused);
		else
			table_row(&findings->point[i], value, out);
	}
}

/* ---- for gnuplot ------------------------------------------------------------------------------------------------ */

static double value_number(const struct sweep *sweep, uint64_t value)
{
	return sweep->window ? (double)value / 1e9 : (double)value;
}

static double share(uint64_t part, uint64_t all)
{
	return all ? (double)part / (double)all : 0;
}

/* gnuplot leaves out what is not a number. */
static void tsv_seconds(const struct toll_sum *sum, uint64_t ns, FILE *out)
{
	if (sum->banned)
		fprintf(out, "\t%.6f", (double)ns / 1e9);
	else
		fprintf(out, "\tnan");
}

static void tsv_row(const struct sweep *sweep, const struct sweep_point *point, FILE *out)
{
	const struct toll_sum *attack = &point->attack, *benign = &point->benign;

	fprintf(out, "%.10g\t%u\t%u\t%.6f\t%u\t%u\t%.6f\t%llu\t%.6f", value_number(sweep, point->value), attack->banned,
		attack->sources, share(attack->banned, attack->sources), benign->banned, benign->sources,
		share(benign->banned, benign->sources), (unsigned long long)attack->through,
		share(attack->through, attack->through + attack->prevented));
	tsv_seconds(attack, attack->to_ban_median_ns, out);
	tsv_seconds(attack, attack->to_ban_p90_ns, out);
	fprintf(out, "\t%llu\t%u\t%u\n", (unsigned long long)(attack->hurt + benign->hurt), point->limits,
		point->rule_bans);
}

void tell_sweep_tsv(const struct research_findings *findings, FILE *out)
{
	const struct sweep *sweep = findings->sweep;

	fprintf(out, "# %s of rule %s%s\n", field_text(sweep), sweep->rule, sweep->window ? ", in seconds" : "");
	fprintf(out,
		"%s\ttrue_bans\tattackers\ttrue_ban_share\tfalse_bans\tothers\tfalse_ban_share\tlet_through\t"
		"let_through_share\tto_ban_median_s\tto_ban_p90_s\tlogins_hurt\tlimits\tbans_of_this_rule\n",
		field_text(sweep));
	for (size_t i = 0; i < sweep_points(sweep); i++) {
		const struct sweep_point *point = &findings->point[i];

		if (point->refused[0])
			fprintf(out, "# %.10g: %s\n", value_number(sweep, point->value), point->refused);
		else
			tsv_row(sweep, point, out);
	}
}

static void roc_plot(FILE *out)
{
	fprintf(out, "\tset key off\n\tset xrange [0:most > 0 ? 1.1 * most : 0.01]\n\tset yrange [0:1]\n"
		     "\tset offsets 0, 0, graph 0.04, graph 0.04\n"
		     "\tset xlabel 'false bans, share of the others'\n"
		     "\tset ylabel 'true bans, share of the attackers'\n"
		     "\tx = y = -1\n"
		     "\tplot table skip 2 using 7:4 with linespoints pt 7 lc rgb '#0072b2', "
		     "table skip 2 using 7:4:(first($7, $4, strcol(1))) with labels left offset 1,0\n");
}

static void cost_plot(const char *field, bool window, FILE *out)
{
	fprintf(out,
		"\tset key below\n\tset xrange [*:*]\n\tset yrange [0:*]\n\tset y2range [0:*]\n"
		"\tset offsets 0, 0, graph 0.05, 0\n"
		"\tset ytics nomirror\n\tset y2tics\n"
		"\tset xlabel '%s%s'\n\tset ylabel 'attempts let through, share'\n"
		"\tset y2label 'from the first attempt to the ban, s'\n"
		"\tplot table skip 2 using 1:9 with linespoints pt 7 lc rgb '#d55e00' title 'let through', "
		"table skip 2 using 1:10 axes x1y2 with linespoints pt 6 lc rgb '#009e73' title 'to ban, median', "
		"table skip 2 using 1:11 axes x1y2 with linespoints pt 4 lc rgb '#999999' title 'to ban, 90 %%'\n",
		field, window ? ", s" : "");
}

void tell_sweep_gnuplot(const struct research_findings *findings, FILE *out)
{
	const struct sweep *sweep = findings->sweep;

	fprintf(out,
		"# Usage: gnuplot roc.gp: roc.png and roc.svg from roc.tsv.\n"
		"set datafile separator tab\nset grid\ntable = 'roc.tsv'\n"
		"stats table skip 2 using 7 nooutput\nmost = STATS_max\n"
		"# Several values may come to the same: the first one is named.\n"
		"first(a, b, text) = a == x && b == y ? '' : (x = a, y = b, text)\n"
		"do for [kind in 'png svg'] {\n"
		"\tif (kind eq 'png') { set terminal pngcairo noenhanced size 1100,480 } "
		"else { set terminal svg noenhanced size 1100,480 }\n"
		"\tset output 'roc.' . kind\n"
		"\tset multiplot layout 1,2 title '%s of rule %s'\n",
		field_text(sweep), sweep->rule);
	roc_plot(out);
	cost_plot(field_text(sweep), sweep->window, out);
	fprintf(out, "\tunset multiplot\n\tunset output\n\tunset y2tics\n\tunset y2label\n\tset ytics mirror\n}\n");
}
