// HTTP messages as values, the same for HTTP/1.1, HTTP/2 and the outgoing client.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/body.h"

namespace penstock::net {

// Header fields in order of arrival. Names are kept in lower case; look-ups expect lower case.
class Headers {
 public:
  using Field = std::pair<std::string, std::string>;
  void add(std::string_view name, std::string value);
  void reserve(std::size_t fields) { fields_.reserve(fields); }
  void set(std::string_view name, std::string value);  // Replaces all of that name.
  void erase(std::string_view name);
  const std::string* find(std::string_view name) const;  // The first of that name.
  std::string_view get(std::string_view name) const {    // Empty when absent.
    const std::string* value = find(name);
    return value == nullptr ? std::string_view() : std::string_view(*value);
  }
  bool has(std::string_view name) const { return find(name) != nullptr; }
  const std::vector<Field>& fields() const { return fields_; }

 private:
  std::vector<Field> fields_;
};

struct Request {
  std::string method = "GET";
  std::string target = "/";  // As on the wire: path, then '?' and query.
  Headers headers;           // HTTP/2's :authority stays, and is "host" as well.
  Body body;
  bool http2 = false;
  std::string peer;  // Address of the client, for logs.

  std::string_view raw_path() const;  // Still percent-encoded.
  std::string_view raw_query() const;
};

struct Response {
  int status = 200;
  Headers headers;  // content-length and date are added by the server.
  Body body;
};

using QueryParams = std::vector<std::pair<std::string, std::string>>;
// Splits and decodes "a=1&b=&c". plus_is_space for forms.
QueryParams parse_query(std::string_view query, bool plus_is_space = false);
const std::string* find_param(const QueryParams& params, std::string_view name);

}  // namespace penstock::net
