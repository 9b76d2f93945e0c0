/* hearth: one program with subcommands. */
#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "cli/command.h"
#include "cli/terminal.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The greatest amount of memory for the settings and what a command reads. */
enum { ARENA_MAX = 64 * 1024 * 1024 };

extern char **environ;

/* The shape is that of an error of the API, without the id of a request: a program that reads one
 * can read the other. */
static void report_as_json(const struct hearth_error *error)
{
    const struct hearth_error_row *row = hearth_error_row(error->code);
    json_t *object = json_pack("{s:s, s:s, s:s, s:b}", "error", row->text, "code", row->code,
                               "detail", error->message, "retry", row->retry);
    struct hearth_buf text;
    hearth_buf_init(&text, 1 << 16);
    if (object && hearth_json_dump(&text, object) == 0)
        fprintf(stderr, "%.*s\n", (int)text.length, text.bytes);
    hearth_buf_finish(&text);
    json_decref(object);
}

/* Standard output first, so that the error comes behind what was printed. */
static int report(const struct hearth_invocation *invocation, struct hearth_error *error)
{
    fflush(stdout);
    if (invocation->json) {
        report_as_json(error);
    } else if (*error->message) {
        fprintf(stderr, "%shearth:%s ", hearth_style_err(HEARTH_RED),
                hearth_style_err(HEARTH_PLAIN));
        hearth_print_clean(stderr, error->message); /* it may quote a server, a file, an argument */
        fputc('\n', stderr);
    }
    return hearth_error_row(error->code)->exit_code;
}

/* The arena is made here and kept until main ends: settings and origins refer to it. */
static int load_settings(struct hearth_invocation *invocation, struct hearth_error *error)
{
    static char directory[PATH_MAX];
    if (!getcwd(directory, sizeof(directory)))
        return hearth_error_set(
            error, HEARTH_EIO, "the current folder does not exist any more; change to another one");
    struct hearth_settings_input input = {
        .flags = invocation->flags, .env = (const char *const *)environ, .directory = directory};
    invocation->arena = hearth_arena_create(ARENA_MAX);
    return hearth_settings_load(&input, invocation->arena, &invocation->settings,
                                &invocation->origins, &invocation->faults, error);
}

/* A command speaks for itself; only a server logs what it does without being asked to. */
static void set_log_level(const struct hearth_invocation *invocation)
{
    bool is_asked_for = strcmp(invocation->command->name, "serve") == 0;
    for (size_t i = 0; i < hearth_settings_count; i++)
        if (strcmp(hearth_settings_table[i].key, "log_level") == 0 &&
            invocation->origins.by_row[i] != HEARTH_FROM_DEFAULT)
            is_asked_for = true;
    int level = hearth_log_level_parse(invocation->settings->log_level);
    hearth_log_set_level(is_asked_for ? (enum hearth_log_level)level : HEARTH_LOG_WARNING);
}

static int run(struct hearth_invocation *invocation, struct hearth_error *error)
{
    const struct hearth_command *command = invocation->command;
    if (invocation->help) {
        if (invocation->group)
            hearth_command_group_help(invocation->group);
        else
            hearth_command_help(command);
        return 0;
    }
    /* Only commands that are `bare` go on with faulty settings: `config check` lists every fault,
     * and the others need no settings. They get the code without its message, which would be
     * reported as their own. */
    int rc = load_settings(invocation, error);
    if (rc && !command->bare)
        return rc;
    if (!rc)
        set_log_level(invocation);
    if (command->bare)
        *error = (struct hearth_error){.code = rc, .message = ""};
    return command->run(invocation, error);
}

/* A command that succeeded but could not write its output has failed: `hearth list > /dev/full`.
 * Output is buffered, so that a full disk may only show at the last flush. */
int main(int argc, char **argv)
{
    struct hearth_error error = {.code = 0};
    /* Static for its size, and because the zeroed arena pointer can always be destroyed. */
    static struct hearth_invocation invocation;
    int rc = hearth_command_parse(argc, argv, &invocation, &error);
    if (rc == 0)
        rc = run(&invocation, &error);
    if (rc) {
        error.code = rc;
        rc = report(&invocation, &error);
    } else if (fflush(stdout) || ferror(stdout)) {
        hearth_error_set(&error, HEARTH_EIO, "standard output cannot be written");
        rc = report(&invocation, &error);
    }
    hearth_arena_destroy(invocation.arena);
    return rc;
}
