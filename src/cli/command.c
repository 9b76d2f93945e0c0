#include "cli/command.h"

#include "base/error.h"
#include "base/text.h"

#include <string.h>

/* The last one wins, though only repeating options may come twice. Options lie in a list and not in
 * a struct, because each command has its own. */
const char *hearth_invocation_option(const struct hearth_invocation *invocation, const char *name)
{
    const char *value = NULL;
    for (size_t i = 0; i < invocation->option_count; i++)
        if (strcmp(invocation->options[i].name, name) == 0)
            value = invocation->options[i].value;
    return value;
}

int hearth_invocation_pairs(const struct hearth_invocation *invocation, const char *option,
                            bool typed, json_t **ret_object, struct hearth_error *error)
{
    json_t *object = json_object();
    for (size_t i = 0; i < invocation->option_count; i++) {
        const char *pair = invocation->options[i].value;
        if (strcmp(invocation->options[i].name, option) != 0)
            continue;
        const char *equals = strchr(pair, '=');
        if (!equals || equals == pair) {
            json_decref(object);
            return hearth_error_set(error, HEARTH_EINVAL, "--%s must be KEY=VALUE, but it is %s",
                                    option, pair);
        }
        json_t *value = typed ? hearth_json_parse(equals + 1, strlen(equals + 1), NULL) : NULL;
        json_object_setn_new(object, pair, (size_t)(equals - pair),
                             value ? value : json_string(equals + 1));
    }
    *ret_object = object;
    return 0;
}

/* Is the word in the list "a,b"? */
static bool listed(const char *list, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = list; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL)
        if (strncmp(at, word, length) == 0 && (at[length] == ',' || at[length] == '\0'))
            return true;
    return false;
}

bool hearth_command_takes(const struct hearth_command *command,
                          const struct hearth_setting *setting)
{
    /* `config` answers for what `serve` would do, so it takes every setting. */
    if (strncmp(command->name, "config", 6) == 0)
        return true;
    if (command->bare)
        return false;
    return listed(setting->commands, "all") || listed(setting->commands, command->name) ||
           /* "client" in a row of api/settings.json means all commands that talk to a server. */
           (command->client && listed(setting->commands, "client"));
}

/* The command that these words begin with; `ret_words` is how many of them name it. */
static const struct hearth_command *find_command(char **words, int count, int *ret_words)
{
    for (const struct hearth_command *row = hearth_commands; row->name; row++) {
        const char *space = strchr(row->name, ' ');
        size_t first = space ? (size_t)(space - row->name) : strlen(row->name);
        /* Equal in length and letters: a beginning such as "mod" names nothing, so that commands
         * which are added later change the meaning of no script. */
        if (strlen(words[0]) != first || strncmp(words[0], row->name, first) != 0)
            continue;
        if (space && (count < 2 || strcmp(words[1], space + 1) != 0))
            continue;
        *ret_words = space ? 2 : 1;
        return row;
    }
    return NULL;
}

/* The nearest word is suggested; `config` is half a command and gets words of its own. */
static int unknown_command(const char *word, const char *second, struct hearth_error *error)
{
    if (strcmp(word, "config") == 0) {
        if (!second || *second == '-')
            return hearth_error_set(error, HEARTH_EINVAL,
                                    "config needs a second word: check or show; see hearth config "
                                    "--help");
        return hearth_error_set(
            error, HEARTH_EINVAL,
            "there is no command 'config %s'; there are config check and config "
            "show",
            second);
    }
    const char *names[64];
    size_t count = 0;
    for (const struct hearth_command *row = hearth_commands; row->name && count < 63; row++)
        names[count++] = row->name;
    names[count] = NULL;
    const char *near = hearth_nearest_word(word, names);
    return hearth_error_set(error, HEARTH_EINVAL, "there is no command '%s'%s%s%s", word,
                            near ? "; did you mean '" : "; see hearth --help", near ? near : "",
                            near ? "'?" : "");
}

/* A flag split at its '='. */
struct flag {
    char name[64];     /* without the leading "--" */
    const char *value; /* behind '=', or NULL */
};

