// No page token makes its reader abort, and what it accepts is what it would have made.
#include <string>

#include "base/check.h"
#include "services/dynamodb/jobs.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace penstock::dynamodb;
  const std::string_view token(reinterpret_cast<const char*>(data), size);
  if (const auto arn = read_job_token(token)) CHECK(make_job_token(*arn) == token);
  (void)is_job_arn(token, "import");
  return 0;
}
