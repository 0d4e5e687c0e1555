// Route matching and bindings outside the body.
#include "protocol/rest.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "protocol/path.h"
#include "protocol/scalar_text.h"

namespace penstock::protocol {
namespace {

// Labels of `path` by `pattern` ("/a/{B}/{C+}"), or false when it does not fit.
bool match_path(std::string_view pattern, std::string_view path, Labels& labels) {
  labels.clear();
  while (true) {
    if (pattern.empty()) return path.empty() || path == "/";
    if (pattern == "/" && path.empty()) return true;
    if (path.empty() || pattern[0] != '/' || path[0] != '/') return false;
    pattern.remove_prefix(1);
    path.remove_prefix(1);
    const std::string_view segment = pattern.substr(0, pattern.find('/'));
    pattern.remove_prefix(segment.size());
    if (segment.starts_with('{') && segment.ends_with("+}")) {
      // Greedy: everything that the fixed tail of the pattern leaves.
      if (!pattern.empty()) {
        if (!path.ends_with(pattern)) return false;
        path.remove_suffix(pattern.size());
      }
      if (path.empty()) return false;
      labels.emplace_back(segment.substr(1, segment.size() - 3), percent_decode(path));
      return true;
    }
    const std::string_view part = path.substr(0, path.find('/'));
    path.remove_prefix(part.size());
    if (segment.starts_with('{')) {
      if (part.empty()) return false;
      labels.emplace_back(segment.substr(1, segment.size() - 2), percent_decode(part));
    } else if (segment != part) {
      return false;
    }
  }
}

// How many parts beyond the path agree; -1 when a required one is absent.
int score_query(std::string_view uri, const net::QueryParams& query) {
  const std::size_t mark = uri.find('?');
  if (mark == std::string_view::npos) return 0;
  int score = 0;
  for (const auto& [name, value] : net::parse_query(uri.substr(mark + 1))) {
    const std::string* sent = net::find_param(query, name);
    if (sent == nullptr || (!value.empty() && *sent != value)) return -1;
    score += 2;
  }
  return score;
}

int score_members(const OperationInfo& operation, const net::QueryParams& query,
                  const net::Headers& headers) {
  int score = 0;
  for (const Member& member : operation.input->members) {
    if (!member.required) continue;
    if (member.location == Location::kQuery) {
      if (net::find_param(query, member.wire_name) == nullptr) return -1;
      ++score;
    } else if (member.location == Location::kHeader && member.wire_name == "x-amz-copy-source") {
      if (!headers.has(member.wire_name)) return -1;
      ++score;
    }
  }
  return score;
}

std::unexpected<ApiError> bad_value(const OperationInfo& operation, const Member& member,
                                    const Error& error) {
  const bool s3 = operation.service->protocol == Protocol::kRestXml;
  return refuse(s3 ? "InvalidArgument" : "SerializationException",
                fmt::format("{}: {}", member.wire_name, error.message));
}

ApiResult<bool> decode_text(const OperationInfo& operation, const Member& member,
                            std::string_view text, void* field) {
  void* value = member.field->make(field);
  if (member.shape->kind == Kind::kList) {
    while (true) {
      std::string_view part = text.substr(0, text.find(','));
      const bool last = part.size() == text.size();
      text.remove_prefix(last ? part.size() : part.size() + 1);
      while (part.starts_with(' ')) part.remove_prefix(1);
      while (part.ends_with(' ')) part.remove_suffix(1);
      const auto status = scalar_from_text(*member.shape->element, TimestampFormat::kDefault, part,
                                           member.shape->list->append(value));
      if (!status) return bad_value(operation, member, status.error());
      if (last) break;
    }
    return true;
  }
  const auto status = scalar_from_text(*member.shape, timestamp_format(member), text, value);
  if (!status) return bad_value(operation, member, status.error());
  return true;
}

ApiResult<bool> decode_query(const OperationInfo& operation, const Member& member,
                             const net::QueryParams& query, void* field) {
  if (member.shape->kind == Kind::kList) {
    void* list = nullptr;
    for (const auto& [name, text] : query) {
      if (name != member.wire_name) continue;
      if (list == nullptr) list = member.field->make(field);
      const auto status = scalar_from_text(*member.shape->element, TimestampFormat::kDefault, text,
                                           member.shape->list->append(list));
      if (!status) return bad_value(operation, member, status.error());
    }
    return list != nullptr;
  }
  const std::string* text = net::find_param(query, member.wire_name);
  if (text == nullptr) return false;
  return decode_text(operation, member, *text, field);
}

bool decode_prefix_headers(const Member& member, const net::Headers& headers, void* field) {
  void* map = nullptr;
  const std::string prefix = to_lower(member.wire_name);
  for (const auto& [name, text] : headers.fields()) {
    if (!name.starts_with(prefix)) continue;
    if (map == nullptr) map = member.field->make(field);
    *static_cast<std::string*>(member.shape->map->insert(map, name.substr(prefix.size()))) = text;
  }
  return map != nullptr;
}

}  // namespace

RestMatch match_rest(const ServiceInfo& service, std::string_view method, std::string_view raw_path,
                     const net::QueryParams& query, const net::Headers& headers) {
  RestMatch best;
  int best_score = -1;
  Labels labels;
  for (const OperationInfo* operation : service.operations) {
    if (operation->method != method) continue;
    if (!match_path(operation->uri.substr(0, operation->uri.find('?')), raw_path, labels)) continue;
    const int fixed = score_query(operation->uri, query);
    const int members = score_members(*operation, query, headers);
    if (fixed < 0 || members < 0 || fixed + members <= best_score) continue;
    best_score = fixed + members;
    best = {operation, nullptr, labels};
  }
  for (const AbsentOperation& absent : service.absent) {
    if (absent.method != method) continue;
    if (!match_path(absent.uri.substr(0, absent.uri.find('?')), raw_path, labels)) continue;
    const int fixed = score_query(absent.uri, query);
    if (fixed <= best_score || (fixed == 0 && best_score >= 0)) continue;
    best_score = fixed;
    best = {nullptr, &absent, labels};
  }
  return best;
}

ApiResult<void> decode_bindings(const OperationInfo& operation, const Labels& labels,
                                const net::QueryParams& query, const net::Headers& headers,
                                void* input, Missing& missing) {
  for (const Member& member : operation.input->members) {
    void* field = static_cast<char*>(input) + member.offset;
    bool found = true;
    if (member.location == Location::kUri) {
      const std::string* text = net::find_param(labels, member.wire_name);
      found = text != nullptr;
      if (found) TRY_VOID(decode_text(operation, member, *text, field));
    } else if (member.location == Location::kQuery) {
      if (member.shape->kind == Kind::kMap) continue;
      TRY(found, decode_query(operation, member, query, field));
    } else if (member.location == Location::kHeader) {
      const std::string* text = headers.find(to_lower(member.wire_name));
      found = text != nullptr;
      if (found) TRY_VOID(decode_text(operation, member, *text, field));
    } else if (member.location == Location::kHeaders) {
      found = decode_prefix_headers(member, headers, field);
    }
    if (member.required && !found) missing.paths.push_back(Path{}.member(member.name).text());
  }
  return {};
}

namespace {

struct HeaderEntries {
  std::string_view prefix;
  net::Headers& headers;
};

void encode_header(const Member& member, const void* present, net::Headers& headers) {
  if (member.location == Location::kHeaders) {
    HeaderEntries entries{member.wire_name, headers};
    member.shape->map->each(
        present, &entries, [](void* cookie, const std::string& key, const void* value) {
          auto& self = *static_cast<HeaderEntries*>(cookie);
          self.headers.add(std::string(self.prefix) + key, *static_cast<const std::string*>(value));
        });
  } else if (member.shape->kind == Kind::kList) {
    std::string joined;
    for (std::size_t i = 0; i < member.shape->list->size(present); ++i) {
      if (i != 0) joined += ',';
      joined += scalar_to_text(*member.shape->element, TimestampFormat::kDefault,
                               member.shape->list->at(present, i));
    }
    headers.set(member.wire_name, std::move(joined));
  } else {
    headers.set(member.wire_name, scalar_to_text(*member.shape, timestamp_format(member), present));
  }
}

}  // namespace

void encode_bindings(const Shape& output, const void* value, net::Response& response) {
  for (const Member& member : output.members) {
    const void* present = member.field->peek(static_cast<const char*>(value) + member.offset);
    if (present == nullptr) continue;
    if (member.location == Location::kStatus) {
      const int status = *static_cast<const std::int32_t*>(present);
      if (status != 0) response.status = status;
    } else if (member.location == Location::kHeader || member.location == Location::kHeaders) {
      encode_header(member, present, response.headers);
    }
  }
}

void encode_request_bindings(const OperationInfo& operation, const void* input,
                             net::Request& request) {
  request.method = operation.method;
  std::string_view uri = operation.uri;
  const std::size_t mark = uri.find('?');
  std::string query(mark == std::string_view::npos ? std::string_view() : uri.substr(mark + 1));
  std::string path(uri.substr(0, mark));
  for (const Member& member : operation.input->members) {
    const void* present = member.field->peek(static_cast<const char*>(input) + member.offset);
    if (present == nullptr) continue;
    if (member.location == Location::kUri) {
      const std::string text = scalar_to_text(*member.shape, timestamp_format(member), present);
      for (const bool greedy : {false, true}) {
        const std::string label = fmt::format("{{{}{}}}", member.wire_name, greedy ? "+" : "");
        if (const std::size_t at = path.find(label); at != std::string::npos) {
          path.replace(at, label.size(), percent_encode(text, greedy));
        }
      }
    } else if (member.location == Location::kQuery) {
      const auto put = [&](const std::string& text) {
        query += fmt::format("{}{}={}", query.empty() ? "" : "&", percent_encode(member.wire_name),
                             percent_encode(text));
      };
      if (member.shape->kind == Kind::kList) {
        for (std::size_t i = 0; i < member.shape->list->size(present); ++i) {
          put(scalar_to_text(*member.shape->element, TimestampFormat::kDefault,
                             member.shape->list->at(present, i)));
        }
      } else if (is_scalar(*member.shape)) {
        put(scalar_to_text(*member.shape, timestamp_format(member), present));
      }
    } else if (member.location == Location::kHeader || member.location == Location::kHeaders) {
      encode_header(member, present, request.headers);
    }
  }
  request.target = query.empty() ? path : path + "?" + query;
}

void decode_response_bindings(const Shape& output, const net::Response& response, void* value) {
  for (const Member& member : output.members) {
    void* field = static_cast<char*>(value) + member.offset;
    if (member.location == Location::kStatus) {
      *static_cast<std::int32_t*>(member.field->make(field)) = response.status;
    } else if (member.location == Location::kHeaders) {
      decode_prefix_headers(member, response.headers, field);
    } else if (member.location == Location::kHeader) {
      const std::string* text = response.headers.find(to_lower(member.wire_name));
      if (text == nullptr) continue;
      if (!is_scalar(*member.shape) || !scalar_from_text(*member.shape, timestamp_format(member),
                                                         *text, member.field->make(field))) {
        // A peer's header that is not of its type is left at its default rather than failing the
        // call.
        continue;
      }
    }
  }
}

}  // namespace penstock::protocol
