// Parsing a template into a tree, and rendering the tree. Bare placeholders are first replaced by
// marked strings, so that the JSON around them can be read by an ordinary parser.
#include "services/pipes/input_template.h"

#include <simdjson.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "protocol/json_writer.h"
#include "services/pipes/json_path.h"

namespace penstock::pipes {
namespace {

using protocol::json_quote;
using simdjson::dom::element;

enum class Reserved : std::uint8_t {
  kPipeArn,
  kPipeName,
  kSourceArn,
  kEnrichmentArn,
  kTargetArn,
  kIngestionTime,
  kEvent,
  kEventJson,
};

struct Placeholder {
  std::variant<JsonPath, Reserved> what;
};

using Part = std::variant<std::string, Placeholder>;

std::optional<Placeholder> parse_placeholder(std::string_view inside) {
  if (inside.starts_with('$')) {
    std::optional<JsonPath> path = parse_json_path(inside);
    if (!path) return std::nullopt;
    return Placeholder{std::move(*path)};
  }
  constexpr std::pair<std::string_view, Reserved> kNames[] = {
      {"aws.pipes.pipe-arn", Reserved::kPipeArn},
      {"aws.pipes.pipe-name", Reserved::kPipeName},
      {"aws.pipes.source-arn", Reserved::kSourceArn},
      {"aws.pipes.enrichment-arn", Reserved::kEnrichmentArn},
      {"aws.pipes.target-arn", Reserved::kTargetArn},
      {"aws.pipes.event.ingestion-time", Reserved::kIngestionTime},
      {"aws.pipes.event", Reserved::kEvent},
      {"aws.pipes.event.json", Reserved::kEventJson},
  };
  for (const auto& [name, reserved] : kNames) {
    if (inside == name) return Placeholder{reserved};
  }
  return std::nullopt;
}

Result<std::vector<Part>> split(std::string_view text) {
  std::vector<Part> parts;
  std::string plain;
  while (!text.empty()) {
    const bool opens = text.starts_with("<$") || text.starts_with("<aws.");
    const std::size_t close = opens ? text.find('>') : std::string_view::npos;
    if (close == std::string_view::npos) {
      plain += text.front();
      text.remove_prefix(1);
      continue;
    }
    std::optional<Placeholder> placeholder = parse_placeholder(text.substr(1, close - 1));
    if (!placeholder) {
      return fail(ErrorKind::kInvalid,
                  "Invalid json path reference or predefined variable for placeholder");
    }
    if (!plain.empty()) parts.emplace_back(std::exchange(plain, {}));
    parts.emplace_back(std::move(*placeholder));
    text.remove_prefix(close + 1);
  }
  if (!plain.empty()) parts.emplace_back(std::move(plain));
  return parts;
}

std::optional<std::string> reserved_text(Reserved what, const TemplateFacts& facts) {
  switch (what) {
    case Reserved::kPipeArn: return facts.pipe_arn;
    case Reserved::kPipeName: return facts.pipe_name;
    case Reserved::kSourceArn: return facts.source_arn;
    case Reserved::kEnrichmentArn:
      return facts.enrichment_arn.empty() ? std::nullopt : std::optional(facts.enrichment_arn);
    case Reserved::kTargetArn: return facts.target_arn;
    case Reserved::kIngestionTime: return format_iso8601_millis(facts.ingestion_time);
    case Reserved::kEvent:
    case Reserved::kEventJson: return std::nullopt;  // Not a text.
  }
  return std::nullopt;
}

bool is_event(Reserved what) { return what == Reserved::kEvent || what == Reserved::kEventJson; }

// JSON text of the placeholder's value; nullopt when it is missing.
std::optional<std::string> as_json(const Placeholder& placeholder, const element& event,
                                   const TemplateFacts& facts) {
  if (const JsonPath* path = std::get_if<JsonPath>(&placeholder.what)) {
    return evaluate_to_json(*path, event);
  }
  const Reserved what = std::get<Reserved>(placeholder.what);
  if (what == Reserved::kEvent && !facts.encoded_event.empty()) {
    return std::string(facts.encoded_event);
  }
  if (what == Reserved::kEventJson && !facts.payload_is_json) return std::nullopt;
  if (is_event(what)) return simdjson::minify(event);
  const std::optional<std::string> text = reserved_text(what, facts);
  return text ? std::optional(json_quote(*text)) : std::nullopt;
}

// {"key":"value"} becomes {key: value}: how AWS shows structures inside strings.
void append_unquoted(std::string& out, const element& value) {
  simdjson::dom::object object;
  simdjson::dom::array array;
  std::string_view text;
  const char* separator = "";
  if (value.get_object().get(object) == simdjson::SUCCESS) {
    out += '{';
    for (const auto field : object) {
      out.append(std::exchange(separator, ", ")).append(field.key).append(": ");
      append_unquoted(out, field.value);
    }
    out += '}';
  } else if (value.get_array().get(array) == simdjson::SUCCESS) {
    out += '[';
    for (const element& each : array) {
      out += std::exchange(separator, ", ");
      append_unquoted(out, each);
    }
    out += ']';
  } else if (value.get_string().get(text) == simdjson::SUCCESS) {
    out += text;
  } else {
    out += simdjson::minify(value);
  }
}

// JSON text as it stands inside a text: without the quotes of strings and names.
std::string unquoted(const std::string& json) {
  simdjson::dom::parser parser;
  element value;
  std::string out;
  if (parser.parse(simdjson::padded_string(json)).get(value) == simdjson::SUCCESS) {
    append_unquoted(out, value);
  }
  return out;
}

std::string as_text(const Placeholder& placeholder, const element& event,
                    const TemplateFacts& facts) {
  if (const Reserved* reserved = std::get_if<Reserved>(&placeholder.what)) {
    if (!is_event(*reserved)) return reserved_text(*reserved, facts).value_or("");
    return as_json(placeholder, event, facts).value_or("");
  }
  const std::optional<std::string> json = as_json(placeholder, event, facts);
  return json ? unquoted(*json) : "";
}

bool is_event_json(const Placeholder& placeholder) {
  const Reserved* reserved = std::get_if<Reserved>(&placeholder.what);
  return reserved != nullptr && *reserved == Reserved::kEventJson;
}

// The inside of a JSON string is escaped, but for <aws.pipes.event.json>: documented as for use as
// a value alone, because it is not.
std::string render_text(const std::vector<Part>& parts, const element& event,
                        const TemplateFacts& facts, bool escaped) {
  std::string out;
  for (const Part& part : parts) {
    std::string text;
    const Placeholder* const placeholder = std::get_if<Placeholder>(&part);
    text = placeholder ? as_text(*placeholder, event, facts) : std::get<std::string>(part);
    if (escaped && !(placeholder && is_event_json(*placeholder))) {
      const std::string quoted = json_quote(text);
      out.append(quoted, 1, quoted.size() - 2);
    } else {
      out += text;
    }
  }
  return out;
}

std::string render_string(const std::vector<Part>& parts, const element& event,
                          const TemplateFacts& facts) {
  return "\"" + render_text(parts, event, facts, true) + "\"";
}

// <$.data>, <$.body.x>: of a field that came encoded.
bool is_of_encoded_field(const Part& part, const TemplateFacts& facts) {
  const Placeholder* const placeholder = std::get_if<Placeholder>(&part);
  const JsonPath* const path = placeholder ? std::get_if<JsonPath>(&placeholder->what) : nullptr;
  if (path == nullptr || path->steps.empty()) return false;
  const auto& fields = facts.encoded_fields;
  return std::find(fields.begin(), fields.end(), path->steps.front().name) != fields.end();
}

}  // namespace

struct InputTemplate::Node {
  enum class Kind : std::uint8_t { kLiteral, kString, kValue, kObject, kArray, kText };
  Kind kind = Kind::kLiteral;
  std::string literal;                   // kLiteral: JSON text.
  std::vector<Part> parts;               // kString, kText; kValue: the one placeholder.
  std::vector<std::vector<Part>> names;  // kObject: of the elements.
  std::vector<Node> elements;
};

namespace {

using TemplateNode = InputTemplate::Node;

// Marks a bare placeholder inside the JSON. No template has it: U+0001 must be escaped in JSON
// text.
constexpr std::string_view kMarkInJson = "\"\\u0001";
constexpr char kMark = '\x01';

// The template with every bare placeholder replaced by a marked string. nullopt when there is a
// mark in it already.
std::optional<std::string> mark_bare(std::string_view text) {
  if (text.find("\\u0001") != std::string_view::npos) return std::nullopt;
  std::string out;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string && c == '\\' && i + 1 < text.size()) {
      out.append(text.substr(i++, 2));
      continue;
    }
    if (c == '"') in_string = !in_string;
    const std::size_t close = c == '<' && !in_string ? text.find('>', i) : std::string_view::npos;
    if (close == std::string_view::npos) {
      out += c;
      continue;
    }
    out.append(kMarkInJson).append(text.substr(i, close - i + 1)).append("\"");
    i = close;
  }
  return out;
}

