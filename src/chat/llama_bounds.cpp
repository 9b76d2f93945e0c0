/* Counts the allocations of a thread, and throws where one goes beyond a bound. Every `new` of this
 * plug-in comes here, because the operators are replaced at the end of the file. */
#include "chat/llama_bounds.hpp"

#include <pthread.h>
#include <time.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <malloc.h>
#include <new>

namespace
{

/* The clock of a thread costs a system call. */
constexpr unsigned calls_between_looks = 64;
constexpr size_t large_bytes = 64u << 10;
/* What is left free below: calls that go deeper without an allocation, a handler of an exception.
 */
constexpr size_t stack_reserve = 2u << 20;

/* The bounds that hold for this thread now; threads without any only pay for the look. It lies in
 * the static part of a thread's own memory: every allocation of the plug-in looks at it, and a leak
 * checker cannot follow what a plug-in has in the other part. */
__attribute__((tls_model("initial-exec"))) thread_local hearth_bounds *current = nullptr;

/* What `running` tells: how many bounds there are, and the one that was reached last (the bound's
 * number and one, above that its milliseconds) since the last of them began. */
std::atomic<unsigned> running_count{0};
std::atomic<uint64_t> last_reached{0};
constexpr unsigned bound_bits = 8;

uint64_t processor_ns()
{
    struct timespec now = {};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<uint64_t>(now.tv_sec) * 1000000000u + static_cast<uint64_t>(now.tv_nsec);
}

/* The stack grows down from the highest address: below the floor an allocation throws. */
const char *find_stack_floor()
{
    pthread_attr_t attributes;
    void *lowest = nullptr;
    size_t size = 0;
    if (pthread_getattr_np(pthread_self(), &attributes) != 0)
        return nullptr;
    pthread_attr_getstack(&attributes, &lowest, &size);
    pthread_attr_destroy(&attributes);
    size_t reserve = size > 2 * stack_reserve ? stack_reserve : size / 2;
    return static_cast<const char *>(lowest) + reserve;
}

/* Asking the system takes longer than most of what is bounded, and a stack stays where it is. */
const char *stack_floor()
{
    __attribute__((tls_model("initial-exec"))) static thread_local const char *floor = nullptr;
    if (floor == nullptr)
        floor = find_stack_floor();
    return floor;
}

/* What the allocator really gives is counted, since that is what is freed later. */
void *take(size_t size, size_t alignment)
{
    if (current != nullptr)
        current->check(size);
    void *memory = nullptr;
    if (alignment <= alignof(std::max_align_t))
        memory = std::malloc(size != 0 ? size : 1);
    else if (posix_memalign(&memory, alignment, size) != 0)
        memory = nullptr;
    if (memory == nullptr)
        throw std::bad_alloc();
    if (current != nullptr)
        current->held(malloc_usable_size(memory));
    return memory;
}

/* A library's nothrow allocation must not throw: to it a bound looks like no memory. */
void *try_take(size_t size, size_t alignment) noexcept
{
    try {
        return take(size, alignment);
    } catch (...) {
        return nullptr;
    }
}

void give_back(void *memory) noexcept
{
    if (current != nullptr && memory != nullptr)
        current->released(malloc_usable_size(memory));
    std::free(memory);
}

} // namespace

hearth_bounds::hearth_bounds(uint64_t processor_ms, size_t bytes, size_t least_bytes)
    : processor_ms_(processor_ms), end_ns_(processor_ns() + processor_ms * 1000000u),
      bytes_max_(static_cast<int64_t>(bytes)), least_bytes_(least_bytes),
      stack_floor_(stack_floor())
{
    current = this;
    last_reached = 0;
    running_count++;
}

hearth_bounds::~hearth_bounds()
{
    running_count--;
    current = nullptr;
}

uint64_t hearth_bounds::left_ns() const
{
    const uint64_t now = processor_ns();
    return now < end_ns_ ? end_ns_ - now : 0;
}

