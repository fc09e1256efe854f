/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/cmd/replay_research.h"

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

int replay_research_tell(struct replay_research *asked, bool table, struct fault *fault)
{
	int error = asked->research ? research_find(asked->research, fault) : 0;

	if (!error && asked->research)
		(table ? tell_tables : tell_lines)(research_findings(asked->research), stdout);
	return error;
}

void replay_research_free(struct replay_research *asked)
{
	research_free(asked->research);
}
