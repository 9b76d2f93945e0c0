/* Bounds in time, memory and stack for code that runs what a model file wrote: the chat templates
 * of llama-common, an interpreter that has no bounds of its own. C++ only.
 *
 * While a hearth_bounds lives, each allocation of its thread in this plug-in is counted and looks
 * at the clock and at the stack; beyond a bound it throws hearth_bound_reached. That is no
 * std::exception, so the handlers of a library let it through to us. The interpreter allocates for
 * every value that it makes, so it cannot run long without passing here. What does not allocate is
 * bounded by the worker (src/worker/watch.h), which ends the process.
 *
 * Threads: a hearth_bounds belongs to the thread that made it; one at a time. */
#ifndef HEARTH_LLAMA_BOUNDS_H
#define HEARTH_LLAMA_BOUNDS_H

#include <cstddef>
#include <cstdint>

enum class hearth_bound { time, memory, stack };

struct hearth_bound_reached {
    hearth_bound bound;
    uint64_t processor_ms; /* that it had */
};

/* What is to be said of the code that reached it: "takes longer than it may (2 s)". */
void hearth_bound_words(const hearth_bound_reached &reached, char *ret_words, size_t size);

/* The interpreter of templates takes small pieces also within functions that may not throw (the
 * hash of a key), which would end the process; its values are larger. */
constexpr size_t hearth_bounds_interpreter = 128;

class hearth_bounds
{
  public:
    /* Milliseconds of processor time of this thread, and bytes that it may take and keep from now
     * on. Smaller allocations than `least_bytes` are let through: those of functions that may not
     * throw, where the code has such. */
    hearth_bounds(uint64_t processor_ms, size_t bytes, size_t least_bytes);
    ~hearth_bounds();
    hearth_bounds(const hearth_bounds &) = delete;
    hearth_bounds &operator=(const hearth_bounds &) = delete;

    /* For the words about a process that ended; any thread. Does any bounded code run now? If so,
     * `ret_words` says which bound it has reached since it began, and is empty otherwise: where a
     * function may not throw, reaching one ends the process. */
    static bool running(char *ret_words, size_t size);

    uint64_t left_ns() const; /* of processor time */

    /* Before `more` bytes are taken. */
    void check(size_t more);
    void held(size_t bytes)
    {
        held_ += static_cast<int64_t>(bytes);
    }
    void released(size_t bytes)
    {
        held_ -= static_cast<int64_t>(bytes);
    }

  private:
    [[noreturn]] void reach(hearth_bound bound) const;

    uint64_t processor_ms_, end_ns_;
    int64_t bytes_max_, held_ = 0;
    size_t least_bytes_;
    const char *stack_floor_;
    unsigned calls_ = 0;
};

#endif
