#include "cli/command.h"
#include "cli/terminal.h"

#include <stdio.h>
#include <string.h>

/* "  left        text", the text wrapped to the terminal. */
static void print_row(const char *left, int width, const char *text)
{
    int columns = (int)hearth_terminal_columns();
    int used = printf("  %-*s  ", width, left);
    int indent = width + 4;
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

static void print_all(void)
{
    printf("Hearth keeps and serves models on machines that you own.\n\n"
           "%susage:%s hearth COMMAND [ARGUMENTS] [FLAGS]\n\n",
           hearth_style(HEARTH_BOLD), hearth_style(HEARTH_PLAIN));
    for (const struct hearth_command *row = hearth_commands; row->name; row++)
        print_row(row->name, 14, row->summary);
    printf("\nhearth COMMAND --help says more, with an example. --json everywhere gives JSON.\n"
           "A first conversation:\n\n"
           "  hearth install file:model.gguf --name mine\n"
           "  hearth serve &\n"
           "  hearth run mine \"Hello\"\n");
}

static void print_settings(const struct hearth_command *command)
{
    bool any = false;
    for (size_t i = 0; i < hearth_settings_count; i++) {
        const struct hearth_setting *setting = &hearth_settings_table[i];
        if (!hearth_command_takes(command, setting))
            continue;
        if (!any)
            printf("\n%ssettings%s (also in hearth.yml and in the environment):\n",
                   hearth_style(HEARTH_BOLD), hearth_style(HEARTH_PLAIN));
        any = true;
        char left[64], text[512];
        snprintf(left, sizeof(left), "--%s", setting->flag);
        snprintf(text, sizeof(text), "%s [%s%s%s]", setting->help, setting->env,
                 *setting->fallback ? ", " : "", setting->fallback);
        print_row(left, 30, text);
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
    printf("\nhearth %s COMMAND --help says more, with an example.\n", group);
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
        snprintf(left, sizeof(left), "--%s%s%s", row->name, row->argument ? " " : "",
                 row->argument ? row->argument : "");
        print_row(left, 30, row->help);
    }
    print_row("--json", 30, "JSON on standard output, errors as JSON on standard error");
    print_row("--help", 30, "this text");
    print_settings(command);
}
