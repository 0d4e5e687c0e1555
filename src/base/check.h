// CHECK: an invariant that only a bug in penstock can break. Always on; never used on anything that
// a client, a disk or an AWS model can cause. A failed CHECK prints where and aborts.
#pragma once

namespace penstock {

[[noreturn]] void check_failed(const char* condition, const char* file, int line);

}  // namespace penstock

#define CHECK(condition)                               \
  (static_cast<bool>(condition) ? static_cast<void>(0) \
                                : ::penstock::check_failed(#condition, __FILE__, __LINE__))
