#include "cli/terminal.h"
#include "unit/cmocka_all.h"

#include <fcntl.h>
#include <pty.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Standard output and error led elsewhere, and back. */
struct led {
    int saved[2];
    int main; /* the other end of the terminal; -1: no terminal */
};

static void lead_to(struct led *led, int descriptor)
{
    fflush(stdout);
    fflush(stderr);
    led->saved[0] = dup(STDOUT_FILENO);
    led->saved[1] = dup(STDERR_FILENO);
    assert_true(led->saved[0] >= 0 && led->saved[1] >= 0);
    assert_true(dup2(descriptor, STDOUT_FILENO) >= 0 && dup2(descriptor, STDERR_FILENO) >= 0);
    close(descriptor);
}

static void lead_to_terminal(struct led *led, unsigned short columns)
{
    int child;
    struct winsize size = {.ws_row = 24, .ws_col = columns};
    assert_int_equal(openpty(&led->main, &child, NULL, NULL, &size), 0);
    lead_to(led, child);
}

static void lead_to_file(struct led *led, const char *path)
{
    int descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(descriptor >= 0);
    led->main = -1;
    lead_to(led, descriptor);
}

static void lead_back(struct led *led)
{
    fflush(stdout);
    fflush(stderr);
    dup2(led->saved[0], STDOUT_FILENO);
    dup2(led->saved[1], STDERR_FILENO);
    close(led->saved[0]);
    close(led->saved[1]);
    if (led->main >= 0)
        close(led->main);
}

static void set_colours_wanted(void)
{
    unsetenv("NO_COLOR");
    setenv("TERM", "xterm", 1);
}

static void test_styles_are_escape_sequences_on_a_terminal(void **state)
{
    (void)state;
    struct led led;
    set_colours_wanted();
    lead_to_terminal(&led, 100);
    const char *red = hearth_style(HEARTH_RED), *plain = hearth_style_err(HEARTH_PLAIN);
    bool out = hearth_terminal_out(), err = hearth_terminal_err();
    lead_back(&led);
    assert_true(out && err);
    assert_string_equal(red, "\033[31m");
    assert_string_equal(plain, "\033[0m");
}

static void test_styles_are_empty_where_there_is_no_terminal(void **state)
{
    (void)state;
    struct led led;
    set_colours_wanted();
    lead_to_file(&led, "/dev/null");
    const char *red = hearth_style(HEARTH_RED), *red_err = hearth_style_err(HEARTH_RED);
    bool out = hearth_terminal_out(), err = hearth_terminal_err();
    lead_back(&led);
    assert_false(out || err);
    assert_string_equal(red, "");
    assert_string_equal(red_err, "");
}

static void test_styles_are_empty_where_nobody_wants_colours(void **state)
{
    (void)state;
    struct led led;
    lead_to_terminal(&led, 100);
    setenv("TERM", "dumb", 1);
    const char *dumb = hearth_style(HEARTH_RED);
    set_colours_wanted();
    setenv("NO_COLOR", "1", 1);
    const char *unwanted = hearth_style(HEARTH_RED);
    setenv("NO_COLOR", "", 1); /* no-color.org: only a value that is not empty counts */
    const char *wanted = hearth_style(HEARTH_RED);
    lead_back(&led);
    assert_string_equal(dumb, "");
    assert_string_equal(unwanted, "");
    assert_string_equal(wanted, "\033[31m");
}

static void test_the_width_is_that_of_the_window_now(void **state)
{
    (void)state;
    struct led led;
    lead_to_terminal(&led, 33);
    size_t narrow = hearth_terminal_columns();
    struct winsize size = {.ws_row = 24, .ws_col = 200};
    assert_int_equal(ioctl(led.main, TIOCSWINSZ, &size), 0);
    size_t wide = hearth_terminal_columns();
    size.ws_col = 0;
    assert_int_equal(ioctl(led.main, TIOCSWINSZ, &size), 0);
    size_t unknown = hearth_terminal_columns();
    lead_back(&led);
    lead_to_file(&led, "/dev/null");
    size_t none = hearth_terminal_columns();
    lead_back(&led);
    assert_int_equal(narrow, 33);
    assert_int_equal(wide, 200);
    assert_int_equal(unknown, 80);
    assert_int_equal(none, 80);
}

/* What a table prints on a terminal of that width, without the styles' escape sequences. */
static void read_table(unsigned short columns, const char *const *cells, size_t rows,
                       size_t columns_count, char *ret_text, size_t size)
{
    struct led led;
    setenv("TERM", "dumb", 1);
    lead_to_terminal(&led, columns);
    hearth_print_table(cells, rows, columns_count);
    fflush(stdout);
    ssize_t got = read(led.main, ret_text, size - 1);
    lead_back(&led);
    assert_true(got > 0);
    ret_text[got] = '\0';
}

static void test_a_table_is_cut_by_columns_not_by_bytes(void **state)
{
    (void)state;
    static const char *const cells[] = {"NAME", "SIZE", "日本語日本語日本語日本語", "1"};
    char text[512];
    read_table(40, cells, 2, 2, text, sizeof(text));
    assert_string_equal(text, "NAME                      SIZE\r\n日本語日本語日本語日本語  1\r\n");
    read_table(20, cells, 2, 2, text, sizeof(text));
    /* Thirteen columns: six characters and the dots; the column that is left over is a blank. */
    assert_string_equal(text, "NAME            SIZE\r\n日本語日本語…   1\r\n");
}

static void test_text_from_outside_cannot_steer_the_terminal(void **state)
{
    (void)state;
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    hearth_print_clean(out, "a\033[31mé\xff\n\x7f\xc2\x9bz");
    hearth_print_beginning(out, "|日本語", 6);
    fclose(out);
    assert_string_equal(text, "a?[31mé?\n??z|日本");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_styles_are_escape_sequences_on_a_terminal),
        cmocka_unit_test(test_styles_are_empty_where_there_is_no_terminal),
        cmocka_unit_test(test_styles_are_empty_where_nobody_wants_colours),
        cmocka_unit_test(test_the_width_is_that_of_the_window_now),
        cmocka_unit_test(test_a_table_is_cut_by_columns_not_by_bytes),
        cmocka_unit_test(test_text_from_outside_cannot_steer_the_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
