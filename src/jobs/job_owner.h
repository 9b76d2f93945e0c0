/* Which server's jobs are ours: those of our home, by a name that is kept in it. The machine may be
 * called otherwise meanwhile, as a container that is made anew is, and the home may have moved. */
#ifndef HEARTH_JOBS_JOB_OWNER_H
#define HEARTH_JOBS_JOB_OWNER_H

#include <stdbool.h>

/* "host:home#…", of where it was made, so that people know it; read from `folder`/owner, which is
 * written when there is none. Where a full disk keeps it from being written it is "host:home"
 * alone, which is right until the host is called otherwise. The caller frees it. Blocking. */
char *hearth_job_owner_read(const char *folder, const char *home);

/* Whether a job with this `home` (of its facts) is the owner's. */
bool hearth_job_owner_is(const char *owner, const char *home);

#endif
