// TZif files and the POSIX rules at their end. Every length is checked: the files are the system's,
// but the parser takes any bytes.
#include "services/firehose/time_zone.h"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <iterator>

namespace penstock::firehose {
namespace {

constexpr std::size_t kHeaderBytes = 44;
constexpr std::size_t kFileBytesMax = 1 << 20;

std::int64_t big_endian(std::string_view bytes) {
  std::uint64_t value = (static_cast<unsigned char>(bytes[0]) & 0x80) != 0 ? ~0ULL : 0;
  for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
  return static_cast<std::int64_t>(value);
}

struct Header {
  char version = 0;
  std::size_t utc_count, std_count, leap_count, time_count, type_count, char_count;
  std::size_t body_bytes(std::size_t time_size) const {
    return time_count * (time_size + 1) + type_count * 6 + char_count +
           leap_count * (time_size + 4) + std_count + utc_count;
  }
};

std::optional<Header> read_header(std::string_view bytes) {
  if (bytes.size() < kHeaderBytes || bytes.substr(0, 4) != "TZif") return std::nullopt;
  const auto count = [bytes](std::size_t i) {
    return static_cast<std::size_t>(big_endian(bytes.substr(20 + 4 * i, 4)) & 0xFFFFFFFF);
  };
  Header header{bytes[4], count(0), count(1), count(2), count(3), count(4), count(5)};
  for (const std::size_t n : {header.utc_count, header.std_count, header.leap_count,
                              header.time_count, header.type_count, header.char_count}) {
    if (n > kFileBytesMax) return std::nullopt;
  }
  return header;
}

// Reads a POSIX TZ string from the left.
class RuleReader {
 public:
  explicit RuleReader(std::string_view text) : rest_(text) {}

  bool take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool done() const { return rest_.empty(); }
  bool at(char c) const { return !rest_.empty() && rest_.front() == c; }
  bool number(int& value, int max) {
    std::size_t digits = 0;
    value = 0;
    while (digits < rest_.size() && rest_[digits] >= '0' && rest_[digits] <= '9' && digits < 5) {
      value = value * 10 + (rest_[digits++] - '0');
    }
    rest_.remove_prefix(digits);
    return digits > 0 && value <= max;
  }
  bool name(std::string& out) {
    std::size_t end = 0;
    if (take('<')) {
      end = rest_.find('>');
      if (end == std::string_view::npos) return false;
      out = rest_.substr(0, end);
      rest_.remove_prefix(end + 1);
      return !out.empty();
    }
    while (end < rest_.size() && std::isalpha(static_cast<unsigned char>(rest_[end])) != 0) ++end;
    out = rest_.substr(0, end);
    rest_.remove_prefix(end);
    return end >= 3;
  }
  // [+-]hh[:mm[:ss]] in seconds.
  bool time(int& seconds) {
    const bool negative = take('-');
    if (!negative) take('+');
    int h = 0, m = 0, s = 0;
    if (!number(h, 167)) return false;
    if (take(':') && !number(m, 59)) return false;
    if (m >= 0 && take(':') && !number(s, 59)) return false;
    seconds = (h * 3600 + m * 60 + s) * (negative ? -1 : 1);
    return true;
  }
  bool day(RuleDay& out) {
    if (take('M')) {
      out.kind = RuleDay::Kind::kMonthWeekDay;
      if (!number(out.month, 12) || out.month == 0 || !take('.')) return false;
      if (!number(out.week, 5) || out.week == 0 || !take('.') || !number(out.day, 6)) return false;
    } else if (take('J')) {
      out.kind = RuleDay::Kind::kJulian;
      if (!number(out.day, 365) || out.day == 0) return false;
    } else if (!number(out.day, 365)) {
      return false;
    }
    return !take('/') || time(out.seconds);
  }

