// Canonical requests, signatures and the checks that AWS makes around them, in its order and
// wording.
#include "protocol/sigv4.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/ascii.h"
#include "base/bytes.h"

namespace penstock::protocol {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr std::int64_t kSkewSeconds = 15 * 60;
constexpr std::int64_t kPresignSecondsMax = 604'800;

std::unexpected<SignatureFault> fault(SignatureFault::Kind kind, std::string message) {
  return std::unexpected(SignatureFault{kind, std::move(message), {}, {}});
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (true) {
    const std::size_t at = text.find(separator);
    parts.emplace_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

std::string collapse_blanks(std::string_view text) {
  std::string out;
  for (const char c : trim(text)) {
    if (c == ' ' && !out.empty() && out.back() == ' ') continue;
    out += c;
  }
  return out;
}

bool parse_credential(std::string_view credential, Signature& out) {
  // The key may hold slashes only in theory; AWS asks for exactly five elements.
  const auto parts = split(credential, '/');
  if (parts.size() != 5) return false;
  out.access_key = parts[0];
  out.scope = {parts[1], parts[2], parts[3], parts[4]};
  return true;
}

// The value of `name` in "Credential=a, SignedHeaders=b, Signature=c".
std::string_view field(std::string_view header, std::string_view name) {
  header.remove_prefix(std::min(header.find(' '), header.size()));
  while (!header.empty()) {
    const std::string_view part = trim(header.substr(0, header.find(',')));
    header.remove_prefix(std::min(header.size(), header.find(',') == std::string_view::npos
                                                     ? header.size()
                                                     : header.find(',') + 1));
    if (part.starts_with(name) && part.size() > name.size() && part[name.size()] == '=') {
      return part.substr(name.size() + 1);
    }
  }
  return {};
}

std::unexpected<SignatureFault> bad_credential(std::string_view credential) {
  return fault(SignatureFault::Kind::kIncomplete,
               fmt::format("Credential must have exactly 5 slash-delimited elements, e.g. "
                           "keyid/date/region/service/term, got '{}'",
                           credential));
}

using Parsed = std::expected<std::optional<Signature>, SignatureFault>;

Parsed parse_header(const net::Request& request, const std::string& header) {
  Signature out;
  const std::string_view algorithm = std::string_view(header).substr(0, header.find(' '));
  if (algorithm != kAlgorithm) {
    return fault(SignatureFault::Kind::kIncomplete,
                 fmt::format("Unsupported AWS 'algorithm': '{}' (only AWS4-HMAC-SHA256 for now). ",
                             algorithm));
  }
  const std::string_view credential = field(header, "Credential"),
                         names = field(header, "SignedHeaders"),
                         signature = field(header, "Signature");
  std::string absent;
  if (credential.empty()) absent += "Authorization header requires 'Credential' parameter. ";
  if (signature.empty()) absent += "Authorization header requires 'Signature' parameter. ";
  if (names.empty()) absent += "Authorization header requires 'SignedHeaders' parameter. ";
  out.timestamp = request.headers.get("x-amz-date");
  if (out.timestamp.empty()) {
    const auto date = parse_http_date(request.headers.get("date"));
    if (date) {
      out.timestamp = format_amz_date(*date);
    } else {
      absent +=
          "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ";
    }
  }
  if (!absent.empty()) {
    return fault(SignatureFault::Kind::kIncomplete, absent + "Authorization=" + header);
  }
  if (!parse_credential(credential, out)) return bad_credential(credential);
  out.signed_headers = split(names, ';');
  out.signature = signature;
  out.session_token = request.headers.get("x-amz-security-token");
  return out;
}

Parsed parse_presigned(const net::QueryParams& query) {
  Signature out;
  std::string absent;
  const auto get = [&](std::string_view name) -> std::string {
    const std::string* value = net::find_param(query, name);
    if (value == nullptr || value->empty()) {
      absent += fmt::format("AWS query-string parameters must include '{}'. ", name);
      return {};
    }
    return *value;
  };
  const std::string algorithm = get("X-Amz-Algorithm"), credential = get("X-Amz-Credential");
  out.signature = get("X-Amz-Signature");
  const std::string names = get("X-Amz-SignedHeaders");
  out.timestamp = get("X-Amz-Date");
  if (!absent.empty()) {
    return fault(SignatureFault::Kind::kIncomplete,
                 absent + "Re-examine the query-string parameters.");
  }
  if (algorithm != kAlgorithm) {
    return fault(SignatureFault::Kind::kIncomplete,
                 fmt::format("Unsupported AWS 'algorithm': '{}' (only AWS4-HMAC-SHA256 for now). ",
                             algorithm));
  }
  if (!parse_credential(credential, out)) return bad_credential(credential);
  out.signed_headers = split(names, ';');
  out.presigned = true;
  if (const std::string* token = net::find_param(query, "X-Amz-Security-Token"))
    out.session_token = *token;
  out.expires_seconds = kPresignSecondsMax;
  if (const std::string* expires = net::find_param(query, "X-Amz-Expires")) {
    const auto [end, error] =
        std::from_chars(expires->data(), expires->data() + expires->size(), out.expires_seconds);
    if (error != std::errc() || end != expires->data() + expires->size() ||
        out.expires_seconds < 0 || out.expires_seconds > kPresignSecondsMax) {
      return fault(SignatureFault::Kind::kIncomplete,
                   "X-Amz-Expires must be a number of seconds between 0 and 604800");
    }
  }
  return out;
}

std::string canonical_query(std::string_view raw_query) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const auto& [name, value] : net::parse_query(raw_query)) {
    if (name == "X-Amz-Signature") continue;
    pairs.emplace_back(percent_encode(name), percent_encode(value));
  }
  std::sort(pairs.begin(), pairs.end());
  std::string out;
  for (const auto& [name, value] : pairs) {
    if (!out.empty()) out += '&';
    out += name + "=" + value;
  }
  return out;
}

// S3 signs the path as sent (encoded once); the others normalise it and encode every segment again.
std::string canonical_path(std::string_view raw_path, bool s3) {
  if (s3) return raw_path.empty() ? "/" : percent_encode(percent_decode(raw_path), true);
  std::vector<std::string> kept;
  for (const std::string& segment : split(raw_path, '/')) {
    if (segment.empty() || segment == ".") continue;
    if (segment == "..") {
      if (!kept.empty()) kept.pop_back();
      continue;
    }
    kept.push_back(percent_encode(segment));
  }
  std::string out;
  for (const std::string& segment : kept) out += "/" + segment;
  if (out.empty() || (raw_path.size() > 1 && raw_path.ends_with('/'))) out += '/';
  return out;
}

std::string header_values(const net::Request& request, const std::string& name) {
  std::string out;
  bool first = true;
  for (const auto& [key, value] : request.headers.fields()) {
    if (key != name) continue;
    if (!first) out += ',';
    out += collapse_blanks(value);
    first = false;
  }
  return out;
}

std::string mac_hex(std::string_view key, std::string_view text) {
  return to_hex(hmac_sha256(key, text));
}

std::expected<void, SignatureFault> check_clock(const Signature& signature, Timestamp now) {
  const auto sent = parse_amz_date(signature.timestamp);
  if (!sent) {
    return fault(SignatureFault::Kind::kIncomplete,
                 fmt::format("Date must be in ISO-8601 'basic format'. Got '{}'. See "
                             "http://en.wikipedia.org/wiki/ISO_8601",
                             signature.timestamp));
  }
  const std::int64_t age = now.seconds() - sent->seconds();
  if (age < -kSkewSeconds) {
    const Timestamp limit = now + std::chrono::seconds(kSkewSeconds);
    return fault(SignatureFault::Kind::kInvalid,
                 fmt::format("Signature not yet current: {} is still later than {} ({} + 15 min.)",
                             signature.timestamp, format_amz_date(limit), format_amz_date(now)));
  }
  if (signature.presigned) {
    if (age > signature.expires_seconds)
      return fault(SignatureFault::Kind::kExpired, "Request has expired");
  } else if (age > kSkewSeconds) {
    const Timestamp limit = now - std::chrono::seconds(kSkewSeconds);
    return fault(SignatureFault::Kind::kInvalid,
                 fmt::format("Signature expired: {} is now earlier than {} ({} - 15 min.)",
                             signature.timestamp, format_amz_date(limit), format_amz_date(now)));
  }
  return {};
}

std::expected<void, SignatureFault> check_scope(const Signature& signature,
                                                std::string_view service) {
  std::string wrong;
  if (signature.scope.region.empty()) {
    wrong += fmt::format("Credential should be scoped to a valid region, not '{}'. ",
                         signature.scope.region);
  }
  if (signature.scope.service != service) {
    wrong += fmt::format("Credential should be scoped to correct service: '{}'. ", service);
  }
  if (signature.scope.terminator != "aws4_request") {
    wrong += fmt::format(
        "Credential should be scoped with a valid terminator: 'aws4_request', not '{}'. ",
        signature.scope.terminator);
  }
  const std::string day = signature.timestamp.substr(0, 8);
  if (signature.scope.date != day) {
    wrong += fmt::format(
        "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from "
        "HTTP: '{}' != '{}', from '{}'.",
        signature.scope.date, day, signature.timestamp);
  }
  if (!wrong.empty()) return fault(SignatureFault::Kind::kInvalid, wrong);
  return {};
}

}  // namespace

