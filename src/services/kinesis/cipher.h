// Records at rest: AES-256-GCM under a data key of the stream. Pure but for the making of keys and
// nonces, which come from the machine's generator: Random can be foretold.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace penstock::kinesis {

inline constexpr std::size_t kDataKeyBytes = 32;

std::string new_data_key();
// Nonce, ciphertext and tag. `context` has to be the same when it is opened. Requires: a data key.
std::string seal(std::string_view key, std::string_view context, std::string_view plain);
// nullopt when it was not sealed under that key and context, or was changed.
std::optional<std::string> open(std::string_view key, std::string_view context,
                                std::string_view sealed);

}  // namespace penstock::kinesis
