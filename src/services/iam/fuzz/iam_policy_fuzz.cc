// Policy documents: no text aborts, and a document without statements lets nobody in and allows
// nothing.
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "services/iam/evaluate.h"
#include "services/iam/policy.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace penstock::iam;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)policy_fault(text, PolicyKind::kIdentity);
  (void)policy_fault(text, PolicyKind::kTrust);
  const bool service = trusts_service(text, "pipes.amazonaws.com");
  const AccessRequest request{
      .action = "kinesis:PutRecords",
      .resource = "arn:aws:kinesis:us-east-1:123456789012:stream/s",
      .context = {{"aws:requestedregion", "us-east-1"}, {"aws:epochtime", "1795341600"}}};
  const PolicySet policy = PolicySet::compile({std::string(text)});
  const Verdict verdict = policy.decide(request);
  const Grant grant =
      policy.grant(request, {"123456789012", "arn:aws:sts::123456789012:assumed-role/r/s",
                             "arn:aws:iam::123456789012:role/r"});
  const bool granted = grant == Grant::kAccount || grant == Grant::kPrincipal;
  if (text.find('\\') == std::string_view::npos) {
    if (verdict == Verdict::kAllowed) CHECK(text.find("Allow") != std::string_view::npos);
    if (granted) CHECK(text.find("Allow") != std::string_view::npos);
    if (grant != Grant::kNone) CHECK(text.find("Principal") != std::string_view::npos);
  }
  // Whoever is let in is named, or everybody is; escapes may hide the name but not the backslash.
  if (text.find('\\') == std::string_view::npos && text.find('*') == std::string_view::npos) {
    if (service) CHECK(text.find("pipes.amazonaws.com") != std::string_view::npos);
    if (granted) CHECK(text.find("123456789012") != std::string_view::npos);
  }
  return 0;
}
