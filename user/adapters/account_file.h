/* SPDX-License-Identifier: BSD-2-Clause */
/* The account that a calibration may log in with: a file of two lines, the name and the password. Only its owner may be
 * able to read it, and only this struct ever holds what is in it. */
#ifndef GATEPOST_ACCOUNT_FILE_H
#define GATEPOST_ACCOUNT_FILE_H

#include "user/core/fault.h"

struct account {
	char name[256], password[256];
};

/* -EACCES: others may read it; -EBADMSG: not two lines; or that of open(2). */
int account_load(const char *path, struct account *ret_account, struct fault *fault);
void account_wipe(struct account *account);

#endif
