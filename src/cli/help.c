#include "cli/command.h"
#include "cli/terminal.h"

#include <stdio.h>
#include <string.h>

/* "  left        text", the text wrapped to the terminal and kept behind the left column. */
static void print_row(const char *left, int width, const char *text)
{
    int columns = (int)hearth_terminal_columns();
    int used = printf("  %-*s  ", width, left);
    int indent = width + 4;
    /* A flag that is longer than the column has its text begin on the next line. */
    if (used > indent) {
        printf("\n%*s", indent, "");
    }
    int at = indent;
    while (*text) {
        int length = (int)strcspn(text, " ");
        if (at > indent && at + 1 + length > columns) {
            printf("\n%*s", indent, "");
            at = indent;
        } else if (at > indent) {
            at += printf(" ");
        }
        at += printf("%.*s", length, text);
        text += length;
        text += strspn(text, " ");
    }
    printf("\n");
}

/* Drawn from the table of commands, as parsing and completion are, so that they cannot differ. */
static void print_all(void)
{
    printf("Hearth keeps and serves models on machines that you own.\n\n"
           "%susage:%s hearth COMMAND [ARGUMENTS] [FLAGS]\n\n",
           hearth_style(HEARTH_BOLD), hearth_style(HEARTH_PLAIN));
    for (const struct hearth_command *row = hearth_commands; row->name; row++)
        print_row(row->name, 14, row->summary);
    printf(
        "\nhearth COMMAND --help tells more about a command, with an example. Every command takes\n"
        "--json to answer with JSON.\n\n"
        "A first conversation:\n\n"
        "  hearth install file:model.gguf --name mine\n"
        "  hearth serve &\n"
        "  hearth run mine \"Hello\"\n");
}

/* What stands behind the flag of a setting, by its type; NULL: nothing has to. */
static const char *argument_of(const struct hearth_setting *setting)
{
    switch (setting->kind) {
    case HEARTH_SETTING_TEXT:
        return setting->choices ? "CHOICE" : "TEXT";
    case HEARTH_SETTING_PATH:
        return "PATH";
    case HEARTH_SETTING_INTEGER:
    case HEARTH_SETTING_NUMBER:
        return "N";
    case HEARTH_SETTING_SIZE:
        return "SIZE";
    case HEARTH_SETTING_DURATION:
        return "TIME";
    case HEARTH_SETTING_LIST:
        return "A,B";
    case HEARTH_SETTING_TRUTH:
    case HEARTH_SETTING_MAP:
        break;
    }
    return NULL;
}

/* "auto, require or off" behind the help of a setting with choices. What does not fit is cut. */
static void append_choices(char *text, size_t size, const char *const *choices)
{
    for (size_t i = 0; choices && choices[i]; i++) {
        size_t used = strlen(text);
        const char *before = i == 0 ? ": " : choices[i + 1] ? ", " : " or ";
        snprintf(text + used, size - used, "%s%s", before, choices[i]);
    }
}

/* "help: choices [VARIABLE, default VALUE]". */
static void print_setting(const struct hearth_setting *setting)
{
    const char *argument = argument_of(setting);
    char left[64], text[768];
    snprintf(left, sizeof(left), "--%s%s%s", setting->flag, argument ? " " : "",
             argument ? argument : "");
    snprintf(text, sizeof(text), "%s", setting->help);
    append_choices(text, sizeof(text), setting->choices);
    size_t used = strlen(text);
    snprintf(text + used, sizeof(text) - used, " [%s%s%s]", setting->env,
             *setting->fallback ? ", default " : "", setting->fallback);
    print_row(left, 30, text);
}

/* Only those that this command takes. */
static void print_settings(const struct hearth_command *command)
{
    bool any = false;
    for (size_t i = 0; i < hearth_settings_count; i++) {
        const struct hearth_setting *setting = &hearth_settings_table[i];
        if (!hearth_command_takes(command, setting))
            continue;
        /* The heading comes with the first setting, so that a command without any has none. */
        if (!any)
            printf("\n%ssettings%s (these can also stand in hearth.yml or in the environment):\n",
                   hearth_style(HEARTH_BOLD), hearth_style(HEARTH_PLAIN));
        any = true;
        print_setting(setting);
    }
}

void hearth_command_group_help(const char *group)
{
    size_t length = strlen(group);
    printf("%susage:%s hearth %s COMMAND [FLAGS]\n\n", hearth_style(HEARTH_BOLD),
           hearth_style(HEARTH_PLAIN), group);
    for (const struct hearth_command *row = hearth_commands; row->name; row++)
        if (strncmp(row->name, group, length) == 0 && row->name[length] == ' ')
            print_row(row->name, 14, row->summary);
    printf("\nhearth %s COMMAND --help tells more about a command, with an example.\n", group);
}

void hearth_command_help(const struct hearth_command *command)
{
    if (!command) {
        print_all();
        return;
    }
    const char *bold = hearth_style(HEARTH_BOLD), *plain = hearth_style(HEARTH_PLAIN);
    printf("%s.\n%s%s\n%susage:%s hearth %s%s%s [FLAGS]\n%sexample:%s %s\n\n%sflags:%s\n",
           command->summary, command->note ? command->note : "", command->note ? "\n" : "", bold,
           plain, command->name, *command->arguments ? " " : "", command->arguments, bold, plain,
           command->example, bold, plain);
    for (const struct hearth_option *row = command->options; row && row->name; row++) {
        char left[64];
        snprintf(left, sizeof(left), "%s%.1s%s--%s%s%s", row->letter ? "-" : "", &row->letter,
                 row->letter ? ", " : "", row->name, row->argument ? " " : "",
                 row->argument ? row->argument : "");
        print_row(left, 30, row->help);
    }
    print_row("--json", 30, "answer with JSON; errors are JSON on standard error");
    print_row("--help", 30, "show this help");
    print_settings(command);
}
