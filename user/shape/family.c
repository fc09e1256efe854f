/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/shape/family.h"

#include <stddef.h>

#define FAMILY_ALIKE 2 /* kinds of replies that must be as long as the family's, over those that are not */
#define PLAIN_OK_BYTES 5

/* What is said to USER is said before anything else, and in words of the software's own where it says more than "+OK":
 * if nobody else who is known says as much, that is telling. */
static bool is_told_by_user(const struct profile *families, uint32_t count, const struct profile *profile,
			    const struct profile *family)
{
	const uint16_t bytes = profile_most_seen(profile, REPLY_USER);

	if (bytes <= PLAIN_OK_BYTES || !profile_says(family, REPLY_USER, bytes))
		return false;
	for (uint32_t i = 0; i < count; i++) {
		const struct profile *other = &families[i];

		if (other != family && other->protocol == family->protocol && profile_says(other, REPLY_USER, bytes))
			return false;
	}
	return true;
}

const struct profile *family_of(const struct profile *families, uint32_t count, const struct profile *profile)
{
	const struct profile *best = NULL;
	int most = FAMILY_ALIKE - 1;

	for (uint32_t i = 0; i < count; i++) {
		const struct profile *family = &families[i];
		int alike = family->protocol == profile->protocol ? profile_likeness(profile, family) : 0;

		if (alike > 0)
			alike += is_told_by_user(families, count, profile, family);
		if (alike > most) {
			most = alike;
			best = family;
		}
	}
	return best;
}
