// Sealing: what was sealed comes back, and nothing else does.
#include "base/cipher.h"

#include <gtest/gtest.h>

namespace penstock {
namespace {

TEST(Cipher, UnsealsOnlyWhatItSealed) {
  const std::string key = new_data_key();
  for (const std::string& plain : {std::string(), std::string("hello"), std::string(5000, 'x')}) {
    const std::string sealed = seal(key, "9", plain);
    EXPECT_EQ(unseal(key, "9", sealed), plain);
    EXPECT_NE(seal(key, "9", plain), sealed);
    EXPECT_FALSE(unseal(key, "8", sealed).has_value());
    EXPECT_FALSE(unseal(new_data_key(), "9", sealed).has_value());
    for (const std::size_t at : {std::size_t{0}, sealed.size() / 2, sealed.size() - 1}) {
      std::string changed = sealed;
      changed[at] = static_cast<char>(changed[at] ^ 1);
      EXPECT_FALSE(unseal(key, "9", changed).has_value());
    }
    EXPECT_FALSE(unseal(key, "9", sealed.substr(1)).has_value());
  }
  EXPECT_FALSE(unseal(key, "9", "").has_value());
}

}  // namespace
}  // namespace penstock
