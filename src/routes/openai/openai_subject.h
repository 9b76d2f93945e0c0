/* The model that a request for vectors is about, and what embeddings and reranking have in common.
 * Loop thread only, but for the writer. */
#ifndef HEARTH_ROUTES_OPENAI_OPENAI_SUBJECT_H
#define HEARTH_ROUTES_OPENAI_OPENAI_SUBJECT_H

#include "catalog/catalog.h"
#include "gateway/call.h"
#include "task/default_model.h"
#include "task/model_facts.h"
#include "task/vectors.h"

/* A catalogue entry and its facts, for as long as a handler runs; released by the handler. */
struct hearth_openai_subject {
    const struct hearth_catalog_entry *entry;
    struct hearth_model_facts facts;
    bool known; /* the facts are */
};

/* False: there is no such model, and the call is answered. `fits` chooses for a client that names
 * none. */
bool hearth_openai_subject_find(struct hearth_call *call, hearth_model_fits *fits,
                                struct hearth_openai_subject *ret_subject);
void hearth_openai_subject_release(struct hearth_openai_subject *subject);

/* What becomes of an input that is too long: what the request says, else the model's setting
 * `truncate`, else it is refused. */
enum hearth_truncate hearth_openai_truncate(const json_t *body,
                                            const struct hearth_catalog_entry *entry);
/* The same for a pair, of which only the end can be cut. */
enum hearth_truncate hearth_openai_truncate_pair(const json_t *body,
                                                 const struct hearth_catalog_entry *entry);
/* Whether the model gives no score of a pair: then the call is answered. A classifier makes scores
 * too, but one for each label: no order of documents comes of that. */
bool hearth_openai_refuses_pairs(struct hearth_call *call,
                                 const struct hearth_openai_subject *subject);
/* One logit for a pair becomes a probability, as sentence-transformers' CrossEncoder does it. */
double hearth_openai_score_of(float logit, bool raw);
/* 24 random hex digits. */
void hearth_openai_make_id(char ret_id[25]);

/* A single text goes ahead of lists, unless the request says what it wants: somebody waits for it.
 */
enum hearth_class hearth_openai_class_of(const json_t *body, size_t count);

/* Appends the member "usage". Any thread. */
void hearth_openai_write_vector_usage(const struct hearth_vectors *vectors, struct hearth_buf *buf);

#endif
