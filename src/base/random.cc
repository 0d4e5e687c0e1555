// Generators behind the Random interface and the id forms drawn from them.
#include "base/random.h"

#include <fmt/format.h>

#include <random>

#include "base/check.h"

namespace penstock {
namespace {

class Mersenne final : public Random {
 public:
  explicit Mersenne(std::uint64_t seed) : engine_(seed) {}
  std::uint64_t next() override {
    const std::scoped_lock lock(mutex_);
    return engine_();
  }

 private:
  std::mutex mutex_;
  std::mt19937_64 engine_;
};

}  // namespace

std::uint64_t Random::below(std::uint64_t bound) {
  CHECK(bound > 0);
  // Lemire's multiply-shift; its bias below 2^-40 for the bounds used here is irrelevant.
  return static_cast<std::uint64_t>((static_cast<unsigned __int128>(next()) * bound) >> 64);
}

std::string Random::token(std::size_t length, std::string_view alphabet) {
  std::string out(length, '\0');
  for (char& c : out) c = alphabet[below(alphabet.size())];
  return out;
}

std::string Random::uuid() {
  const std::uint64_t high = (next() & ~0xF000ULL) | 0x4000ULL;
  const std::uint64_t low = (next() & ~(3ULL << 62)) | (2ULL << 62);
  return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", high >> 32, (high >> 16) & 0xFFFF,
                     high & 0xFFFF, low >> 48, low & 0xFFFFFFFFFFFFULL);
}

std::unique_ptr<Random> make_system_random() {
  std::random_device device;
  return std::make_unique<Mersenne>((static_cast<std::uint64_t>(device()) << 32) | device());
}

std::unique_ptr<Random> make_seeded_random(std::uint64_t seed) {
  return std::make_unique<Mersenne>(seed);
}

}  // namespace penstock
