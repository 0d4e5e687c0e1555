// The Query side of a service that speaks JSON: its description, copied and changed where the
// protocols differ.
#include "protocol/query_compatibility.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/ascii.h"
#include "protocol/xml_codec.h"

namespace penstock::protocol {

const QueryError* QueryCompatibility::find(std::string_view code) const {
  const auto found = std::ranges::find(errors, code, &QueryError::code);
  return found == errors.end() ? nullptr : &*found;
}

std::string query_reply(const OperationInfo& operation, const AnyShape& output,
                        std::string_view request_id) {
  std::string out =
      fmt::format(R"(<{}Response xmlns="{}">)", operation.name, operation.service->xml_namespace);
  if (!operation.result_wrapper.empty()) {
    out += fmt::format("<{}>", operation.result_wrapper);
    encode_xml_members(output.shape(), output.get(), out);
    out += fmt::format("</{}>", operation.result_wrapper);
  }
  out += fmt::format("<ResponseMetadata><RequestId>{}</RequestId></ResponseMetadata></{}Response>",
                     request_id, operation.name);
  return out;
}

std::string query_error(const ServiceInfo& service, const QueryCompatibility* compatibility,
                        const ApiError& error, std::string_view request_id) {
  const QueryError* known = compatibility != nullptr ? compatibility->find(error.code) : nullptr;
  const std::string_view code = known != nullptr ? known->query_code : error.code;
  const bool reworded = known != nullptr && !known->query_message.empty();
  return fmt::format(
      "<ErrorResponse "
      "xmlns=\"{}\"><Error><Type>{}</Type><Code>{}</Code><Message>{}</Message></Error>"
      "<RequestId>{}</RequestId></ErrorResponse>",
      service.xml_namespace, error.status >= 500 ? "Receiver" : "Sender", xml_escape(code),
      xml_escape(reworded ? known->query_message : error.message), request_id);
}

struct QueryTwin::Impl {
  ServiceBinding original;
  ServiceInfo info;
  std::vector<std::string> wrappers;
  std::vector<OperationInfo> operations;
  std::vector<const OperationInfo*> listed;
};

QueryTwin::QueryTwin(const ServiceBinding& original, const QueryCompatibility& compatibility)
    : impl_(std::make_unique<Impl>(original, *original.info)) {
  const std::size_t count = original.info->operations.size();
  impl_->wrappers.reserve(count);
  impl_->operations.reserve(count);
  for (const OperationInfo* operation : original.info->operations) {
    OperationInfo& copy = impl_->operations.emplace_back(*operation);
    copy.service = &impl_->info;
    if (!operation->output->members.empty()) {
      copy.result_wrapper = impl_->wrappers.emplace_back(std::string(operation->name) + "Result");
    }
    impl_->listed.push_back(&copy);
  }
  ServiceInfo& info = impl_->info;
  info.protocol = Protocol::kQuery;
  info.json_version = {};
  info.target_prefix = {};
  info.xml_namespace = compatibility.xml_namespace;
  info.operations = impl_->listed;
}

QueryTwin::~QueryTwin() = default;

ServiceBinding QueryTwin::binding() const {
  return {&impl_->info, impl_->original.service, impl_->original.operations};
}

bool is_resource_url_path(std::string_view path) {
  constexpr std::size_t kAccountDigits = 12;
  if (path.size() < kAccountDigits + 3 || path[0] != '/' || path[kAccountDigits + 1] != '/') {
    return false;
  }
  return is_account_id(path.substr(1, kAccountDigits)) &&
         path.find('/', kAccountDigits + 2) == std::string_view::npos;
}

}  // namespace penstock::protocol
