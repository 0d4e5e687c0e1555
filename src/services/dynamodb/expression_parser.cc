// The shared part of the expression parsers, and the checks on placeholders.
#include "services/dynamodb/expression_parser.h"

#include <charconv>

#include "services/dynamodb/limits.h"
#include "services/dynamodb/reserved_words.h"

namespace penstock::dynamodb {
namespace {

bool is_word(std::string_view text) {
  for (const char c : text) {
    const bool word =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    if (!word) return false;
  }
  return !text.empty();
}

bool is_placeholder(std::string_view key, char sigil) {
  return key.size() > 1 && key.front() == sigil && is_word(key.substr(1));
}

constexpr const char* kKeyTooLong =
    " contains invalid key: The expression attribute map contains a key that is too long;";

// {#a, #b}: the keys that were not used, or empty.
template <typename Keys>
std::string unused_keys(const Keys& keys, const std::set<std::string, std::less<>>& used) {
  std::string out;
  for (const auto& [key, value] : keys) {
    if (!used.contains(key)) out += (out.empty() ? "{" : ", ") + key;
  }
  return out.empty() ? out : out + "}";
}

// What stands for names and values in expressions is limited in sum, as documented.
Checked<void> check_substitution_bytes(const Placeholders& placeholders) {
  std::size_t names = 0, values = 0;
  if (placeholders.names != nullptr) {
    for (const auto& [key, name] : *placeholders.names) names += key.size() + name.size();
  }
  if (placeholders.values != nullptr) {
    for (const auto& [key, value] : *placeholders.values) values += key.size() + value_size(value);
  }
  constexpr const char* kTooMuch = " exceeds max size";
  if (names > kSubstitutionBytesMax) {
    return std::unexpected(std::string("ExpressionAttributeNames") + kTooMuch);
  }
  if (values > kSubstitutionBytesMax) {
    return std::unexpected(std::string("ExpressionAttributeValues") + kTooMuch);
  }
  if (names + values > kSubstitutionBytesMax) {
    return std::unexpected(
        std::string("Combined size of ExpressionAttributeNames and ExpressionAttributeValues") +
        kTooMuch);
  }
  return {};
}

}  // namespace

Checked<void> check_placeholders(const Placeholders& placeholders) {
  if (auto fits = check_substitution_bytes(placeholders); !fits) return fits;
  if (placeholders.names != nullptr) {
    if (placeholders.names->empty())
      return std::unexpected("ExpressionAttributeNames must not be empty");
    for (const auto& [key, name] : *placeholders.names) {
      if (key.size() > kPlaceholderBytesMax) {
        return std::unexpected("ExpressionAttributeNames" + std::string(kKeyTooLong) +
                               " size of key: " + std::to_string(key.size()));
      }
      if (!is_placeholder(key, '#')) {
        return std::unexpected(
            "ExpressionAttributeNames contains invalid key: Syntax error; key: \"" + key + "\"");
      }
      if (name.empty()) {
        return std::unexpected(
            "ExpressionAttributeNames contains invalid value: Empty attribute name for key " + key);
      }
      if (name.size() > kAttributeNameBytesMax) {
        return std::unexpected("ExpressionAttributeNames contains invalid value: " +
                               std::string(kNameTooLarge) + " for key " + key);
      }
    }
  }
  if (placeholders.values != nullptr) {
    if (placeholders.values->empty())
      return std::unexpected("ExpressionAttributeValues must not be empty");
    for (const auto& [key, value] : *placeholders.values) {
      // Unlike that of a name, without the size: measured.
      if (key.size() > kPlaceholderBytesMax) {
        return std::unexpected("ExpressionAttributeValues" + std::string(kKeyTooLong));
      }
      if (!is_placeholder(key, ':')) {
        return std::unexpected(
            "ExpressionAttributeValues contains invalid key: Syntax error; key: \"" + key + "\"");
      }
    }
    for (const auto& [key, value] : *placeholders.values) {
      if (!value.is_valid()) {
        return std::unexpected("ExpressionAttributeValues contains invalid value: " +
                               value.scalar() + " for key " + key);
      }
      if (value_size(value) > kItemBytesMax) {
        return std::unexpected(
            "ExpressionAttributeValues contains invalid value: Item size has exceeded the maximum "
            "allowed size for key " +
            key);
      }
    }
  }
  return {};
}

Checked<void> check_all_used(const Placeholders& placeholders) {
  if (placeholders.names != nullptr) {
    const std::string keys = unused_keys(*placeholders.names, placeholders.used_names);
    if (!keys.empty()) {
      return std::unexpected(
          "Value provided in ExpressionAttributeNames unused in expressions: keys: " + keys);
    }
  }
  if (placeholders.values != nullptr) {
    const std::string keys = unused_keys(*placeholders.values, placeholders.used_values);
    if (!keys.empty()) {
      return std::unexpected(
          "Value provided in ExpressionAttributeValues unused in expressions: keys: " + keys);
    }
  }
  return {};
}

std::string_view symbol_of(Comparator comparator) {
  switch (comparator) {
    case Comparator::kEqual: return "=";
    case Comparator::kNotEqual: return "<>";
    case Comparator::kLess: return "<";
    case Comparator::kLessEqual: return "<=";
    case Comparator::kGreater: return ">";
    case Comparator::kGreaterEqual: return ">=";
  }
  return {};
}

ExpressionParser::ExpressionParser(std::string_view kind, std::string_view text,
                                   Placeholders& placeholders)
    : kind_(kind), text_(text), placeholders_(placeholders) {
  if (text.size() <= kExpressionBytesMax) {
    tokens_ = tokenize(text);
  } else {
    tokens_.push_back({});
  }
}

const Token& ExpressionParser::peek(std::size_t ahead) const {
  return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
}

bool ExpressionParser::accept_symbol(std::string_view symbol) {
  if (failed_ || !peek().is_symbol(symbol)) return false;
  advance();
  return true;
}

bool ExpressionParser::accept_keyword(std::string_view keyword) {
  if (failed_ || !peek().is_keyword(keyword)) return false;
  advance();
  return true;
}

void ExpressionParser::expect_symbol(std::string_view symbol) {
  if (!accept_symbol(symbol)) fail_syntax();
}

void ExpressionParser::fail_syntax() {
  if (failed_) return;
  failed_ = true;
  syntax_error_ = syntax_error(text_, tokens_, std::min(at_, tokens_.size() - 1));
}

void ExpressionParser::complain(Complaint kind, std::string text) {
  std::string& slot = complaints_[static_cast<std::size_t>(kind)];
  if (slot.empty()) slot = std::move(text);
}

bool ExpressionParser::complained(Complaint kind) const {
  return !complaints_[static_cast<std::size_t>(kind)].empty();
}

bool ExpressionParser::enter_level() {
  if (++level_ <= kExpressionNestingMax) return true;
  // Deeper nesting takes either redundant parentheses or more operators than allowed.
  if (!complained(Complaint::kParentheses)) {
    complain(Complaint::kLimit, "The expression contains too many operators; operator count: 301");
  }
  failed_ = true;
  return false;
}

bool ExpressionParser::at_path() const {
  return peek().kind == Token::Kind::kName || peek().kind == Token::Kind::kNamePlace;
}

bool ExpressionParser::at_function() const {
  return peek().kind == Token::Kind::kName && peek(1).is_symbol("(");
}

std::string ExpressionParser::parse_path_name() {
  const Token& token = peek();
  if (token.kind == Token::Kind::kName) {
    if (is_reserved_word(token.text)) {
      complain(Complaint::kReserved, "Attribute name is a reserved keyword; reserved keyword: " +
                                         std::string(token.text));
    }
    advance();
    return std::string(token.text);
  }
  if (token.kind != Token::Kind::kNamePlace) {
    fail_syntax();
    return {};
  }
  advance();
  if (placeholders_.names != nullptr) {
    const auto found = placeholders_.names->find(std::string(token.text));
    if (found != placeholders_.names->end()) {
      placeholders_.used_names.emplace(token.text);
      return found->second;
    }
  }
  if (!complained(Complaint::kUndefinedValue)) {
    complain(
        Complaint::kUndefinedName,
        "An expression attribute name used in the document path is not defined; attribute name: " +
            std::string(token.text));
  }
  return std::string(token.text);
}

void ExpressionParser::parse_path_tail(DocumentPath& path) {
  while (!failed_) {
    if (accept_symbol(".")) {
      path.elements.push_back({parse_path_name()});
    } else if (peek().is_symbol("[")) {
      advance();
      if (peek().kind != Token::Kind::kDigits) return fail_syntax();
      const std::string_view digits = peek().text;
      PathElement element{.name = {}, .is_index = true};
      const auto [end, error] =
          std::from_chars(digits.data(), digits.data() + digits.size(), element.index);
      if (error != std::errc() || element.index > kListIndexMax) {
        complain(Complaint::kLimit, "List index is not within the allowable range; index: [" +
                                        std::string(digits) + "]");
        element.index = 0;
      }
      path.elements.push_back(std::move(element));
      advance();
      expect_symbol("]");
    } else {
      break;
    }
  }
}

DocumentPath ExpressionParser::parse_path() {
  DocumentPath path;
  if (failed_) return path;
  path.elements.push_back({parse_path_name()});
  parse_path_tail(path);
  if (path.elements.size() > kPathDepthMax) {
    complain(Complaint::kLimit, "The document path has too many nesting levels; nesting levels: " +
                                    std::to_string(path.elements.size()));
  }
  return path;
}

const AttributeValue* ExpressionParser::parse_value_placeholder() {
  if (failed_) return nullptr;
  if (peek().kind != Token::Kind::kValuePlace) {
    fail_syntax();
    return nullptr;
  }
  const std::string_view key = peek().text;
  advance();
  const AttributeValue* value =
      placeholders_.values != nullptr ? placeholders_.values->find(key) : nullptr;
  if (value != nullptr) {
    placeholders_.used_values.emplace(key);
  } else if (!complained(Complaint::kUndefinedName)) {
    complain(Complaint::kUndefinedValue,
             "An expression attribute value used in expression is not defined; attribute value: " +
                 std::string(key));
  }
  return value;
}

Operand ExpressionParser::parse_call() {
  Operand call{.kind = Operand::Kind::kFunction, .function = std::string(peek().text)};
  count_operator();
  advance();
  expect_symbol("(");
  if (!enter_level()) return call;
  while (!failed_) {
    call.operands.push_back(parse_operand());
    if (!accept_symbol(",")) break;
  }
  leave_level();
  expect_symbol(")");
  return call;
}

void ExpressionParser::check_clashes(std::vector<DocumentPath>& seen, const DocumentPath& path) {
  for (const DocumentPath& earlier : seen) {
    if (auto clash = check_clash(earlier, path)) complain(clash->kind, std::move(clash->text));
  }
  seen.push_back(path);
}

void ExpressionParser::expect_end() {
  if (!failed_ && peek().kind != Token::Kind::kEnd) fail_syntax();
}

std::optional<std::string> ExpressionParser::check_text() const {
  const std::string prefix = "Invalid " + std::string(kind_) + ": ";
  if (text_.empty()) return prefix + "The expression can not be empty;";
  if (text_.size() > kExpressionBytesMax) {
    std::string message = prefix + "Expression size has exceeded the maximum allowed size;";
    // Only conditions and filters say how big they are: measured.
    if (kind_ == "ConditionExpression" || kind_ == "FilterExpression") {
      message += " expression size: " + std::to_string(text_.size());
    }
    return message;
  }
  return std::nullopt;
}

std::optional<std::string> ExpressionParser::verdict(std::span<const Complaint> order) {
  const std::string prefix = "Invalid " + std::string(kind_) + ": ";
  if (!syntax_error_.empty()) return prefix + syntax_error_;
  if (operators_ > kExpressionOperatorsMax) {
    complain(Complaint::kLimit, "The expression contains too many operators; operator count: 301");
  }
  if (complained(Complaint::kLimit))
    return prefix + complaints_[static_cast<std::size_t>(Complaint::kLimit)];
  for (const Complaint kind : order) {
    if (complained(kind)) return prefix + complaints_[static_cast<std::size_t>(kind)];
  }
  return std::nullopt;
}

}  // namespace penstock::dynamodb
