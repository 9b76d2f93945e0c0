/* Understands the command line. One table of commands and options is what parsing, help,
 * suggestions and shell completion are drawn from. Main thread only. */
#ifndef HEARTH_CLI_COMMAND_H
#define HEARTH_CLI_COMMAND_H

#include "base/arena.h"
#include "base/json.h"
#include "config/settings.h"
#include "hearth/error.h"

#include <stdbool.h>
#include <stddef.h>

enum { HEARTH_ARGUMENTS_MAX = 64, HEARTH_FLAGS_MAX = 128 };

/* An option of a command's own; settings are options too, where their row says so. */
struct hearth_option {
    const char *name;     /* "name" is typed --name */
    const char *argument; /* what stands behind it in help; NULL: it takes none */
    const char *help;
    bool repeats;
    char letter; /* 'f' is typed -f as well; or 0 */
};

struct hearth_invocation;

struct hearth_command {
    const char *name;      /* "config show" */
    const char *arguments; /* "MODEL [PROMPT…]" */
    size_t least, most;    /* arguments */
    const char *summary;
    const char *note; /* what its own help says beside that, in a line; or NULL */
    const char *example;
    const struct hearth_option *options; /* ends with a NULL name; NULL: none */
    bool client;                         /* talks to a server: takes --url */
    bool bare;                           /* runs without settings */
    int (*run)(struct hearth_invocation *invocation, struct hearth_error *error);
};

extern const struct hearth_command hearth_commands[]; /* ends with a NULL name */

/* What was typed, understood. Texts live as long as argv. */
struct hearth_invocation {
    const struct hearth_command *command; /* NULL: help on everything was asked for */
    bool help, json;
    const char *group; /* "config": help on the commands that begin with this word; or NULL */
    const char *arguments[HEARTH_ARGUMENTS_MAX];
    size_t argument_count;
    struct {
        const char *name, *value; /* "" for an option without argument */
    } options[HEARTH_ARGUMENTS_MAX];
    size_t option_count;
    const char *flags[2 * HEARTH_FLAGS_MAX + 1]; /* key, value … of settings, for the loader */
    size_t flag_count;
    /* Filled before the command runs, unless it is `bare`. */
    struct hearth_arena *arena;
    struct hearth_settings *settings;
    struct hearth_settings_origins origins;
    struct hearth_faults faults;
};

/* HEARTH_EINVAL says what is wrong, with a suggestion where there is a near word. */
int hearth_command_parse(int argc, char **argv, struct hearth_invocation *ret_invocation,
                         struct hearth_error *error);
/* The value of an option, "" when it takes none, NULL when it was not given. */
const char *hearth_invocation_option(const struct hearth_invocation *invocation, const char *name);
/* The values of a repeating option, each KEY=VALUE, as an object, which is the caller's. `typed`
 * reads values as JSON where they are (pin=true); without it they are texts. HEARTH_EINVAL. */
int hearth_invocation_pairs(const struct hearth_invocation *invocation, const char *option,
                            bool typed, json_t **ret_object, struct hearth_error *error);
/* Whether a command takes this setting as a flag. */
bool hearth_command_takes(const struct hearth_command *command,
                          const struct hearth_setting *setting);

/* Help on everything (NULL) or on one command, on standard output. */
void hearth_command_help(const struct hearth_command *command);
void hearth_command_group_help(const char *group);

/* The runs of the table, by file. */
int hearth_cli_init(struct hearth_invocation *invocation, struct hearth_error *error);
int hearth_cli_install(struct hearth_invocation *invocation, struct hearth_error *error);
int hearth_cli_list(struct hearth_invocation *invocation, struct hearth_error *error);
int hearth_cli_show(struct hearth_invocation *invocation, struct hearth_error *error);
int hearth_cli_rm(struct hearth_invocation *invocation, struct hearth_error *error);
int hearth_cli_reproduce(struct hearth_invocation *invocation, struct hearth_error *error);
int hearth_cli_merge(struct hearth_invocation *invocation, struct hearth_error *error);
int hearth_cli_lock(struct hearth_invocation *invocation, struct hearth_error *error);
int hearth_cli_serve(struct hearth_invocation *invocation, struct hearth_error *error);
int hearth_cli_bench(struct hearth_invocation *invocation, struct hearth_error *error);
int hearth_cli_ps(struct hearth_invocation *invocation, struct hearth_error *error);
int hearth_cli_stop(struct hearth_invocation *invocation, struct hearth_error *error);
int hearth_cli_run(struct hearth_invocation *invocation, struct hearth_error *error);
int hearth_cli_datasets(struct hearth_invocation *invocation, struct hearth_error *error);
int hearth_cli_datasets_add(struct hearth_invocation *invocation, struct hearth_error *error);
int hearth_cli_datasets_show(struct hearth_invocation *invocation, struct hearth_error *error);
int hearth_cli_datasets_rm(struct hearth_invocation *invocation, struct hearth_error *error);
int hearth_cli_train(struct hearth_invocation *invocation, struct hearth_error *error);
int hearth_cli_jobs(struct hearth_invocation *invocation, struct hearth_error *error);
int hearth_cli_logs(struct hearth_invocation *invocation, struct hearth_error *error);
int hearth_cli_cancel(struct hearth_invocation *invocation, struct hearth_error *error);
int hearth_cli_pause(struct hearth_invocation *invocation, struct hearth_error *error);
int hearth_cli_resume(struct hearth_invocation *invocation, struct hearth_error *error);
int hearth_cli_config_check(struct hearth_invocation *invocation, struct hearth_error *error);
int hearth_cli_config_show(struct hearth_invocation *invocation, struct hearth_error *error);
int hearth_cli_db_status(struct hearth_invocation *invocation, struct hearth_error *error);
int hearth_cli_db_upgrade(struct hearth_invocation *invocation, struct hearth_error *error);
int hearth_cli_db_downgrade(struct hearth_invocation *invocation, struct hearth_error *error);
int hearth_cli_doctor(struct hearth_invocation *invocation, struct hearth_error *error);
int hearth_cli_version(struct hearth_invocation *invocation, struct hearth_error *error);
int hearth_cli_completion(struct hearth_invocation *invocation, struct hearth_error *error);

#endif
