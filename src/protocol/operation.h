// Operations: what a service answers, as a table.
//
//   constexpr protocol::Operation kOperations[] = {
//       protocol::operation<op::CreateStream, create_stream>(),
//       protocol::operation<op::PutRecord, put_record>(),
//   };
//
// The op:: tags are generated; a handler whose types do not fit its tag does not compile. A model
// operation that is missing from the table is answered with a named error.
#pragma once

#include <span>
#include <string_view>
#include <type_traits>

#include "protocol/api_error.h"
#include "protocol/context.h"
#include "protocol/shape.h"

namespace penstock::protocol {

enum class Protocol : std::uint8_t { kJson, kRestJson, kRestXml, kQuery };

struct OperationInfo;

// An operation of the model that is not served: known by name (and route), so that it is refused by
// name.
struct AbsentOperation {
  std::string_view name;
  std::string_view method;
  std::string_view uri;
};

struct ServiceInfo {
  std::string_view id;    // Folder and log name: "kinesis".
  std::string_view name;  // For people: "Kinesis".
  Protocol protocol;
  std::string_view json_version;   // "1.0" or "1.1"; empty for other protocols.
  std::string_view target_prefix;  // "Kinesis_20131202".
  std::string_view signing_name;
  std::string_view endpoint_prefix;
  std::string_view api_version;
  std::string_view xml_namespace;
  std::string_view iam_prefix;                       // "kinesis" in kinesis:PutRecord.
  std::span<const OperationInfo* const> operations;  // Those with shapes, in model order.
  std::span<const AbsentOperation> absent;           // The rest of the model.
};

struct OperationInfo {
  std::string_view name;
  const ServiceInfo* service;
  std::string_view method;
  std::string_view uri;  // Template: /v1/pipes/{Name}; {Key+} is greedy; may hold a fixed query.
  int status;
  const Shape* input;
  const Shape* output;
  AnyShape (*make_input)();
  AnyShape (*make_output)();
  std::span<const Shape* const> errors;
  std::string_view result_wrapper;  // Query: <PutXResult>.
  std::string_view input_root;  // REST-XML: name of the request's root element when not a payload.
};

struct Operation {
  const OperationInfo* info;
  Reply<AnyShape> (*call)(void* service, const Context& context, AnyShape input);
};

namespace detail {

template <typename Handler>
struct HandlerTraits;
template <typename S, typename I, typename O>
struct HandlerTraits<Reply<O> (*)(S&, const Context&, I)> {
  using Service = S;
  using Input = I;
  using Output = O;
};

template <typename Op, auto Handler>
Reply<AnyShape> invoke(void* service, const Context& context, AnyShape input) {
  using Traits = HandlerTraits<decltype(Handler)>;
  auto reply = co_await Handler(*static_cast<typename Traits::Service*>(service), context,
                                std::move(input.as<typename Traits::Input>()));
  if (!reply) co_return std::unexpected(std::move(reply).error());
  co_return AnyShape::of(std::move(*reply));
}

}  // namespace detail

template <typename Op, auto Handler>
constexpr Operation operation() {
  using Traits = detail::HandlerTraits<decltype(Handler)>;
  static_assert(std::is_same_v<typename Traits::Input, typename Op::Input>);
  static_assert(std::is_same_v<typename Traits::Output, typename Op::Output>);
  return Operation{&Op::kInfo, &detail::invoke<Op, Handler>};
}

// A service as the dispatcher and LocalCaller see it. `service` is the Service& of the handlers.
struct ServiceBinding {
  const ServiceInfo* info;
  void* service;
  std::span<const Operation> operations;

  const Operation* find(std::string_view name) const;
};

}  // namespace penstock::protocol