bool constant_time_equal(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned char difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) difference |= static_cast<unsigned char>(a[i] ^ b[i]);
  return difference == 0;
}

Parsed parse_signature(const net::Request& request) {
  const std::string* header = request.headers.find("authorization");
  const bool has_header = header != nullptr && header->starts_with("AWS4-");
  const bool has_query = request.raw_query().find("X-Amz-Algorithm=") != std::string_view::npos ||
                         request.raw_query().find("X-Amz-Signature=") != std::string_view::npos;
  if (has_query && header != nullptr) {
    return fault(
        SignatureFault::Kind::kInvalid,
        "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.");
  }
  if (has_query) return parse_presigned(net::parse_query(request.raw_query()));
  if (has_header) return parse_header(request, *header);
  return std::optional<Signature>();
}

std::optional<Signature> peek_signature(const net::Request& request) {
  Signature out;
  const std::string* header = request.headers.find("authorization");
  if (header != nullptr) {
    if (!parse_credential(field(*header, "Credential"), out)) return std::nullopt;
    out.session_token = request.headers.get("x-amz-security-token");
    return out;
  }
  if (request.raw_query().find("X-Amz-Credential=") == std::string_view::npos) return std::nullopt;
  const auto query = net::parse_query(request.raw_query());
  const std::string* credential = net::find_param(query, "X-Amz-Credential");
  if (credential == nullptr || !parse_credential(*credential, out)) return std::nullopt;
  out.presigned = true;
  return out;
}

