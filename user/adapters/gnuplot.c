/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/adapters/gnuplot.h"

#include <errno.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int spawn(pid_t *ret_pid, const char *directory, const char *script)
{
	char *const arguments[] = {"gnuplot", (char *)script, NULL};
	posix_spawn_file_actions_t actions;
	int error = posix_spawn_file_actions_init(&actions);

	if (error)
		return -error;
	error = posix_spawn_file_actions_addchdir_np(&actions, directory);
	if (!error) /* what a replay prints is for programs */
		error = posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
	if (!error)
		error = posix_spawnp(ret_pid, "gnuplot", &actions, NULL, arguments, environ);
	posix_spawn_file_actions_destroy(&actions);
	return -error;
}

int gnuplot_run(const char *directory, const char *script, struct fault *fault)
{
	int error, status;
	pid_t pid;

	error = spawn(&pid, directory, script);
	if (error == -ENOENT)
		return fault_set(fault, ENOENT, "gnuplot is not installed");
	if (error)
		return fault_set(fault, -error, "gnuplot: %s", strerror(-error));
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return fault_set(fault, errno, "gnuplot: %s", strerror(errno));
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		return fault_set(fault, EIO, "gnuplot does not draw %s/%s", directory, script);
	return 0;
}
