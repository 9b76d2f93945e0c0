/* Runs the checks of `hearth doctor`. Each adds a finding: what was looked at, how good it is and,
 * where it is not good, how to mend it. Main thread only. */
#ifndef HEARTH_CLI_DOCTOR_H
#define HEARTH_CLI_DOCTOR_H

#include "base/json.h"
#include "cli/command.h"

enum hearth_grade { HEARTH_GOOD, HEARTH_WARNING, HEARTH_BAD };

struct hearth_doctor {
    struct hearth_invocation *invocation;
    json_t *findings; /* array of {"check", "grade", "found", "mend"} */
    int worst;
};

/* Adds a row. `check` names what was looked at, `format` says what was found, and `mend` (may be
 * NULL) what to do about it; it is shown only where the grade is not good. All are copied. */
void hearth_doctor_add(struct hearth_doctor *doctor, const char *check, enum hearth_grade grade,
                       const char *mend, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* What the machine gives: processor, memory, limits of the cgroup, kernel, open files. */
void hearth_doctor_machine(struct hearth_doctor *doctor);
/* What this installation has: worker, engines, home, disk, port. */
void hearth_doctor_program(struct hearth_doctor *doctor);
/* Whether the model hub can be reached; the only check that uses the network. */
void hearth_doctor_hub(struct hearth_doctor *doctor);

#endif
