#include "format/gguf_types.h"

#include "format/gguf.h"

#include <stddef.h>

/* "ggml_type" of the specification and of ggml.h; block layouts of ggml-common.h. */
static const struct hearth_gguf_tensor_type types[] = {
    [0] = {"f32", 1, 4},         [1] = {"f16", 1, 2},         [2] = {"q4_0", 32, 18},
    [3] = {"q4_1", 32, 20},      [6] = {"q5_0", 32, 22},      [7] = {"q5_1", 32, 24},
    [8] = {"q8_0", 32, 34},      [9] = {"q8_1", 32, 36},      [10] = {"q2_K", 256, 84},
    [11] = {"q3_K", 256, 110},   [12] = {"q4_K", 256, 144},   [13] = {"q5_K", 256, 176},
    [14] = {"q6_K", 256, 210},   [15] = {"q8_K", 256, 292},   [16] = {"iq2_xxs", 256, 66},
    [17] = {"iq2_xs", 256, 74},  [18] = {"iq3_xxs", 256, 98}, [19] = {"iq1_s", 256, 50},
    [20] = {"iq4_nl", 32, 18},   [21] = {"iq3_s", 256, 110},  [22] = {"iq2_s", 256, 82},
    [23] = {"iq4_xs", 256, 136}, [24] = {"i8", 1, 1},         [25] = {"i16", 1, 2},
    [26] = {"i32", 1, 4},        [27] = {"i64", 1, 8},        [28] = {"f64", 1, 8},
    [29] = {"iq1_m", 256, 56},   [30] = {"bf16", 1, 2},       [34] = {"tq1_0", 256, 54},
    [35] = {"tq2_0", 256, 66},   [39] = {"mxfp4", 32, 17},    [40] = {"nvfp4", 64, 36},
    [41] = {"q1_0", 128, 18},    [42] = {"q2_0", 64, 18},
};

const struct hearth_gguf_tensor_type *hearth_gguf_tensor_type(uint32_t type)
{
    /* Numbers that were withdrawn (4, 5, 31 …) are holes in the table. */
    if (type >= sizeof(types) / sizeof(types[0]) || types[type].name == NULL)
        return NULL;
    return &types[type];
}

const char *hearth_gguf_tensor_type_name(uint32_t type)
{
    const struct hearth_gguf_tensor_type *found = hearth_gguf_tensor_type(type);
    return found != NULL ? found->name : NULL;
}

uint64_t hearth_gguf_tensor_type_bytes(uint32_t type, uint64_t element_count)
{
    const struct hearth_gguf_tensor_type *found = hearth_gguf_tensor_type(type);
    if (found == NULL)
        return 0;
    uint64_t blocks = element_count / found->block_elements;
    /* Written so that no sum can overflow, whatever the file says. */
    blocks += element_count % found->block_elements != 0;
    return blocks * found->block_bytes;
}
