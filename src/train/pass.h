/* Forwards through a network to the loss, and back to the gradients of an adapter.
 *
 * The gradients are added up over passes, each with a weight; with 1 / (labeled tokens of all
 * batches of a step) for every batch they are those of the mean over tokens, however the tokens are
 * cut into batches.
 *
 * Lifecycle: create for the largest batch, run, destroy. From one thread at a time, which leads
 * threads of the pass's own (crew.h); for one number of those, equal inputs give equal bits. A
 * batch goes through in parts of about 512 tokens, so that memory does not grow with it. */
#ifndef HEARTH_TRAIN_PASS_H
#define HEARTH_TRAIN_PASS_H

#include "train/batch.h"
#include "train/lora.h"

struct hearth_train_pass;

struct hearth_train_pass_params {
    uint32_t tokens;          /* of a batch, at most */
    uint32_t document_tokens; /* of one document, at most */
    /* Keeps only each layer's input, and computes a layer a second time on the way back: less
     * memory for about a third more time. */
    bool checkpoints;
    unsigned threads; /* that compute; 0: one. Equal numbers give equal bits. */
};

/* HEARTH_ENOMEM. Base and adapter must outlive it. */
int hearth_train_pass_create(struct hearth_train_base *base, struct hearth_lora *lora,
                             const struct hearth_train_pass_params *params,
                             struct hearth_train_pass **ret_pass, struct hearth_error *error);
void hearth_train_pass_destroy(struct hearth_train_pass *pass); /* NULL is allowed */

/* The sum of the loss over labeled tokens, without dropout. HEARTH_EINVAL when the batch is not
 * within the params and the vocabulary; HEARTH_EINTERNAL names the first layer whose result is not
 * finite. */
int hearth_train_pass_evaluate(struct hearth_train_pass *pass,
                               const struct hearth_train_batch *batch, double *ret_loss,
                               struct hearth_error *error);
/* The same with dropout; and the adapter's gradients += weight · their part. */
int hearth_train_pass_learn(struct hearth_train_pass *pass, const struct hearth_train_batch *batch,
                            double weight, double *ret_loss, struct hearth_error *error);

#endif
