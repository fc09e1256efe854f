/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/cmd/replay_research.h"

#include <errno.h>

bool replay_research_option(struct replay_research *asked, int option, const char *argument)
{
	switch (option) {
	case 'L':
		asked->options.labels = argument;
		return true;
	case 'S':
		asked->options.sweep = argument;
		return true;
	case 'W':
		asked->options.whatif = argument;
		return true;
	default:
		return false;
	}
}

int replay_research_open(struct replay_research *asked, struct replay *replay, struct fault *fault)
{
	if (!research_wanted(&asked->options))
		return 0;
	return research_new(&asked->research, &asked->options, replay, fault);
}

int replay_research_tell(struct replay_research *asked, bool table, struct directory *directory, struct fault *fault)
{
	const struct research_findings *findings;
	int error = asked->research ? research_find(asked->research, fault) : 0;

	if (error || !asked->research)
		return error;
	findings = research_findings(asked->research);
	if (table)
		putchar('\n'); /* after the table of the replay */
	(table ? tell_tables : tell_lines)(findings, stdout);
	/* What a file lacks is told when the directory is closed. */
	if (directory && tell_files(findings, directory_file, directory) == -ENOMEM)
		return fault_set(fault, ENOMEM, "no memory for the findings");
	return 0;
}

void replay_research_free(struct replay_research *asked)
{
	research_free(asked->research);
}