/* False for what cannot be a flag's name: shorter than "--x" or longer than any that exists. */
static bool split_flag(const char *word, struct flag *ret_flag)
{
    const char *equals = strchr(word, '=');
    size_t length = equals ? (size_t)(equals - word) : strlen(word);
    if (length < 3 || length - 2 >= sizeof(ret_flag->name))
        return false;
    memcpy(ret_flag->name, word + 2, length - 2);
    ret_flag->name[length - 2] = '\0';
    ret_flag->value = equals ? equals + 1 : NULL;
    return true;
}

/* "-f": NULL when it is none. */
static const struct hearth_option *find_letter(const struct hearth_command *command,
                                               const char *word)
{
    for (const struct hearth_option *row = command->options; row && row->name; row++)
        if (row->letter && word[0] == '-' && word[1] == row->letter && !word[2])
            return row;
    return NULL;
}

static const struct hearth_option *find_option(const struct hearth_command *command,
                                               const char *name)
{
    for (const struct hearth_option *row = command->options; row && row->name; row++)
        if (strcmp(row->name, name) == 0)
            return row;
    return NULL;
}

/* A setting is a flag only where its row in api/settings.json says so: `hearth list --port` is a
 * slip. */
static const struct hearth_setting *find_setting(const struct hearth_command *command,
                                                 const char *name)
{
    for (size_t i = 0; i < hearth_settings_count; i++)
        if (strcmp(hearth_settings_table[i].flag, name) == 0 &&
            hearth_command_takes(command, &hearth_settings_table[i]))
            return &hearth_settings_table[i];
    return NULL;
}

static int unknown_flag(const struct hearth_command *command, const char *word, const char *name,
                        struct hearth_error *error)
{
    /* 16 more than the settings: room for json, help and the options of one command. */
    const char *names[HEARTH_FLAGS_MAX + 16] = {"json", "help"};
    size_t count = 2;
    for (const struct hearth_option *row = command->options; row && row->name; row++)
        names[count++] = row->name;
    for (size_t i = 0; i < hearth_settings_count && count < HEARTH_FLAGS_MAX; i++)
        if (hearth_command_takes(command, &hearth_settings_table[i]))
            names[count++] = hearth_settings_table[i].flag;
    names[count] = NULL;
    const char *near = hearth_nearest_word(name, names);
    if (near)
        return hearth_error_set(error, HEARTH_EINVAL, "%s: there is no flag %s; did you mean --%s?",
                                command->name, word, near);
    return hearth_error_set(error, HEARTH_EINVAL, "%s: there is no flag %s; see hearth %s --help",
                            command->name, word, command->name);
}

/* Values are not copied: argv outlives the invocation. */
static int add_option(struct hearth_invocation *invocation, const struct hearth_option *option,
                      const char *value, struct hearth_error *error)
{
    if (!option->repeats && hearth_invocation_option(invocation, option->name))
        return hearth_error_set(error, HEARTH_EINVAL, "--%s is given twice", option->name);
    if (invocation->option_count == HEARTH_ARGUMENTS_MAX)
        return hearth_error_set(error, HEARTH_EINVAL, "there are too many flags");
    invocation->options[invocation->option_count].name = option->name;
    invocation->options[invocation->option_count++].value = value;
    return 0;
}

/* Settings are checked by the loader, which knows where each value came from. */
static int add_setting(struct hearth_invocation *invocation, const struct hearth_setting *setting,
                       const char *value, struct hearth_error *error)
{
    if (invocation->flag_count + 2 > 2 * HEARTH_FLAGS_MAX)
        return hearth_error_set(error, HEARTH_EINVAL, "there are too many flags");
    invocation->flags[invocation->flag_count++] = setting->key;
    invocation->flags[invocation->flag_count++] = value;
    return 0;
}

/* Takes the flag at words[0], and the value at words[1] when it stands apart; returns through
 * `ret_words` how many it took. */
