// What is sealed at rest: AES-256-GCM under a data key of its stream or queue. Pure but for the
// making of keys and nonces, which come from the machine's generator: Random can be foretold.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace penstock {

inline constexpr std::size_t kDataKeyBytes = 32;

std::string new_data_key();
// Nonce, ciphertext and tag. `context` has to be the same when it is unsealed. Requires: a data
// key.
std::string seal(std::string_view key, std::string_view context, std::string_view plain);
// nullopt when it was not sealed under that key and context, or was changed.
std::optional<std::string> unseal(std::string_view key, std::string_view context,
                                  std::string_view sealed);

}  // namespace penstock
