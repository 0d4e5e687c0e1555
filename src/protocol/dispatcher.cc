// The admission of a request: body, signature, decoding, authorisation, call, reply.
#include "protocol/dispatcher.h"

#include <fmt/format.h>

#include <cctype>

#include "base/ascii.h"
#include "base/bytes.h"
#include "base/log.h"
#include "protocol/aws_chunked.h"
#include "protocol/body_digest.h"
#include "protocol/cbor_codec.h"
#include "protocol/dynamodb_http.h"
#include "protocol/inflate.h"
#include "protocol/kinesis_http.h"

namespace penstock::protocol {
namespace {

// The largest request body per service, in bytes. AWS: DynamoDB 16 MiB; Kinesis PutRecords 10 MiB
// of data and keys, where base64 makes 13.4 MiB of the data and escapes six bytes of one of a key;
// Lambda 50 MB zip in base64; Firehose 4 MiB in base64; the others generous.
std::size_t body_bytes_max(const ServiceInfo& service) {
  if (service.id == "lambda") return 96 << 20;
  if (service.id == "s3") return 16 << 20;  // Bodies that are documents; objects stream.
  return 16 << 20;
}

constexpr std::size_t kFormProbeMax = 16 << 20;
constexpr std::size_t kRootArnBytes = 30;

bool streams(const OperationInfo& operation) {
  const Member* payload = operation.input->payload;
  return payload != nullptr && payload->shape->kind == Kind::kStream;
}

std::string mirrored_type(const ServiceInfo& service, const net::Request& request) {
  if (service.protocol != Protocol::kJson) return {};
  std::string_view type = request.headers.get("content-type");
  type = trim(type.substr(0, type.find(';')));
  if (type == kCborType && !speaks_cbor(service)) return {};
  return type.starts_with("application/") ? std::string(type) : std::string();
}

// Signature version 2, which S3 does not take for buckets made since 2020 (boto3 presigns with it
// unless told signature_version="s3v4").
bool has_old_signature(const net::Request& request) {
  return request.headers.get("authorization").starts_with("AWS ") ||
         request.raw_query().find("AWSAccessKeyId=") != std::string_view::npos;
}

ApiError fault_to_error(const SignatureFault& fault, const ServiceInfo& service) {
  using Kind = SignatureFault::Kind;
  const bool s3 = service.protocol == Protocol::kRestXml,
             query = service.protocol == Protocol::kQuery;
  const int status = service.protocol == Protocol::kJson ? 400 : 403;
  std::string message = fault.message;
  std::string code;
  switch (fault.kind) {
    case Kind::kMissing:
      if (s3) return ApiError("AccessDenied", "Access Denied", 403);
      code = query ? "MissingAuthenticationToken" : "MissingAuthenticationTokenException";
      message = speaks_kinesis(service) ? "Missing Authentication Token"
                                        : "Request is missing Authentication Token";
      break;
    case Kind::kIncomplete:
      if (s3) return ApiError("AuthorizationHeaderMalformed", message, 400);
      code = query ? "IncompleteSignature" : "IncompleteSignatureException";
      break;
    case Kind::kInvalid:
      if (s3) return ApiError("RequestTimeTooSkewed", message, 403);
      code = query ? "SignatureDoesNotMatch" : "InvalidSignatureException";
      break;
    case Kind::kExpired: code = "AccessDenied"; break;
    case Kind::kUnknownKey:
      if (s3) {
        return ApiError("InvalidAccessKeyId",
                        "The AWS Access Key Id you provided does not exist in our records.", 403);
      }
      code = query ? "InvalidClientTokenId" : "UnrecognizedClientException";
      message = "The security token included in the request is invalid.";
      break;
    case Kind::kBadToken:
      code = s3 ? "InvalidToken" : query ? "InvalidClientTokenId" : "UnrecognizedClientException";
      message = "The security token included in the request is invalid";
      break;
    case Kind::kExpiredToken:
      code = s3 || query ? "ExpiredToken" : "ExpiredTokenException";
      message = "The security token included in the request is expired";
      break;
    case Kind::kMismatch:
      if (s3 || query) {
        code = "SignatureDoesNotMatch";
        if (s3) {
          message =
              "The request signature we calculated does not match the signature you provided. "
              "Check your "
              "key and signing method.";
        }
      } else {
        code = "InvalidSignatureException";
        message += fmt::format(
            "\n\nThe Canonical String for this request should have been\n'{}'\n\nThe "
            "String-to-Sign should have been\n'{}'\n",
            fault.canonical_request, fault.string_to_sign);
      }
      break;
  }
  return ApiError(code, message, status);
}

std::unexpected<ApiError> too_large() {
  return refuse("RequestEntityTooLargeException", "The request body is too large.", 413);
}

// The answer to a request for a service that is not here, in the protocol that its client speaks:
// forms are answered with XML, all others with what both JSON protocols read.
net::Response refuse_service(const std::optional<Signature>& peek, bool form) {
  net::Response response;
  if (!peek) {
    response.status = 404;
    response.headers.set("content-type", "application/xml");
    response.body = std::string("<UnknownOperationException/>\n");
    return response;
  }
  // The scope's service comes from the request: only what a name may hold is said back.
  std::string name;
  for (const char c : peek->scope.service.substr(0, 64)) {
    if (std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '.') name += c;
  }
  response.status = 501;
  if (form) {
    response.headers.set("content-type", "text/xml");
    response.body = fmt::format(
        "<ErrorResponse><Error><Type>Sender</Type><Code>NotImplemented</Code><Message>penstock "
        "does not serve "
        "{}.</Message></Error><RequestId>none</RequestId></ErrorResponse>\n",
        name);
  } else {
    response.headers.set("content-type", "application/json");
    response.headers.set("x-amzn-errortype", "NotImplemented");
    response.body = fmt::format(
        R"({{"__type":"NotImplemented","message":"penstock does not serve {}."}})", name);
  }
  return response;
}

}  // namespace

Dispatcher::Dispatcher(DispatcherOptions options, const Clock& clock, Random& random)
    : options_(std::move(options)), clock_(clock), random_(random) {}

void Dispatcher::add(ServiceBinding binding) { services_.push_back(binding); }

void Dispatcher::add(ServiceBinding binding, const QueryCompatibility& compatibility) {
  add(binding);
  twins_.push_back(std::make_unique<QueryTwin>(binding, compatibility));
  add(twins_.back()->binding());
  query_.emplace(binding.info->id, &compatibility);
}

Context Dispatcher::plain_context(const std::optional<Signature>& peek) const {
  Context context;
  context.account = options_.default_account;
  context.region = options_.default_region;
  if (peek) {
    const std::string& key = peek->access_key;
    if (is_account_id(key)) context.account = key;
    if (!peek->scope.region.empty()) context.region = peek->scope.region;
    context.access_key = key;
  }
  context.principal_arn.reserve(kRootArnBytes);
  context.principal_arn.append("arn:aws:iam::").append(context.account).append(":root");
  context.principal_id = context.account;
  return context;
}

ApiResult<Context> Dispatcher::verified(const net::Request& request, const ServiceInfo& service,
                                        const std::string& payload_hash,
                                        std::optional<ChunkSigning>& chunks) const {
  auto parsed = parse_signature(request);
  if (!parsed) return std::unexpected(fault_to_error(parsed.error(), service));
  if (!parsed->has_value()) {
    if (service.protocol == Protocol::kRestXml && has_old_signature(request)) {
      return refuse("InvalidRequest",
                    "The authorization mechanism you have provided is not supported. Please use "
                    "AWS4-HMAC-SHA256.");
    }
    return std::unexpected(fault_to_error({SignatureFault::Kind::kMissing, {}, {}, {}}, service));
  }
  const Signature& signature = **parsed;
  const auto credential =
      options_.find_credential ? options_.find_credential(signature.access_key) : std::nullopt;
  if (!credential) {
    return std::unexpected(
        fault_to_error({SignatureFault::Kind::kUnknownKey, {}, {}, {}}, service));
  }
  if (credential->session_token != signature.session_token) {
    return std::unexpected(fault_to_error({SignatureFault::Kind::kBadToken, {}, {}, {}}, service));
  }
  if (!credential->session_token.empty() && credential->expires < clock_.now()) {
    return std::unexpected(
        fault_to_error({SignatureFault::Kind::kExpiredToken, {}, {}, {}}, service));
  }
  const auto valid = verify_signature(request, signature, credential->secret_key,
                                      service.signing_name, payload_hash, clock_.now());
  if (!valid) return std::unexpected(fault_to_error(valid.error(), service));
  chunks = ChunkSigning{signing_key(credential->secret_key, signature.scope), signature};
  Context context = plain_context(signature);
  context.account = credential->account;
  context.principal_arn = credential->principal_arn;
  context.principal_id = credential->principal_id;
  return context;
}

ApiResult<Context> Dispatcher::identify(const net::Request& request, const ServiceInfo& service,
                                        const std::string& payload_hash,
                                        std::optional<ChunkSigning>& chunks) const {
  const auto peek = peek_signature(request);
  if (options_.auth != AuthMode::kOff) {
    auto context = verified(request, service, payload_hash, chunks);
    if (context || options_.auth == AuthMode::kStrict) return context;
    log::warning("auth", "would be refused",
                 {{"service", std::string(service.id)},
                  {"code", context.error().code},
                  {"message", context.error().message.substr(0, 300)}});
    chunks.reset();
  }
  Context context = plain_context(peek);
  if (peek && options_.find_credential) {
    if (const auto credential = options_.find_credential(peek->access_key)) {
      context.account = credential->account;
      context.principal_arn = credential->principal_arn;
      context.principal_id = credential->principal_id;
    }
  }
  return context;
}

Task<ApiResult<AnyShape>> Dispatcher::run(const Routed& routed, net::Request& request,
                                          Context& context) const {
  const OperationInfo& info = *routed.operation;
  const ServiceInfo& service = *info.service;
  const bool streaming = streams(info);
  std::string payload_hash(request.headers.get("x-amz-content-sha256"));
  if (!streaming) {
    auto body = co_await request.body.collect(body_bytes_max(service));
    if (!body) {
      const bool large = body.error().kind == ErrorKind::kLimit;
      if (large) co_return too_large();
      co_return refuse("RequestTimeout", "The request body did not arrive.", 400);
    }
    request.body = net::Body(std::move(*body));
    if (options_.auth != AuthMode::kOff &&
        (payload_hash.empty() || service.protocol != Protocol::kRestXml)) {
      payload_hash = to_hex(sha256(request.body.bytes()));
    }
  }
  if (payload_hash.empty()) payload_hash = "UNSIGNED-PAYLOAD";
  if (service.protocol == Protocol::kRestXml && peek_signature(request) &&
      request.raw_query().find("X-Amz-Signature=") != std::string_view::npos) {
    payload_hash = "UNSIGNED-PAYLOAD";
  }
  std::optional<ChunkSigning> chunks;
  CO_TRY(Context who, identify(request, service, payload_hash, chunks));
  who.request_id = context.request_id;
  who.host = request.headers.get("host");
  context = std::move(who);

  if (service.protocol == Protocol::kRestXml) {
    if (is_aws_chunked(request.headers)) {
      auto trailers = std::make_shared<net::Headers>();
      context.trailers = trailers;
      request.body =
          unwrap_aws_chunked(std::move(request.body), request.headers, std::move(chunks), trailers);
    } else if (payload_hash.size() == 64) {
      request.body = check_sha256(std::move(request.body), payload_hash);
    }
    if (!streaming) {
      auto whole = co_await request.body.collect(body_bytes_max(service));
      if (!whole) co_return std::unexpected(body_error(whole.error()));
      CO_TRY_VOID(check_body_digest(info, request.headers, *whole));
      request.body = net::Body(std::move(*whole));
    }
  } else if (const std::string_view encoding = request.headers.get("content-encoding");
             !encoding.empty() && !equals_ignore_case(encoding, "identity")) {
    auto plain = equals_ignore_case(encoding, "gzip") || equals_ignore_case(encoding, "deflate")
                     ? inflate_bytes(request.body.bytes(), body_bytes_max(service))
                     : Result<std::string>(fail(ErrorKind::kInvalid, "unknown content encoding"));
    if (!plain && plain.error().kind == ErrorKind::kLimit) co_return too_large();
    if (!plain) {
      co_return refuse(speaks_dynamodb(service) ? "InternalServerError" : "InternalFailure",
                       plain.error().message, 500);
    }
    request.body = net::Body(std::move(*plain));
  }
  if ((speaks_dynamodb(service) || speaks_kinesis(service)) && request.body.bytes().empty()) {
    co_return refuse("SerializationException", "");
  }
  CO_TRY(AnyShape input, decode_request(info, request, routed.labels, routed.form));
  // Freed while it is in the cache: under load the call may wait for the disk behind hundreds.
  if (!streaming) request = net::Request();
  if (options_.authorize) CO_TRY_VOID(co_await options_.authorize(context, info, input));
  const Operation* operation = routed.service->find(info.name);
  if (operation == nullptr) {
    co_return refuse("NotImplemented",
                     fmt::format("penstock does not serve {}.{}.", service.name, info.name), 501);
  }
  co_return co_await operation->call(routed.service->service, context, std::move(input));
}

Task<net::Response> Dispatcher::serve_routed(Routed routed, net::Request request) const {
  const auto started = clock_.monotonic();
  const ServiceInfo& service = *routed.service->info;
  ReplyStyle style;
  style.request_id = make_request_id(&service, random_.next(), random_.next());
  style.content_type = mirrored_type(service, request);
  style.head = request.method == "HEAD";
  style.query = routed.query;
  if (service.protocol == Protocol::kRestXml) style.resource = percent_decode(request.raw_path());
  std::string coding;
  if (speaks_dynamodb(service)) {
    if (auto refusal = refuse_at_front(request)) co_return std::move(*refusal);
    coding = accepted_coding(request);
  }
  if (speaks_kinesis(service)) {
    if (auto refusal = refuse_at_kinesis_front(request)) {
      refusal->headers.set("x-amzn-requestid", style.request_id);
      refusal->headers.set("x-amz-id-2", extended_request_id(style.request_id));
      co_return std::move(*refusal);
    }
  }
  ApiResult<AnyShape> reply;
  if (routed.operation != nullptr) {
    Context context;
    context.request_id = style.request_id;
    reply = co_await run(routed, request, context);
  } else if (!routed.absent.empty()) {
    reply = refuse("NotImplemented",
                   fmt::format("penstock does not serve {}.{}.", service.name, routed.absent), 501);
  } else if (service.protocol == Protocol::kRestXml) {
    reply = refuse("MethodNotAllowed", "The specified method is not allowed against this resource.",
                   405);
  } else if (service.protocol == Protocol::kQuery) {
    reply = refuse("InvalidAction", "Could not find operation for this service and version.", 400);
  } else {
    reply = refuse("UnknownOperationException", "",
                   service.protocol == Protocol::kRestJson ? 404 : 400);
  }
  net::Response response = reply ? encode_reply(*routed.operation, std::move(*reply), style)
                                 : encode_error(service, reply.error(), style);
  if (!coding.empty()) compress_reply(response, coding);
  if (options_.on_call) {
    options_.on_call({&service, routed.operation != nullptr ? routed.operation->name : "Unknown",
                      response.status,
                      reply ? std::string_view() : std::string_view(reply.error().code),
                      clock_.monotonic() - started});
  }
  co_return response;
}

Task<net::Response> Dispatcher::serve(net::Request request) const {
  if (auto refusal = refuse_web_page(request)) co_return std::move(*refusal);
  const auto peek = peek_signature(request);
  Routed routed;
  const bool form =
      request.headers.get("content-type").starts_with("application/x-www-form-urlencoded");
  if (form && request.method == "POST" &&
      (request.raw_path() == "/" || is_resource_url_path(request.raw_path()))) {
    // Query requests carry their operation in the body, so it is read before the service is known.
    auto body = co_await request.body.collect(kFormProbeMax);
    if (!body) {
      net::Response response;
      response.status = 413;
      co_return response;
    }
    request.body = net::Body(std::move(*body));
    routed.form = net::parse_query(request.body.bytes(), true);
  }
  routed.service = find_service(request, peek);
  if (routed.service == nullptr) co_return refuse_service(peek, form);
  const ServiceInfo& info = *routed.service->info;
  routed.query = query_of(info);
  if (info.protocol == Protocol::kRestJson || info.protocol == Protocol::kRestXml) {
    route_rest(request, routed);
  } else {
    name_operation(request, routed);
  }
  co_return co_await serve_routed(std::move(routed), std::move(request));
}

}  // namespace penstock::protocol
