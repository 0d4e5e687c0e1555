// Randomness as an interface: SystemRandom is seeded by the machine, SeededRandom replays a seed.
// Both are safe to use from any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace penstock {

class Random {
 public:
  virtual ~Random() = default;
  virtual std::uint64_t next() = 0;
  // Uniform in [0, bound). Requires bound > 0.
  std::uint64_t below(std::uint64_t bound);
  // `length` characters drawn from `alphabet`.
  std::string token(std::size_t length, std::string_view alphabet);
  // A version 4 UUID, lower case with hyphens.
  std::string uuid();
};

std::unique_ptr<Random> make_system_random();
std::unique_ptr<Random> make_seeded_random(std::uint64_t seed);

}  // namespace penstock
