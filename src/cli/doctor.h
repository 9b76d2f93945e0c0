/* The checks of `hearth doctor`. Each adds a finding: what was looked at, how good it is and, where
 * it is not good, how to mend it. */
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

/* `mend` may be NULL. */
void hearth_doctor_add(struct hearth_doctor *doctor, const char *check, enum hearth_grade grade,
                       const char *mend, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* Processor, memory, cgroup, kernel. */
void hearth_doctor_machine(struct hearth_doctor *doctor);
/* Programs and engines, home, disk, port. */
void hearth_doctor_program(struct hearth_doctor *doctor);
/* The model hub; asks the network. */
void hearth_doctor_hub(struct hearth_doctor *doctor);

#endif