std::string canonical_request(const net::Request& request, const Signature& signature,
                              std::string_view payload_hash, bool s3) {
  std::string out = request.method + "\n" + canonical_path(request.raw_path(), s3) + "\n" +
                    canonical_query(request.raw_query()) + "\n";
  std::string names;
  for (const std::string& name : signature.signed_headers) {
    out += name + ":" + header_values(request, name) + "\n";
    if (!names.empty()) names += ';';
    names += name;
  }
  out += "\n" + names + "\n";
  out += payload_hash;
  return out;
}

std::string string_to_sign(const Signature& signature, std::string_view canonical) {
  return fmt::format("{}\n{}\n{}\n{}", kAlgorithm, signature.timestamp, signature.scope.text(),
                     to_hex(sha256(canonical)));
}

std::string signing_key(std::string_view secret, const Scope& scope) {
  const std::string date = hmac_sha256("AWS4" + std::string(secret), scope.date);
  return hmac_sha256(hmac_sha256(hmac_sha256(date, scope.region), scope.service), scope.terminator);
}

std::expected<void, SignatureFault> verify_signature(const net::Request& request,
                                                     const Signature& signature,
                                                     std::string_view secret,
                                                     std::string_view service,
                                                     std::string_view payload_hash, Timestamp now) {
  TRY_VOID(check_clock(signature, now));
  const auto& names = signature.signed_headers;
  const auto is_signed = [&](std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  if (!is_signed("host") && !is_signed(":authority")) {
    return fault(SignatureFault::Kind::kInvalid,
                 "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
  }
  TRY_VOID(check_scope(signature, service));
  const std::string canonical =
      canonical_request(request, signature, payload_hash, service == "s3");
  const std::string to_sign = string_to_sign(signature, canonical);
  const std::string expected = mac_hex(signing_key(secret, signature.scope), to_sign);
  if (constant_time_equal(expected, signature.signature)) return {};
  SignatureFault mismatch{
      SignatureFault::Kind::kMismatch,
      "The request signature we calculated does not match the signature you provided. Check "
      "your AWS Secret Access Key and signing method. Consult the service documentation for "
      "details.",
      canonical, to_sign};
  return std::unexpected(std::move(mismatch));
}

void sign_request(net::Request& request, const SigningCredentials& credentials,
                  std::string_view region, std::string_view service, Timestamp now) {
  Signature signature;
  signature.access_key = credentials.access_key;
  signature.timestamp = format_amz_date(now);
  signature.scope = {signature.timestamp.substr(0, 8), std::string(region), std::string(service),
                     "aws4_request"};
  const std::string hash = request.body.in_memory() ? to_hex(sha256(request.body.bytes()))
                                                    : std::string("UNSIGNED-PAYLOAD");
  request.headers.set("x-amz-date", signature.timestamp);
  if (!credentials.session_token.empty()) {
    request.headers.set("x-amz-security-token", credentials.session_token);
  }
  if (service == "s3") request.headers.set("x-amz-content-sha256", hash);
  for (const auto& [name, value] : request.headers.fields()) {
    if (name == "host" || name == "content-type" || name == "content-md5" ||
        name.starts_with("x-amz-")) {
      signature.signed_headers.push_back(name);
    }
  }
  auto& names = signature.signed_headers;
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  const std::string to_sign =
      string_to_sign(signature, canonical_request(request, signature, hash, service == "s3"));
  request.headers.set(
      "authorization",
      fmt::format("{} Credential={}/{}, SignedHeaders={}, Signature={}", kAlgorithm,
                  signature.access_key, signature.scope.text(), fmt::join(names, ";"),
                  mac_hex(signing_key(credentials.secret_key, signature.scope), to_sign)));
}

std::string presign(net::Request request, const SigningCredentials& credentials,
                    std::string_view region, std::string_view service, Timestamp now,
                    std::int64_t expires_seconds) {
  Signature signature;
  signature.timestamp = format_amz_date(now);
  signature.scope = {signature.timestamp.substr(0, 8), std::string(region), std::string(service),
                     "aws4_request"};
  signature.signed_headers = {"host"};
  if (request.target.find('?') == std::string::npos) {
    request.target += '?';
  } else if (!request.raw_query().empty()) {
    request.target += '&';
  }
  request.target += fmt::format(
      "X-Amz-Algorithm={}&X-Amz-Credential={}&X-Amz-Date={}&X-Amz-Expires={}&X-Amz-SignedHeaders="
      "host",
      kAlgorithm, percent_encode(credentials.access_key + "/" + signature.scope.text()),
      signature.timestamp, expires_seconds);
  if (!credentials.session_token.empty()) {
    request.target += "&X-Amz-Security-Token=" + percent_encode(credentials.session_token);
  }
  const std::string hash =
      service == "s3" ? "UNSIGNED-PAYLOAD" : to_hex(sha256(request.body.bytes()));
  const std::string to_sign =
      string_to_sign(signature, canonical_request(request, signature, hash, service == "s3"));
  return request.target + "&X-Amz-Signature=" +
         mac_hex(signing_key(credentials.secret_key, signature.scope), to_sign);
}

}  // namespace penstock::protocol