Result<TemplateNode> to_node(const element& json) {
  TemplateNode node;
  simdjson::dom::object object;
  simdjson::dom::array array;
  std::string_view text;
  if (json.get_object().get(object) == simdjson::SUCCESS) {
    node.kind = TemplateNode::Kind::kObject;
    for (const auto field : object) {
      TRY(TemplateNode member, to_node(field.value));
      TRY(node.names.emplace_back(), split(field.key));
      node.elements.push_back(std::move(member));
    }
  } else if (json.get_array().get(array) == simdjson::SUCCESS) {
    node.kind = TemplateNode::Kind::kArray;
    for (const element& each : array) {
      TRY(node.elements.emplace_back(), to_node(each));
    }
  } else if (json.get_string().get(text) == simdjson::SUCCESS) {
    const bool bare = text.starts_with(kMark);
    if (bare) text.remove_prefix(1);
    node.kind = bare ? TemplateNode::Kind::kValue : TemplateNode::Kind::kString;
    TRY(node.parts, split(text));
    if (bare && (node.parts.size() != 1 || !std::holds_alternative<Placeholder>(node.parts[0]))) {
      return fail(ErrorKind::kInvalid,
                  "Invalid json path reference or predefined variable for placeholder");
    }
  } else {
    node.literal = simdjson::minify(json);
  }
  return node;
}