 private:
  std::string_view rest_;
};

bool is_leap(int year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

std::int64_t day_number(int year, int month, int day) {
  CivilTime civil;
  civil.year = year;
  civil.month = month;
  civil.day = day;
  return timestamp_from(civil).seconds() / 86'400;
}

// Local seconds since 1970 at which the rule's day begins to apply in `year`.
std::int64_t change_in(const RuleDay& rule, int year) {
  std::int64_t day = 0;
  switch (rule.kind) {
    case RuleDay::Kind::kMonthWeekDay: {
      const std::int64_t first = day_number(year, rule.month, 1);
      const int first_weekday = civil_from(Timestamp::from_seconds(first * 86'400)).day_of_week;
      day = first + (rule.day - first_weekday + 7) % 7 + 7 * (rule.week - 1);
      const std::int64_t next =
          rule.month == 12 ? day_number(year + 1, 1, 1) : day_number(year, rule.month + 1, 1);
      if (day >= next) day -= 7;
      break;
    }
    case RuleDay::Kind::kJulian:
      day = day_number(year, 1, 1) + rule.day - 1 + (is_leap(year) && rule.day >= 60 ? 1 : 0);
      break;
    case RuleDay::Kind::kZeroBased: day = day_number(year, 1, 1) + rule.day; break;
  }
  return day * 86'400 + rule.seconds;
}

bool is_daylight(const PosixRule& rule, std::int64_t seconds) {
  const int year = civil_from(Timestamp::from_seconds(seconds + rule.standard_offset)).year;
  const std::int64_t start = change_in(rule.start, year) - rule.standard_offset;
  const std::int64_t end = change_in(rule.end, year) - rule.daylight_offset;
  if (start < end) return seconds >= start && seconds < end;
  return seconds >= start || seconds < end;  // The southern hemisphere.
}

}  // namespace

std::optional<PosixRule> parse_posix_rule(std::string_view text) {
  RuleReader reader(text);
  PosixRule rule;
  int west = 0;
  if (!reader.name(rule.standard) || !reader.time(west)) return std::nullopt;
  rule.standard_offset = -west;
  if (reader.done()) return rule;
  rule.has_daylight = true;
  rule.daylight_offset = rule.standard_offset + 3600;
  if (!reader.name(rule.daylight)) return std::nullopt;
  if (!reader.at(',')) {
    if (!reader.time(west)) return std::nullopt;
    rule.daylight_offset = -west;
  }
  if (!reader.take(',') || !reader.day(rule.start)) return std::nullopt;
  if (!reader.take(',') || !reader.day(rule.end) || !reader.done()) return std::nullopt;
  return rule;
}

Result<TimeZone> TimeZone::parse(std::string_view bytes) {
  const auto corrupt = [] { return fail(ErrorKind::kCorrupt, "not a time zone file"); };
  std::optional<Header> header = read_header(bytes);
  if (!header) return corrupt();
  std::size_t time_size = 4;
  if (header->version >= '2') {
    // The first body has 32-bit times, the second one the same with 64 bits.
    const std::size_t skip = kHeaderBytes + header->body_bytes(4);
    if (skip > bytes.size()) return corrupt();
    bytes.remove_prefix(skip);
    header = read_header(bytes);
    if (!header) return corrupt();
    time_size = 8;
  }
  bytes.remove_prefix(kHeaderBytes);
  const std::size_t body = header->body_bytes(time_size);
  if (body > bytes.size() || header->type_count == 0) return corrupt();

  TimeZone zone;
  zone.types_.clear();
  const std::string_view times = bytes.substr(0, header->time_count * time_size);
  const std::string_view indices = bytes.substr(times.size(), header->time_count);
  const std::string_view types =
      bytes.substr(times.size() + indices.size(), header->type_count * 6);
  const std::string_view names =
      bytes.substr(times.size() + indices.size() + types.size(), header->char_count);
  for (std::size_t i = 0; i < header->time_count; ++i) {
    zone.transitions_.push_back(big_endian(times.substr(i * time_size, time_size)));
    const auto index = static_cast<std::uint8_t>(indices[i]);
    if (index >= header->type_count) return corrupt();
    zone.indices_.push_back(index);
  }
  if (!std::is_sorted(zone.transitions_.begin(), zone.transitions_.end())) return corrupt();
  for (std::size_t i = 0; i < header->type_count; ++i) {
    const auto offset = static_cast<int>(big_endian(types.substr(i * 6, 4)));
    const auto name = static_cast<std::uint8_t>(types[i * 6 + 5]);
    if (name >= names.size() || offset < -93'600 || offset > 93'600) return corrupt();
    const std::string_view tail = names.substr(name);
    zone.types_.push_back({offset, std::string(tail.substr(0, tail.find('\0')))});
  }
  std::string_view footer = bytes.substr(body);
  if (time_size == 8 && footer.size() > 2 && footer.front() == '\n') {
    footer.remove_prefix(1);
    zone.rule_ = parse_posix_rule(footer.substr(0, footer.find('\n')));
  }
  return zone;
}

Result<std::shared_ptr<const TimeZone>> TimeZone::load(std::string_view name) {
  if (name.empty() || name == "UTC") return utc();
  for (const char c : name) {
    // No dots: the name cannot leave the directory.
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '/' && c != '_' && c != '-' &&
        c != '+') {
      return fail(ErrorKind::kInvalid, "unknown time zone");
    }
  }
  std::ifstream file("/usr/share/zoneinfo/" + std::string(name), std::ios::binary);
  if (!file || name.front() == '/') return fail(ErrorKind::kInvalid, "unknown time zone");
  std::string bytes(std::istreambuf_iterator<char>(file), {});
  if (bytes.size() > kFileBytesMax) return fail(ErrorKind::kInvalid, "unknown time zone");
  Result<TimeZone> zone = parse(bytes);
  if (!zone) return fail(ErrorKind::kInvalid, "unknown time zone");
  return std::make_shared<const TimeZone>(std::move(*zone));
}

std::shared_ptr<const TimeZone> TimeZone::utc() {
  static const std::shared_ptr<const TimeZone> zone = std::make_shared<const TimeZone>();
  return zone;
}

TimeZone::Type TimeZone::type_at(std::int64_t seconds) const {
  if (!transitions_.empty() && seconds < transitions_.front()) return types_.front();
  const bool beyond = transitions_.empty() || seconds >= transitions_.back();
  if (beyond && rule_) {
    if (rule_->has_daylight && is_daylight(*rule_, seconds)) {
      return {rule_->daylight_offset, rule_->daylight};
    }
    return {rule_->standard_offset, rule_->standard};
  }
  if (transitions_.empty()) return types_.front();
  const auto after = std::upper_bound(transitions_.begin(), transitions_.end(), seconds);
  return types_[indices_[static_cast<std::size_t>(after - transitions_.begin()) - 1]];
}

LocalTime TimeZone::at(Timestamp t) const {
  const Type type = type_at(t.seconds());
  LocalTime local;
  local.civil = civil_from(t + std::chrono::seconds(type.offset));
  local.nano_of_second = ((t.micros % 1'000'000 + 1'000'000) % 1'000'000) * 1000;
  local.offset_seconds = type.offset;
  local.zone = type.abbreviation;
  return local;
}

}  // namespace penstock::firehose