static int take_flag(struct hearth_invocation *invocation, char **words, int count, int *ret_words,
                     struct hearth_error *error)
{
    struct flag flag;
    *ret_words = 1;
    const struct hearth_option *letter = find_letter(invocation->command, words[0]);
    if (letter) /* only switches have one */
        return add_option(invocation, letter, "", error);
    if (!split_flag(words[0], &flag))
        return hearth_error_set(error, HEARTH_EINVAL, "there is no flag %s", words[0]);
    /* Every command has these two, so they are in no table. */
    if (!flag.value && strcmp(flag.name, "json") == 0)
        return invocation->json = true, 0;
    if (!flag.value && strcmp(flag.name, "help") == 0)
        return invocation->help = true, 0;
    const struct hearth_option *option = find_option(invocation->command, flag.name);
    const struct hearth_setting *setting =
        option ? NULL : find_setting(invocation->command, flag.name);
    if (!option && !setting)
        return unknown_flag(invocation->command, words[0], flag.name, error);
    bool is_switch = option ? !option->argument : strcmp(setting->type, "truth") == 0;
    if (!flag.value && !is_switch) {
        if (count < 2)
            return hearth_error_set(error, HEARTH_EINVAL, "--%s needs a value", flag.name);
        flag.value = words[1];
        *ret_words = 2;
    }
    if (option && is_switch && flag.value)
        return hearth_error_set(error, HEARTH_EINVAL, "--%s takes no value", flag.name);
    if (option)
        return add_option(invocation, option, flag.value ? flag.value : "", error);
    return add_setting(invocation, setting, flag.value ? flag.value : "true", error);
}

static int check_arguments(const struct hearth_invocation *invocation, struct hearth_error *error)
{
    const struct hearth_command *command = invocation->command;
    /* `hearth run --help` is a whole question, though MODEL is missing. */
    if (invocation->help)
        return 0;
    if (invocation->argument_count < command->least)
        return hearth_error_set(error, HEARTH_EINVAL, "%s needs %s, for example: %s", command->name,
                                command->arguments, command->example);
    if (invocation->argument_count > command->most)
        return hearth_error_set(error, HEARTH_EINVAL, "%s does not take '%s'; see hearth %s --help",
                                command->name, invocation->arguments[command->most], command->name);
    return 0;
}

static bool asks_for_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0;
}

/* `hearth`, `hearth --help`, `hearth help run`, `hearth --version`: true when it was one. */
static bool take_general(int *argc, char ***argv, struct hearth_invocation *ret_invocation)
{
    /* Not const, since argv is not; written by nobody. */
    static char version[] = "version";
    if (*argc < 2) {
        ret_invocation->help = true;
        return true;
    }
    if (strcmp((*argv)[1], "--version") == 0)
        (*argv)[1] = version;
    if (!asks_for_help((*argv)[1]))
        return false;
    ret_invocation->help = true;
    if (*argc == 2)
        return true;
    /* `help run` and `--help run` become `run` with the help flag set. */
    (*argc)--;
    (*argv)++;
    return false;
}

/* One pass over the words. Flags may stand before, between and behind the arguments; behind --
 * everything is an argument. A lone "-" is one too: it means standard input. */
int hearth_command_parse(int argc, char **argv, struct hearth_invocation *ret_invocation,
                         struct hearth_error *error)
{
    *ret_invocation = (struct hearth_invocation){.command = NULL};
    if (take_general(&argc, &argv, ret_invocation))
        return 0;
    int words = 0;
    ret_invocation->command = find_command(argv + 1, argc - 1, &words);
    /* `hearth config help` asks about the group, as `hearth config --help` does. */
    bool asks = ret_invocation->help || (argc == 3 && asks_for_help(argv[2]));
    if (!ret_invocation->command && asks && strcmp(argv[1], "config") == 0) {
        ret_invocation->group = "config";
        ret_invocation->help = true;
        return 0;
    }
    if (!ret_invocation->command)
        return unknown_command(argv[1], argc > 2 ? argv[2] : NULL, error);
    bool only_arguments = false;
    for (int i = 1 + words; i < argc; i += words) {
        words = 1;
        const char *word = argv[i];
        if (!only_arguments && strcmp(word, "--") == 0) {
            only_arguments = true;
        } else if (!only_arguments && strcmp(word, "-h") == 0) {
            ret_invocation->help = true;
        } else if (!only_arguments && word[0] == '-' && word[1] != '\0') {
            int rc = take_flag(ret_invocation, argv + i, argc - i, &words, error);
            if (rc)
                return rc;
        } else if (ret_invocation->argument_count < HEARTH_ARGUMENTS_MAX) {
            ret_invocation->arguments[ret_invocation->argument_count++] = word;
        } else {
            return hearth_error_set(error, HEARTH_EINVAL, "there are too many arguments");
        }
    }
    return check_arguments(ret_invocation, error);
}
