/* version, and the scripts that complete a command line in bash, zsh and fish; they are printed
 * from the table of commands, so that they know each flag that the parser knows. */
#include "base/error.h"
#include "cli/command.h"
#include "cli/print_json.h"
#include "hearth/engine.h"

#include <stdio.h>
#include <string.h>

int hearth_cli_version(struct hearth_invocation *invocation, struct hearth_error *error)
{
    if (invocation->json)
        return hearth_print_json(
            json_pack("{s:s, s:i}", "version", HEARTH_VERSION, "engine_abi", HEARTH_ENGINE_ABI),
            error);
    printf("hearth %s\n", HEARTH_VERSION);
    return 0;
}

/* The first words of all commands, each once: "config" for "config check" and "config show", which
 * stand side by side in the table. */
static void print_first_words(void)
{
    const char *before = "";
    for (const struct hearth_command *row = hearth_commands; row->name; row++) {
        size_t length = strcspn(row->name, " ");
        if (strncmp(row->name, before, length) != 0 || before[length] != ' ')
            printf("%.*s ", (int)length, row->name);
        before = row->name;
    }
}

/* "check show" of "config". */
static void print_second_words(const char *first, size_t length)
{
    for (const struct hearth_command *row = hearth_commands; row->name; row++)
        if (strncmp(row->name, first, length) == 0 && row->name[length] == ' ')
            printf(" %s", row->name + length + 1);
}

/* The half of a name that is no command itself has a case of its own: "config". */
static void print_groups(void)
{
    const char *before = "";
    for (const struct hearth_command *row = hearth_commands; row->name; row++) {
        size_t length = strcspn(row->name, " ");
        bool is_command = !row->name[length];
        for (const struct hearth_command *other = hearth_commands; other->name; other++)
            is_command = is_command || (strncmp(other->name, row->name, length) == 0 &&
                                        other->name[length] == '\0');
        if (!is_command && (strncmp(row->name, before, length) != 0 || before[length] != ' ')) {
            printf("    %.*s) words='", (int)length, row->name);
            print_second_words(row->name, length);
            printf("' ;;\n");
        }
        before = row->name;
    }
}

/* What a command takes, from the same tables as its parser. */
static void print_flags(const struct hearth_command *command)
{
    printf("--json --help");
    for (const struct hearth_option *row = command->options; row && row->name; row++)
        printf(" --%s", row->name);
    for (size_t i = 0; i < hearth_settings_count; i++)
        if (hearth_command_takes(command, &hearth_settings_table[i]))
            printf(" --%s", hearth_settings_table[i].flag);
}

/* The table says it in words for help, and completion reads the same words. */
static bool takes_model(const struct hearth_command *command)
{
    return strncmp(command->arguments, "MODEL", 5) == 0 ||
           strncmp(command->arguments, "[MODEL", 6) == 0 ||
           strncmp(command->arguments, "BASE", 4) == 0;
}

/* Names of models, one a line: the first line of `hearth list` is its head, and the name is the
 * first column. Where it fails, nothing is suggested. */
#define MODEL_NAMES "hearth list 2>/dev/null | sed -n '2,$s/ .*//p'"

/* The words are written into the script when it is printed; only names of models are asked for
 * while somebody types. */
static void print_bash(void)
{
    printf("# hearth completion bash\n"
           "_hearth() {\n"
           "    local word=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]} words=\n"
           "    if [ \"$COMP_CWORD\" -gt 2 ]; then case \"$command ${COMP_WORDS[2]}\" in\n");
    for (const struct hearth_command *row = hearth_commands; row->name; row++)
        if (strchr(row->name, ' '))
            printf("    '%s') command='%s' ;;\n", row->name, row->name);
    printf("    esac; fi\n"
           "    if [ \"$COMP_CWORD\" = 1 ]; then\n"
           "        words=\"");
    print_first_words();
    printf("\"\n    else case $command in\n");
    print_groups();
    for (const struct hearth_command *row = hearth_commands; row->name; row++) {
        printf("    '%s') words=\"", row->name);
        print_flags(row);
        print_second_words(row->name, strlen(row->name));
        if (takes_model(row))
            printf(" $(" MODEL_NAMES ")");
        else if (strcmp(row->name, "completion") == 0)
            printf(" bash zsh fish");
        printf("\" ;;\n");
    }
    printf("    esac; fi\n"
           "    COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
           "}\n"
           "complete -o default -F _hearth hearth\n");
}

static void print_zsh(void)
{
    /* compinit's bash emulation runs the same script, so there is one to keep right. */
    printf("#compdef hearth\n"
           "# hearth completion zsh: zsh understands bash's way.\n"
           "autoload -U +X bashcompinit && bashcompinit\n");
    print_bash();
}

/* fish expands variables in double quotes: they, quotes and backslashes are escaped. */
static void print_fish_flag(const struct hearth_command *command, const char *flag,
                            const char *help)
{
    printf("complete -c hearth -n '__fish_seen_subcommand_from %.*s' -l %s -d \"",
           (int)strcspn(command->name, " "), command->name, flag);
    for (; *help; help++) {
        if (strchr("\"$\\", *help))
            putchar('\\');
        putchar(*help);
    }
    printf("\"\n");
}

/* The names of models are asked for as MODEL_NAMES does it, but within fish's double quotes, where
 * `$s` would be a variable. */
static void print_fish(void)
{
    printf("# hearth completion fish\ncomplete -c hearth -f\n");
    for (const struct hearth_command *row = hearth_commands; row->name; row++) {
        const char *second = strchr(row->name, ' ');
        if (second)
            printf("complete -c hearth -n __fish_use_subcommand -a %.*s\n"
                   "complete -c hearth -n '__fish_seen_subcommand_from %.*s' -a %s -d '%s'\n",
                   (int)(second - row->name), row->name, (int)(second - row->name), row->name,
                   second + 1, row->summary);
        else
            printf("complete -c hearth -n __fish_use_subcommand -a %s -d '%s'\n", row->name,
                   row->summary);
        if (takes_model(row))
            printf("complete -c hearth -n '__fish_seen_subcommand_from %s' -a \"(%s)\"\n",
                   row->name, "hearth list 2>/dev/null | sed -n '2,\\$s/ .*//p'");
        print_fish_flag(row, "json", "JSON on standard output");
        for (const struct hearth_option *option = row->options; option && option->name; option++)
            print_fish_flag(row, option->name, option->help);
        for (size_t i = 0; i < hearth_settings_count; i++)
            if (hearth_command_takes(row, &hearth_settings_table[i]))
                print_fish_flag(row, hearth_settings_table[i].flag, hearth_settings_table[i].help);
    }
}

int hearth_cli_completion(struct hearth_invocation *invocation, struct hearth_error *error)
{
    const char *shell = invocation->arguments[0];
    if (strcmp(shell, "bash") == 0)
        print_bash();
    else if (strcmp(shell, "zsh") == 0)
        print_zsh();
    else if (strcmp(shell, "fish") == 0)
        print_fish();
    else
        return hearth_error_set(
            error, HEARTH_EINVAL,
            "there is no completion for '%s'; there is one for bash, zsh and fish", shell);
    return 0;
}