std::optional<std::string> render_node(const TemplateNode& node, const element& event,
                                       const TemplateFacts& facts) {
  switch (node.kind) {
    case TemplateNode::Kind::kLiteral: return node.literal;
    case TemplateNode::Kind::kText: return render_text(node.parts, event, facts, false);
    case TemplateNode::Kind::kString: return render_string(node.parts, event, facts);
    case TemplateNode::Kind::kValue:
      return as_json(std::get<Placeholder>(node.parts[0]), event, facts);
    case TemplateNode::Kind::kObject: {
      std::string out = "{";
      for (std::size_t i = 0; i < node.elements.size(); ++i) {
        const std::optional<std::string> value = render_node(node.elements[i], event, facts);
        if (!value) continue;
        if (out.size() > 1) out += ',';
        out.append(render_string(node.names[i], event, facts)).append(":").append(*value);
      }
      return out + "}";
    }
    case TemplateNode::Kind::kArray: {
      std::string out = "[";
      for (const TemplateNode& each : node.elements) {
        const std::optional<std::string> value = render_node(each, event, facts);
        if (!value) continue;
        if (out.size() > 1) out += ',';
        out += *value;
      }
      return out + "]";
    }
  }
  return std::nullopt;
}

}  // namespace

Result<InputTemplate> InputTemplate::parse(std::string_view text) {
  InputTemplate made;
  simdjson::dom::parser parser;
  element document;
  const std::optional<std::string> marked = mark_bare(text);
  if (marked && parser.parse(simdjson::padded_string(*marked)).get(document) == simdjson::SUCCESS) {
    TRY(TemplateNode root, to_node(document));
    made.root_ = std::make_shared<const TemplateNode>(std::move(root));
    return made;
  }
  TemplateNode root;
  root.kind = TemplateNode::Kind::kText;
  TRY(root.parts, split(text));
  made.root_ = std::make_shared<const TemplateNode>(std::move(root));
  return made;
}

std::string InputTemplate::render(const element& event, const TemplateFacts& facts) const {
  std::optional<std::string> out = render_node(*root_, event, facts);
  const bool structure = out && (out->starts_with('{') || out->starts_with('['));
  if (structure && root_->kind == TemplateNode::Kind::kValue &&
      is_of_encoded_field(root_->parts[0], facts)) {
    return unquoted(*out);
  }
  return std::move(out).value_or("");
}

}  // namespace penstock::pipes
