/* What the parts of telling share (telling.c, telling_registry.c). Private to src/track. */
#ifndef HEARTH_TRACK_TELLING_PARTS_H
#define HEARTH_TRACK_TELLING_PARTS_H

#include "track/telling.h"

bool hearth_telling_is_verb(const struct hearth_telling *telling, const char *verb);
/* Of `tracked`; "" when it is not there. */
const char *hearth_telling_known(const struct hearth_telling *telling, const char *key);
/* An id or number of the server's, which goes into addresses and bodies again. */
bool hearth_telling_is_id(const char *text);

void hearth_telling_keep_reason(struct hearth_telling *telling, const char *reason);
enum hearth_outbox_verdict hearth_telling_refuse(struct hearth_telling *telling,
                                                 const char *reason);
/* An answer that lacks what it must have is none of MLflow's. */
enum hearth_outbox_verdict hearth_telling_strange(struct hearth_telling *telling, const char *what);
/* A request of which only the outcome matters; takes the body. */
enum hearth_outbox_verdict hearth_telling_post(struct hearth_telling *telling, const char *path,
                                               json_t *body);

enum hearth_outbox_verdict hearth_telling_registered(struct hearth_telling *telling,
                                                     const char *model);
enum hearth_outbox_verdict hearth_telling_version(struct hearth_telling *telling);
enum hearth_outbox_verdict hearth_telling_alias(struct hearth_telling *telling);

#endif
