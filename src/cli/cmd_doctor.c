/* doctor: what this machine can do, what is missing, and how to mend it. */
#include "base/error.h"
#include "cli/doctor.h"
#include "cli/print_json.h"
#include "cli/terminal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const grade_names[] = {"good", "warning", "bad"};

void hearth_doctor_add(struct hearth_doctor *doctor, const char *check, enum hearth_grade grade,
                       const char *mend, const char *format, ...)
{
    char found[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(found, sizeof(found), format, arguments);
    va_end(arguments);
    json_t *row = json_pack("{s:s, s:s}", "check", check, "grade", grade_names[grade]);
    /* Not through pack: what the system says need not be UTF-8. */
    json_t *text = json_string(found);
    json_object_set_new(row, "found", text ? text : json_string("?"));
    if (mend && grade != HEARTH_GOOD)
        json_object_set_new(row, "mend", json_string(mend));
    json_array_append_new(doctor->findings, row);
    /* Grades are ordered from good to bad, so the worst is the greatest. */
    if ((int)grade > doctor->worst)
        doctor->worst = (int)grade;
}

/* The grade is read back from the rows, which are what --json prints; the names of the grades begin
 * with different letters. */
static void print_findings(const json_t *findings)
{
    static const enum hearth_style styles[] = {HEARTH_GREEN, HEARTH_YELLOW, HEARTH_RED};
    size_t index;
    const json_t *row;
    json_array_foreach(findings, index, row)
    {
        const char *grade = hearth_json_text(row, "grade", "bad");
        int number = *grade == 'g' ? HEARTH_GOOD : *grade == 'w' ? HEARTH_WARNING : HEARTH_BAD;
        printf("%s%-7s%s  %-10s  ", hearth_style(styles[number]), grade, hearth_style(HEARTH_PLAIN),
               hearth_json_text(row, "check", ""));
        hearth_print_clean(stdout, hearth_json_text(row, "found", ""));
        putchar('\n');
        const char *mend = hearth_json_text(row, "mend", NULL);
        if (mend)
            printf("%21s%s-> %s%s\n", "", hearth_style(HEARTH_DIM), mend,
                   hearth_style(HEARTH_PLAIN));
    }
}

int hearth_cli_doctor(struct hearth_invocation *invocation, struct hearth_error *error)
{
    struct hearth_doctor doctor = {.invocation = invocation, .findings = json_array()};
    hearth_doctor_machine(&doctor);
    hearth_doctor_program(&doctor);
    if (hearth_invocation_option(invocation, "network"))
        hearth_doctor_hub(&doctor);
    int rc = 0;
    if (invocation->json) {
        rc = hearth_print_json(json_pack("{s:b, s:s, s:o}", "ok", doctor.worst < HEARTH_BAD,
                                         "version", HEARTH_VERSION, "findings", doctor.findings),
                               error);
    } else {
        print_findings(doctor.findings);
        json_decref(doctor.findings);
    }
    /* A warning leaves the exit status at 0: the program works, only less well. */
    if (!rc && doctor.worst == HEARTH_BAD)
        rc = hearth_error_set(
            error, HEARTH_ENOTIMPL,
            "hearth cannot serve models on this machine until what is marked bad is mended");
    return rc;
}
