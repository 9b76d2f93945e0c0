/* cmocka with the headers that it wants before it. */
#ifndef HEARTH_TEST_CMOCKA_ALL_H
#define HEARTH_TEST_CMOCKA_ALL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
