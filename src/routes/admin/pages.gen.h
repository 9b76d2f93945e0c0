/* Made by scripts/generate from api/; do not edit. */
#ifndef HEARTH_ROUTES_ADMIN_PAGES_GEN_H
#define HEARTH_ROUTES_ADMIN_PAGES_GEN_H

#include <stddef.h>

extern const char hearth_page_openapi[], hearth_page_docs[];
/* The Content-Security-Policy that the page works under. */
extern const char hearth_page_docs_policy[];
extern const size_t hearth_page_openapi_length, hearth_page_docs_length;

#endif
