// What the subcommands show: tables, progress lines, and whether a person is watching.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace penstock::cli {

// True when standard output is a terminal (and NO_COLOR and TERM=dumb do not say otherwise).
bool is_terminal();

// A box table; the first row is the header. Numbers are set to the right. On no terminal: plain
// ASCII.
std::string box_table(const std::vector<std::vector<std::string>>& rows);

// One line that is rewritten on a terminal and printed at most once a second otherwise.
class ProgressLine {
 public:
  void show(const std::string& line);
  void finish();

 private:
  std::string last_;
  double printed_at_ = -1e9;
};

std::string with_commas(std::uint64_t number);

}  // namespace penstock::cli
