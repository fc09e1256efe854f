/* SPDX-License-Identifier: BSD-2-Clause */
/* What a server's words mean where its codes do not say: protocols leave the reason of a refusal to the text, and
 * servers have their habits. */
#ifndef GATEPOST_WORDING_H
#define GATEPOST_WORDING_H

#include "user/read/span.h"

bool wording_unchecked(struct span text); /* refused before the password was looked at, or trouble of its own */
bool wording_refused(struct span text); /* says in words that name or password were wrong */
bool wording_welcomed(struct span text); /* says in words that somebody is logged in */

#endif
