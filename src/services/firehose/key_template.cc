// Expressions of object keys. Documented: developer guide, "custom prefixes for Amazon S3 objects".
#include "services/firehose/key_template.h"

#include <fmt/format.h>

#include <memory>

namespace penstock::firehose {
namespace {

constexpr std::size_t kEvaluatedMax = 512;
constexpr std::string_view kProcessingFailed = "processing-failed";

std::string_view name_of(PrefixKind kind) {
  return kind == PrefixKind::kPrefix ? "Prefix" : "ErrorOutputPrefix";
}

const DatePattern& default_path() {
  static const DatePattern pattern = DatePattern::parse("yyyy/MM/dd/HH/").value();
  return pattern;
}

void append_suffix(std::string& key, const KeyParts& parts, const LocalTime& local,
                   Random& random) {
  static const DatePattern pattern = DatePattern::parse("yyyy-MM-dd-HH-mm-ss").value();
  key += parts.stream;
  key += '-';
  key += parts.version;
  key += '-';
  pattern.append_to(key, local);
  key += '-';
  key += random.uuid();
}

// As in AWS's example 046b6c7f-0b.
std::string random_string(Random& random) {
  constexpr std::string_view kHex = "0123456789abcdef";
  return random.token(8, kHex) + "-" + random.token(2, kHex);
}

}  // namespace

Result<KeyTemplate> KeyTemplate::parse(std::string_view text, PrefixKind kind) {
  KeyTemplate result;
  const auto invalid = [](std::string message) {
    return fail(ErrorKind::kInvalid, std::move(message));
  };
  while (!text.empty()) {
    const std::size_t open = text.find("!{");
    if (open != 0) {
      Piece& piece = result.pieces_.emplace_back();
      piece.text = text.substr(0, open);
      text.remove_prefix(piece.text.size());
      continue;
    }
    const std::size_t close = text.find('}');
    const std::size_t colon = text.find(':');
    if (close == std::string_view::npos || colon == std::string_view::npos || colon > close) {
      return invalid(fmt::format(
          "{} contains an expression that is not of the form !{{namespace:value}}", name_of(kind)));
    }
    const std::string_view space = text.substr(2, colon - 2);
    const std::string_view value = text.substr(colon + 1, close - colon - 1);
    text.remove_prefix(close + 1);
    result.has_expressions_ = true;
    Piece& piece = result.pieces_.emplace_back();
    if (space == "timestamp") {
      Result<DatePattern> pattern = DatePattern::parse(value);
      if (!pattern || value.empty()) {
        return invalid(
            fmt::format("Invalid conversion character used in the value of the expression in {}",
                        name_of(kind)));
      }
      piece.kind = Piece::Kind::kTimestamp;
      piece.pattern = std::move(*pattern);
      result.has_timestamp_ = true;
    } else if (space == "firehose" && value == "random-string") {
      piece.kind = Piece::Kind::kRandomString;
    } else if (space == "firehose" && value == "error-output-type") {
      if (kind == PrefixKind::kPrefix) {
        return invalid("Prefix must not contain any occurrence of !{firehose:error-output-type}");
      }
      piece.kind = Piece::Kind::kErrorType;
      result.has_error_type_ = true;
    } else if (space == "partitionKeyFromQuery" || space == "partitionKeyFromLambda") {
      return invalid(
          "Dynamic Partitioning Namespaces can only be part of a prefix expression when Dynamic "
          "Partitioning is enabled.");
    } else {
      return invalid(
          fmt::format("{} contains an unknown expression !{{{}:{}}}", name_of(kind), space, value));
    }
  }
  return result;
}

void KeyTemplate::append_to(std::string& out, const LocalTime& time, std::string_view error_type,
                            Random& random) const {
  for (const Piece& piece : pieces_) {
    switch (piece.kind) {
      case Piece::Kind::kText: out += piece.text; break;
      case Piece::Kind::kTimestamp: piece.pattern.append_to(out, time); break;
      case Piece::Kind::kRandomString: out += random_string(random); break;
      case Piece::Kind::kErrorType: out += error_type; break;
    }
  }
}

namespace {

// A prefix without a timestamp gets the default one, with nothing in between (probed on AWS for
// prefixes without any expression, documented for the others).
std::string evaluated_prefix(const KeyTemplates& templates, const LocalTime& local,
                             Random& random) {
  std::string out;
  templates.prefix.append_to(out, local, {}, random);
  if (!templates.prefix.has_timestamp()) default_path().append_to(out, local);
  return out;
}

std::string evaluated_error_prefix(const KeyTemplates& templates, const LocalTime& local,
                                   Random& random) {
  std::string out;
  if (!templates.error_prefix.empty()) {
    templates.error_prefix.append_to(out, local, kProcessingFailed, random);
    return out;
  }
  // Without ErrorOutputPrefix the Prefix has no expressions: <prefix>processing-failed/yyyy/...
  templates.prefix.append_to(out, local, {}, random);
  out += kProcessingFailed;
  out += '/';
  default_path().append_to(out, local);
  return out;
}

}  // namespace

Result<KeyTemplates> make_key_templates(std::string_view prefix, std::string_view error_prefix,
                                        std::shared_ptr<const TimeZone> zone, Timestamp now,
                                        Random& random) {
  KeyTemplates templates;
  templates.zone = std::move(zone);
  TRY(templates.prefix, KeyTemplate::parse(prefix, PrefixKind::kPrefix));
  TRY(templates.error_prefix, KeyTemplate::parse(error_prefix, PrefixKind::kErrorOutputPrefix));
  if (templates.prefix.has_expressions() && templates.error_prefix.empty()) {
    return fail(ErrorKind::kInvalid,
                "ErrorOutputPrefix cannot be null or empty when Prefix contains expressions");
  }
  if (templates.error_prefix.has_expressions() && !templates.error_prefix.has_error_type()) {
    return fail(ErrorKind::kInvalid,
                "ErrorOutputPrefix must contain !{firehose:error-output-type} when it contains "
                "expressions");
  }
  const LocalTime local = templates.zone->at(now);
  if (evaluated_prefix(templates, local, random).size() > kEvaluatedMax) {
    return fail(ErrorKind::kInvalid, "Length of evaluated prefix cannot be greater than 512");
  }
  if (evaluated_error_prefix(templates, local, random).size() > kEvaluatedMax) {
    return fail(ErrorKind::kInvalid,
                "Length of evaluated ErrorOutputPrefix cannot be greater than 512");
  }
  return templates;
}

std::string object_key(const KeyTemplates& templates, const KeyParts& parts, Random& random) {
  const LocalTime local = templates.zone->at(parts.oldest);
  std::string key = evaluated_prefix(templates, local, random);
  append_suffix(key, parts, local, random);
  key += parts.extension;
  return key;
}

std::string error_object_key(const KeyTemplates& templates, const KeyParts& parts, Random& random) {
  const LocalTime local = templates.zone->at(parts.oldest);
  std::string key = evaluated_error_prefix(templates, local, random);
  append_suffix(key, parts, local, random);
  return key;
}

}  // namespace penstock::firehose
