// Services whose model speaks AWS JSON and which older clients still address in the Query protocol:
// forms in, XML out, other error codes. Both are served from one operation table and one set of
// shapes (Member::wire_name is the name in forms and XML, Member::name the one in JSON).
//
//   QueryTwin twin(binding, kQueryCompatibility);   // The service as Query clients see it.
//   twin.binding()
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "protocol/operation.h"

namespace penstock::protocol {

// How an error of the model is called in the Query protocol, and in the header x-amzn-query-error
// of its JSON answers. The status is that of both protocols.
struct QueryError {
  std::string_view code;
  std::string_view query_code;
  int status = 400;
  std::string_view query_message = {};  // Where the wording differs; empty: the same.
};

struct QueryCompatibility {
  std::string_view xml_namespace;
  std::span<const QueryError> errors;

  const QueryError* find(std::string_view code) const;
};

// The XML documents of Query replies and errors. `compatibility` may be null.
std::string query_reply(const OperationInfo& operation, const AnyShape& output,
                        std::string_view request_id);
std::string query_error(const ServiceInfo& service, const QueryCompatibility* compatibility,
                        const ApiError& error, std::string_view request_id);

// A binding of the same service and the same operations whose description says Query. Immovable:
// what binding() gives refers to it.
class QueryTwin {
 public:
  QueryTwin(const ServiceBinding& original, const QueryCompatibility& compatibility);
  ~QueryTwin();
  QueryTwin(const QueryTwin&) = delete;
  QueryTwin& operator=(const QueryTwin&) = delete;

  ServiceBinding binding() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The path of a queue's URL, /<account>/<name>, to which its requests may be posted.
bool is_resource_url_path(std::string_view path);

}  // namespace penstock::protocol
