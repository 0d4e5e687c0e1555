// Drawing for terminals and for logs.
#include "cli/terminal.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace penstock::cli {
namespace {

double seconds_now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789.-+eE") == std::string_view::npos &&
         text.find_first_of("0123456789") != std::string_view::npos;
}

struct Lines {
  std::string_view horizontal, vertical, top[3], middle[3], bottom[3];
};
constexpr Lines kBox{"─", "│", {"┌", "┬", "┐"}, {"├", "┼", "┤"}, {"└", "┴", "┘"}};
constexpr Lines kAscii{"-", "|", {"+", "+", "+"}, {"+", "+", "+"}, {"+", "+", "+"}};

std::string rule(const Lines& lines, const std::string_view (&ends)[3],
                 const std::vector<std::size_t>& widths) {
  std::string out(ends[0]);
  for (std::size_t i = 0; i < widths.size(); ++i) {
    if (i != 0) out += ends[1];
    for (std::size_t n = 0; n < widths[i] + 2; ++n) out += lines.horizontal;
  }
  return out.append(ends[2]).append("\n");
}

}  // namespace

bool is_terminal() {
  const char* term = std::getenv("TERM");
  return isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr &&
         (term == nullptr || std::string_view(term) != "dumb");
}

std::string box_table(const std::vector<std::vector<std::string>>& rows) {
  if (rows.empty()) return {};
  const Lines& lines = is_terminal() ? kBox : kAscii;
  std::vector<std::size_t> widths(rows[0].size(), 0);
  std::vector<bool> right(rows[0].size(), rows.size() > 1);
  for (std::size_t r = 0; r < rows.size(); ++r) {
    for (std::size_t c = 0; c < rows[r].size() && c < widths.size(); ++c) {
      widths[c] = std::max(widths[c], width_of(rows[r][c]));
      if (r > 0 && !rows[r][c].empty() && !is_number(rows[r][c])) right[c] = false;
    }
  }
  std::string out = rule(lines, lines.top, widths);
  for (std::size_t r = 0; r < rows.size(); ++r) {
    for (std::size_t c = 0; c < widths.size(); ++c) {
      const std::string text = c < rows[r].size() ? rows[r][c] : std::string();
      const std::string pad(widths[c] - width_of(text), ' ');
      out += fmt::format("{} {} ", lines.vertical, right[c] ? pad + text : text + pad);
    }
    out += fmt::format("{}\n", lines.vertical);
    if (r == 0) out += rule(lines, lines.middle, widths);
  }
  return out + rule(lines, lines.bottom, widths);
}

void ProgressLine::show(const std::string& line) {
  if (is_terminal()) {
    fmt::print("\r\033[K{}", line);
    std::fflush(stdout);
  } else if (seconds_now() - printed_at_ >= 1.0) {
    fmt::print("{}\n", line);
    std::fflush(stdout);
    printed_at_ = seconds_now();
  }
  last_ = line;
}

void ProgressLine::finish() {
  if (last_.empty()) return;
  fmt::print("{}{}\n", is_terminal() ? "\r\033[K" : "", last_);
  std::fflush(stdout);
  last_.clear();
}

std::string with_commas(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3) {
    digits.insert(static_cast<std::size_t>(at), ",");
  }
  return digits;
}

}  // namespace penstock::cli
