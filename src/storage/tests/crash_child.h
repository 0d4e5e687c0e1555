// The process that is killed, and what it and the test agree on.
#pragma once

#include <string>

namespace penstock::storage::testing {

// Arguments: a directory, a descriptor for acknowledgements, and "store" or "blob".
// "store": writers commit pairs of keys until the process dies, and report each acknowledged commit
// as a line "<writer> <number>\n". "blob": writes blobs and reports each id.
int crash_child(int argc, char** argv);

inline constexpr int kCrashWriters = 4;
// Every commit writes this key with the same value in kItems and kChanges: both or none.
std::string crash_key(int writer, int number);
std::string crash_value(int writer, int number);

}  // namespace penstock::storage::testing
