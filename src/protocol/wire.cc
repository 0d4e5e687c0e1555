// Replies and errors as bytes, and their inverses for the client's side.
#include "protocol/wire.h"

#include <fmt/format.h>

#include "base/bytes.h"
#include "protocol/cbor_codec.h"
#include "protocol/event_reply.h"
#include "protocol/json_codec.h"
#include "protocol/json_writer.h"
#include "protocol/kinesis_http.h"
#include "protocol/query_codec.h"
#include "protocol/xml_codec.h"

namespace penstock::protocol {
namespace {

bool is_dynamodb(const ServiceInfo& service) { return service.signing_name == "dynamodb"; }

std::string json_type(const ServiceInfo& service) {
  return service.protocol == Protocol::kJson
             ? fmt::format("application/x-amz-json-{}", service.json_version)
             : std::string("application/json");
}

const Member* stream_payload(const Shape& shape) {
  const Member* payload = shape.payload;
  return payload != nullptr && payload->shape->kind == Kind::kStream ? payload : nullptr;
}

// A payload that is a blob or a string stands in the body as it is.
const Member* raw_payload(const Shape& shape) {
  const Member* payload = shape.payload;
  const bool raw = payload != nullptr &&
                   (payload->shape->kind == Kind::kBlob || payload->shape->kind == Kind::kString);
  return raw ? payload : nullptr;
}

void* field_of(const Member& member, void* value) {
  return member.field->make(static_cast<char*>(value) + member.offset);
}
const void* peek_of(const Member& member, const void* value) {
  return member.field->peek(static_cast<const char*>(value) + member.offset);
}

void put_raw(const Member& member, std::string bytes, void* value) {
  void* field = field_of(member, value);
  if (member.shape->kind == Kind::kBlob) {
    static_cast<Blob*>(field)->bytes = std::move(bytes);
  } else {
    *static_cast<std::string*>(field) = std::move(bytes);
  }
}

std::string take_raw(const Member& member, const void* value) {
  const void* present = peek_of(member, value);
  if (present == nullptr) return {};
  return member.shape->kind == Kind::kBlob ? static_cast<const Blob*>(present)->bytes
                                           : *static_cast<const std::string*>(present);
}

ApiResult<void> decode_body(const OperationInfo& operation, net::Body body, void* input,
                            Missing& missing) {
  const Shape& shape = *operation.input;
  if (const Member* stream = stream_payload(shape)) {
    *static_cast<net::Body*>(field_of(*stream, input)) = std::move(body);
    return {};
  }
  if (const Member* raw = raw_payload(shape)) {
    if (!body.bytes().empty()) put_raw(*raw, body.take_bytes(), input);
    return {};
  }
  if (shape.payload == nullptr && !shape.has_body_members) return {};
  if (operation.service->protocol == Protocol::kRestXml) {
    return decode_xml(shape, body.bytes(), input, missing);
  }
  if (shape.payload != nullptr && body.bytes().empty()) return {};
  return decode_json(*operation.service, shape, body.take_bytes(), input, missing);
}

// The root element of a REST-XML reply without payload. AWS uses <OperationResult> for most and has
// names of its own for some; clients ignore the name except where it is known to matter.
std::string_view xml_root(const OperationInfo& operation) {
  struct Root {
    std::string_view operation, root;
  };
  static constexpr Root kRoots[] = {
      {"ListBuckets", "ListAllMyBucketsResult"},
      {"ListObjects", "ListBucketResult"},
      {"ListObjectsV2", "ListBucketResult"},
      {"ListParts", "ListPartsResult"},
      {"ListMultipartUploads", "ListMultipartUploadsResult"},
      {"CreateMultipartUpload", "InitiateMultipartUploadResult"},
      {"CompleteMultipartUpload", "CompleteMultipartUploadResult"},
      {"DeleteObjects", "DeleteResult"},
      {"GetObjectTagging", "Tagging"},
      {"GetBucketTagging", "Tagging"},
      {"GetBucketVersioning", "VersioningConfiguration"},
      {"GetBucketLocation", "LocationConstraint"},
      {"GetBucketAcl", "AccessControlPolicy"},
      {"GetObjectAcl", "AccessControlPolicy"},
      {"GetObjectAttributes", "GetObjectAttributesResponse"},
      {"GetBucketCors", "CORSConfiguration"},
      {"GetBucketLifecycleConfiguration", "LifecycleConfiguration"},
      {"GetBucketRequestPayment", "RequestPaymentConfiguration"},
      {"GetBucketAccelerateConfiguration", "AccelerateConfiguration"},
      {"GetBucketLogging", "BucketLoggingStatus"},
      {"GetBucketWebsite", "WebsiteConfiguration"},
      {"GetBucketNotificationConfiguration", "NotificationConfiguration"},
  };
  for (const Root& root : kRoots) {
    if (root.operation == operation.name) return root.root;
  }
  return operation.output->name;
}

constexpr std::string_view kXmlHead = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

std::string xml_reply(const OperationInfo& operation, const AnyShape& output) {
  const Shape& shape = output.shape();
  constexpr std::string_view kNamespace = "http://s3.amazonaws.com/doc/2006-03-01/";
  std::string inner;
  std::string_view root = xml_root(operation);
  if (shape.payload != nullptr) {
    const void* present = peek_of(*shape.payload, output.get());
    if (present == nullptr) return {};
    root = shape.payload->wire_name;
    encode_xml_members(*shape.payload->shape, present, inner);
  } else if (operation.name == "GetBucketLocation") {
    // The one reply whose root element is the member itself.
    encode_xml_members(shape, output.get(), inner);
    const std::size_t open = inner.find('>'), close = inner.rfind('<');
    inner =
        open == std::string::npos || close <= open ? "" : inner.substr(open + 1, close - open - 1);
  } else if (shape.has_body_members) {
    encode_xml_members(shape, output.get(), inner);
  } else {
    return {};
  }
  return fmt::format("{}<{} xmlns=\"{}\">{}</{}>", kXmlHead, root, kNamespace, inner, root);
}

void seal(const ServiceInfo& service, const ReplyStyle& style, net::Response& response) {
  if (service.protocol == Protocol::kRestXml) {
    response.headers.set("x-amz-request-id", style.request_id);
    response.headers.set("x-amz-id-2", base64_encode(sha256(style.request_id)));
    return;
  }
  response.headers.set("x-amzn-requestid", style.request_id);
  if (is_dynamodb(service)) {
    response.headers.set("server", "Server");
    response.headers.set("x-amz-crc32", std::to_string(crc32(response.body.bytes())));
  } else if (speaks_kinesis(service)) {
    response.headers.set("x-amz-id-2", extended_request_id(style.request_id));
  }
}

bool in_cbor(const ServiceInfo& service, const ReplyStyle& style) {
  return speaks_cbor(service) && style.content_type == kCborType;
}

}  // namespace

ApiResult<AnyShape> decode_request(const OperationInfo& operation, net::Request& request,
                                   const Labels& labels, const net::QueryParams& form) {
  AnyShape input = operation.make_input();
  Missing missing;
  switch (operation.service->protocol) {
    case Protocol::kJson:
      if (speaks_cbor(*operation.service) && is_cbor(request.headers)) {
        TRY_VOID(decode_cbor(*operation.input, request.body.bytes(), input.get(), missing));
        request.body = net::Body();
      } else {
        TRY_VOID(decode_json(*operation.service, *operation.input, request.body.take_bytes(),
                             input.get(), missing));
      }
      break;
    case Protocol::kQuery:
      TRY_VOID(decode_form(*operation.input, form, input.get(), missing));
      break;
    case Protocol::kRestJson:
    case Protocol::kRestXml: {
      const auto query = net::parse_query(request.raw_query());
      TRY_VOID(decode_bindings(operation, labels, query, request.headers, input.get(), missing));
      TRY_VOID(decode_body(operation, std::move(request.body), input.get(), missing));
      break;
    }
  }
  TRY_VOID(validate(operation, input.get(), missing));
  return input;
}

net::Response encode_reply(const OperationInfo& operation, AnyShape output,
                           const ReplyStyle& style) {
  const ServiceInfo& service = *operation.service;
  net::Response response;
  response.status = operation.status == 0 ? 200 : operation.status;
  if (service.protocol == Protocol::kJson && events_of(output.shape()) != nullptr) {
    response.body = event_body(std::move(output), in_cbor(service, style));
    response.headers.set("content-type", std::string(kEventStreamType));
  } else if (service.protocol == Protocol::kJson) {
    std::string body;
    // Of DynamoDB and Kinesis, an operation without output members answers an empty body.
    const bool bare = is_dynamodb(service) || speaks_kinesis(service);
    if (!output.shape().members.empty() || !bare) {
      in_cbor(service, style) ? encode_cbor(output.shape(), output.get(), body)
                              : encode_json(output.shape(), output.get(), body);
    }
    response.body = std::move(body);
    response.headers.set("content-type",
                         style.content_type.empty() ? json_type(service) : style.content_type);
  } else if (service.protocol == Protocol::kQuery) {
    response.body = query_reply(operation, output, style.request_id);
    response.headers.set("content-type", "text/xml");
  } else {
    const Shape& shape = output.shape();
    if (const Member* stream = stream_payload(shape)) {
      response.body = std::move(*static_cast<net::Body*>(field_of(*stream, output.get())));
    } else if (const Member* raw = raw_payload(shape)) {
      response.body = take_raw(*raw, output.get());
    } else if (service.protocol == Protocol::kRestXml) {
      response.body = xml_reply(operation, output);
      if (!response.body.bytes().empty()) response.headers.set("content-type", "application/xml");
    } else if (shape.has_body_members || shape.payload != nullptr) {
      std::string body;
      encode_json(shape, output.get(), body);
      response.body = std::move(body);
      response.headers.set("content-type", "application/json");
    }
    encode_bindings(shape, output.get(), response);
    // S3's model has no member for the status of a partial answer; its range says that it is one.
    if (service.protocol == Protocol::kRestXml && response.headers.has("content-range"))
      response.status = 206;
  }
  seal(service, style, response);
  return response;
}

namespace {

std::string error_namespace(const ServiceInfo& service, const std::string& code) {
  if (service.id == "sqs") return "com.amazonaws.sqs#" + code;
  if (!is_dynamodb(service)) return code;
  static constexpr std::string_view kCoral[] = {"SerializationException",
                                                "UnknownOperationException",
                                                "MissingAuthenticationTokenException",
                                                "IncompleteSignatureException",
                                                "InvalidSignatureException",
                                                "UnrecognizedClientException",
                                                "ExpiredTokenException",
                                                "AccessDeniedException",
                                                "InternalFailure",
                                                "ServiceUnavailable"};
  for (const std::string_view name : kCoral) {
    if (code == name) return "com.amazon.coral.service#" + code;
  }
  if (code == "ValidationException") return "com.amazon.coral.validate#" + code;
  if (code == "ThrottlingException") return "com.amazon.coral.availability#" + code;
  return "com.amazonaws.dynamodb.v20120810#" + code;
}

bool message_is_capital(const ServiceInfo& service, const std::string& code) {
  static constexpr std::string_view kCapital[] = {
      "SerializationException", "AccessDeniedException", "TransactionCanceledException",
      "TransactionInProgressException", "IdempotentParameterMismatchException"};
  if (!is_dynamodb(service)) {
    if (service.id == "lambda") return true;
    return code == "SerializationException" || (service.id == "athena" || service.id == "glue");
  }
  for (const std::string_view name : kCapital) {
    if (code == name) return true;
  }
  return false;
}

std::string_view message_key(const ServiceInfo& service, const std::string& code) {
  return message_is_capital(service, code) ? "Message" : "message";
}

std::string json_error(const ServiceInfo& service, const ApiError& error) {
  std::string body;
  JsonWriter json(body);
  json.begin_object();
  if (service.protocol == Protocol::kJson) {
    json.key("__type").string(error_namespace(service, error.code));
  }
  if (service.id == "lambda") json.key("Type").string(error.status >= 500 ? "Service" : "User");
  if (!error.message.empty()) {
    json.key(message_key(service, error.code)).string(error.message);
  }
  for (const ErrorMember& member : error.members) json.key(member.name).raw(member.json);
  json.end_object();
  return body;
}

std::string plain_text(const std::string& json) {
  if (!json.starts_with('"')) return json;
  auto text = json_string_member("{\"v\":" + json + "}", "v");
  return text ? *text : json;
}

std::string s3_error(const ApiError& error, const ReplyStyle& style) {
  std::string out = fmt::format("{}<Error><Code>{}</Code><Message>{}</Message>", kXmlHead,
                                xml_escape(error.code), xml_escape(error.message));
  for (const ErrorMember& member : error.members) {
    out += fmt::format("<{0}>{1}</{0}>", member.name, xml_escape(plain_text(member.json)));
  }
  if (!style.resource.empty())
    out += fmt::format("<Resource>{}</Resource>", xml_escape(style.resource));
  out += fmt::format("<RequestId>{}</RequestId><HostId>{}</HostId></Error>", style.request_id,
                     base64_encode(sha256(style.request_id)));
  return out;
}

}  // namespace

net::Response encode_error(const ServiceInfo& service, const ApiError& error,
                           const ReplyStyle& style) {
  net::Response response;
  response.status = error.status;
  if (style.query != nullptr) {
    const QueryError* known = style.query->find(error.code);
    if (known != nullptr) response.status = known->status;
    if (service.protocol == Protocol::kJson) {
      response.headers.set("x-amzn-query-error",
                           fmt::format("{};{}", known != nullptr ? known->query_code : error.code,
                                       error.status >= 500 ? "Receiver" : "Sender"));
    }
  }
  switch (service.protocol) {
    case Protocol::kJson:
    case Protocol::kRestJson:
      response.body = in_cbor(service, style)
                          ? encode_cbor_error(error, message_key(service, error.code))
                          : json_error(service, error);
      response.headers.set("content-type",
                           style.content_type.empty() ? json_type(service) : style.content_type);
      if (service.protocol == Protocol::kRestJson)
        response.headers.set("x-amzn-errortype", error.code);
      break;
    case Protocol::kRestXml:
      if (!style.head && error.status != 304) {
        response.body = s3_error(error, style);
        response.headers.set("content-type", "application/xml");
      }
      break;
    case Protocol::kQuery:
      response.body = query_error(service, style.query, error, style.request_id);
      response.headers.set("content-type", "text/xml");
      break;
  }
  for (const auto& [name, value] : error.headers) response.headers.set(name, value);
  seal(service, style, response);
  return response;
}

net::Request encode_request(const OperationInfo& operation, AnyShape input) {
  const ServiceInfo& service = *operation.service;
  net::Request request;
  request.method = "POST";
  if (service.protocol == Protocol::kJson) {
    std::string body;
    encode_json(*operation.input, input.get(), body);
    request.body = std::move(body);
    request.headers.set("content-type", json_type(service));
    request.headers.set("x-amz-target",
                        fmt::format("{}.{}", service.target_prefix, operation.name));
    return request;
  }
  if (service.protocol == Protocol::kQuery) {
    request.body = encode_form(operation, input.get());
    request.headers.set("content-type", "application/x-www-form-urlencoded; charset=utf-8");
    return request;
  }
  encode_request_bindings(operation, input.get(), request);
  const Shape& shape = *operation.input;
  if (const Member* stream = stream_payload(shape)) {
    request.body = std::move(*static_cast<net::Body*>(field_of(*stream, input.get())));
  } else if (const Member* raw = raw_payload(shape)) {
    request.body = take_raw(*raw, input.get());
  } else if (shape.payload != nullptr || shape.has_body_members) {
    std::string body;
    if (service.protocol == Protocol::kRestJson) {
      encode_json(shape, input.get(), body);
      request.headers.set("content-type", "application/json");
    } else if (shape.payload != nullptr) {
      const void* present = peek_of(*shape.payload, input.get());
      if (present != nullptr)
        encode_xml_value(shape.payload->wire_name, *shape.payload->shape, present, body);
    } else {
      body = fmt::format("<{0}>", operation.input_root);
      encode_xml_members(shape, input.get(), body);
      body += fmt::format("</{0}>", operation.input_root);
    }
    request.body = std::move(body);
  }
  return request;
}

namespace {

ApiError decode_error(const OperationInfo& operation, const net::Response& response) {
  const std::string& body = response.body.bytes();
  ApiError error("InternalFailure", fmt::format("HTTP status {}", response.status),
                 response.status);
  if (operation.service->protocol == Protocol::kRestXml ||
      operation.service->protocol == Protocol::kQuery) {
    if (std::string code = xml_text(body, "Code"); !code.empty()) error.code = std::move(code);
    if (std::string text = xml_text(body, "Message"); !text.empty())
      error.message = std::move(text);
    return error;
  }
  std::string code(response.headers.get("x-amzn-errortype"));
  if (code.empty()) code = json_string_member(body, "__type").value_or("");
  code = code.substr(0, code.find(':'));
  if (const std::size_t hash = code.find('#'); hash != std::string::npos)
    code = code.substr(hash + 1);
  if (!code.empty()) error.code = std::move(code);
  for (const std::string_view name : {"message", "Message"}) {
    if (auto text = json_string_member(body, name)) error.message = std::move(*text);
  }
  return error;
}

}  // namespace

ApiResult<AnyShape> decode_reply(const OperationInfo& operation, net::Response response) {
  if (response.status >= 300) return std::unexpected(decode_error(operation, response));
  AnyShape output = operation.make_output();
  const Shape& shape = *operation.output;
  Missing missing;  // A peer that leaves out a required member is tolerated: the member stays at
                    // its default.
  switch (operation.service->protocol) {
    case Protocol::kJson:
      TRY_VOID(decode_json(*operation.service, shape, response.body.take_bytes(), output.get(),
                           missing));
      break;
    case Protocol::kQuery: {
      // <OpResponse><OpResult>members: hand the inner element to the decoder as its document.
      const std::string& body = response.body.bytes();
      const std::string open = fmt::format("<{}>", operation.result_wrapper);
      const std::string close = fmt::format("</{}>", operation.result_wrapper);
      const std::size_t from = body.find(open), to = body.rfind(close);
      if (from != std::string::npos && to != std::string::npos) {
        TRY_VOID(decode_xml(shape, std::string_view(body).substr(from, to + close.size() - from),
                            output.get(), missing));
      }
      break;
    }
    case Protocol::kRestJson:
    case Protocol::kRestXml:
      decode_response_bindings(shape, response, output.get());
      if (const Member* stream = stream_payload(shape)) {
        *static_cast<net::Body*>(field_of(*stream, output.get())) = std::move(response.body);
      } else if (const Member* raw = raw_payload(shape)) {
        put_raw(*raw, response.body.take_bytes(), output.get());
      } else if (operation.service->protocol == Protocol::kRestXml) {
        TRY_VOID(decode_xml(shape, response.body.bytes(), output.get(), missing));
      } else if (shape.payload != nullptr || shape.has_body_members) {
        TRY_VOID(decode_json(*operation.service, shape, response.body.take_bytes(), output.get(),
                             missing));
      }
      break;
  }
  return output;
}

std::string make_request_id(const ServiceInfo* service, std::uint64_t high, std::uint64_t low) {
  if (service != nullptr && is_dynamodb(*service)) {
    constexpr std::string_view kAlphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    std::string id(52, '0');
    for (char& c : id) {
      high = high * 6364136223846793005ULL +
             (low | 1);  // Stretches two random words over 52 characters.
      c = kAlphabet[(high >> 33) % kAlphabet.size()];
    }
    return id;
  }
  if (service != nullptr && service->protocol == Protocol::kRestXml) {
    return fmt::format("{:016X}", high);
  }
  return fmt::format("{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}", high >> 32, (high >> 16) & 0xFFFF,
                     high & 0xFFF, 0x8000 | ((low >> 48) & 0x3FFF), low & 0xFFFFFFFFFFFFULL);
}

}  // namespace penstock::protocol