bool hearth_bounds::running(char *ret_words, size_t size)
{
    uint64_t last = last_reached;
    *ret_words = '\0';
    if (running_count == 0)
        return false;
    if (last != 0)
        hearth_bound_words(
            {static_cast<hearth_bound>(last % (1u << bound_bits) - 1), last >> bound_bits},
            ret_words, size);
    return true;
}

/* Noted first: in a function that may not throw this ends the process. */
void hearth_bounds::reach(hearth_bound bound) const
{
    last_reached = processor_ms_ << bound_bits | (static_cast<uint64_t>(bound) + 1);
    throw hearth_bound_reached{bound, processor_ms_};
}

void hearth_bound_words(const hearth_bound_reached &reached, char *ret_words, size_t size)
{
    if (reached.bound == hearth_bound::time)
        std::snprintf(ret_words, size, "takes longer than it may (%llu s)",
                      static_cast<unsigned long long>((reached.processor_ms + 999) / 1000));
    else
        std::snprintf(ret_words, size, "%s",
                      reached.bound == hearth_bound::memory ? "takes more memory than it may"
                                                            : "calls itself without an end");
}

/* Memory that was taken before the bounds began may be freed within them, so `held_` can be
 * negative. */
void hearth_bounds::check(size_t more)
{
    if (more < least_bytes_)
        return;
    if (static_cast<const char *>(__builtin_frame_address(0)) < stack_floor_)
        reach(hearth_bound::stack);
    if (more > static_cast<size_t>(INT64_MAX) - static_cast<size_t>(bytes_max_) ||
        held_ + static_cast<int64_t>(more) > bytes_max_)
        reach(hearth_bound::memory);
    if ((++calls_ % calls_between_looks == 0 || more >= large_bytes) && processor_ns() > end_ns_) {
        calls_ = calls_between_looks - 1; /* whoever swallows this meets it at once again */
        reach(hearth_bound::time);
    }
}

/* The plug-in's own; hidden, so that no other library of the process comes here. The C++ library is
 * linked in (cmake/llama.cmake), so that its strings do. */
void *operator new(size_t size)
{
    return take(size, 0);
}

void *operator new[](size_t size)
{
    return take(size, 0);
}

void *operator new(size_t size, std::align_val_t alignment)
{
    return take(size, static_cast<size_t>(alignment));
}

void *operator new[](size_t size, std::align_val_t alignment)
{
    return take(size, static_cast<size_t>(alignment));
}

void *operator new(size_t size, const std::nothrow_t &) noexcept
{
    return try_take(size, 0);
}

void *operator new[](size_t size, const std::nothrow_t &) noexcept
{
    return try_take(size, 0);
}

void *operator new(size_t size, std::align_val_t alignment, const std::nothrow_t &) noexcept
{
    return try_take(size, static_cast<size_t>(alignment));
}

void *operator new[](size_t size, std::align_val_t alignment, const std::nothrow_t &) noexcept
{
    return try_take(size, static_cast<size_t>(alignment));
}

void operator delete(void *memory) noexcept
{
    give_back(memory);
}

void operator delete[](void *memory) noexcept
{
    give_back(memory);
}

void operator delete(void *memory, size_t) noexcept
{
    give_back(memory);
}

void operator delete[](void *memory, size_t) noexcept
{
    give_back(memory);
}

void operator delete(void *memory, std::align_val_t) noexcept
{
    give_back(memory);
}

void operator delete[](void *memory, std::align_val_t) noexcept
{
    give_back(memory);
}

void operator delete(void *memory, size_t, std::align_val_t) noexcept
{
    give_back(memory);
}

void operator delete[](void *memory, size_t, std::align_val_t) noexcept
{
    give_back(memory);
}

void operator delete(void *memory, const std::nothrow_t &) noexcept
{
    give_back(memory);
}

void operator delete[](void *memory, const std::nothrow_t &) noexcept
{
    give_back(memory);
}
