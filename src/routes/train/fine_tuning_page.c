#include "routes/train/fine_tuning_page.h"

#include "base/error.h"
#include "base/text.h"
#include "gateway/answers.h"

enum { PAGE_MAX = 100 };

bool hearth_fine_tuning_page_read(struct hearth_call *call, int64_t limit_default,
                                  struct hearth_fine_tuning_page *ret_page)
{
    const char *limit = hearth_exchange_query(call->exchange, "limit");
    const char *after = hearth_exchange_query(call->exchange, "after");
    ret_page->limit = limit_default;
    ret_page->after = after && *after ? after : NULL;
    if (!limit || !hearth_parse_int(limit, 1, PAGE_MAX, &ret_page->limit))
        return true;
    hearth_answer_message(call, HEARTH_EINVAL, "limit",
                          "limit is \"%.60s\"; it takes a number from 1 to %d", limit, PAGE_MAX);
    return false;
}
