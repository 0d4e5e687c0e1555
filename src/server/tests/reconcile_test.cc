// The arithmetic of reconciliation. The expectations follow from the definitions: each change is in
// exactly one of delivered, filtered, failed, pending or a fault; each byte of an object is of one
// record or of none.
#include "server/reconcile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "server/reconcile_match.h"

namespace penstock::server {
namespace {

using firehose::Mark;
using firehose::mark_of;

std::vector<Mark> marks_of(const std::vector<std::string>& pieces) {
  std::vector<Mark> marks;
  for (const std::string& piece : pieces) marks.push_back(mark_of(piece));
  return marks;
}

// "1 0 2 / stray bytes" for copies and strays.
std::string shown(const std::string& content, const std::vector<std::string>& pieces) {
  const ObjectMatch match = match_pieces(content, marks_of(pieces));
  std::string out;
  for (const std::uint32_t copies : match.copies) out += std::to_string(copies);
  for (const StrayBytes& stray : match.strays) {
    out += "/" + content.substr(stray.offset, stray.size);
  }
  return out;
}

TEST(MatchPieces, FindsEachPieceOfWhatWasWritten) {
  const std::vector<std::string> lines = {"line one\n", "line two\n", "line three\n"};
  struct Case {
    const char* what;
    std::string content;
    std::string expected;
  };
  const Case cases[] = {
      {"as written", "line one\nline two\nline three\n", "111"},
      {"removed", "line one\nline three\n", "101"},
      {"removed at the end", "line one\nline two\n", "110"},
      {"doubled at its place", "line one\nline one\nline two\nline three\n", "211"},
      {"doubled at the end", "line one\nline two\nline three\nline one\n", "211"},
      {"another order", "line three\nline one\nline two\n", "111"},
      {"altered", "line one\nline 2\nline three\n", "101/line 2\n"},
      {"altered, as long", "line one\nline twO\nline three\n", "101/line twO\n"},
      {"cut off", "line one\nline two\nline th", "110/line th"},
      {"something in front", "xx\nline one\nline two\nline three\n", "111/xx\n"},
      {"nothing", "", "000"},
      {"something else", "a\nb\n", "000/a\n/b\n"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.what);
    EXPECT_EQ(shown(c.content, lines), c.expected);
  }
}

// Firehose puts nothing between records: pieces need not be lines.
TEST(MatchPieces, NeedsNoNewlines) {
  const std::vector<std::string> documents = {R"({"number": 1})", "{\n \"number\": 2\n}",
                                              R"({"number": 3})"};
  EXPECT_EQ(shown(documents[0] + documents[1] + documents[2], documents), "111");
  EXPECT_EQ(shown(documents[0] + documents[2], documents), "101");
  EXPECT_EQ(shown(R"({"number": 9})" + documents[1] + documents[2], documents),
            R"(011/{"number": 9})");
  EXPECT_EQ(shown(documents[0] + "{\n \"number\": 7\n}" + documents[2], documents),
            "101/{\n/ \"number\": 7\n/}");
}

TEST(MatchPieces, TellsEqualPiecesApartByNumber) {
  EXPECT_EQ(shown("same\nsame\n", {"same\n", "same\n"}), "11");
  EXPECT_EQ(shown("same\n", {"same\n", "same\n"}), "10");
  EXPECT_EQ(shown("same\nsame\nsame\n", {"same\n", "same\n"}), "21");
}

TEST(MatchPieces, PiecesOfNoBytesAreThere) { EXPECT_EQ(shown("a\n", {"", "a\n", ""}), "111"); }

// Whatever was done to an object: its bytes are those of the copies and of the strays.
TEST(MatchPieces, AccountsForEveryByte) {
  std::mt19937 dice(7);
  for (int round = 0; round < 300; ++round) {
    std::vector<std::string> pieces;
    std::string content;
    for (int i = 0; i < 20; ++i) {
      pieces.push_back("record " + std::to_string(dice() % 30) + (dice() % 4 == 0 ? "" : "\n"));
      for (std::uint32_t copies = dice() % 8 == 0 ? dice() % 3 : 1; copies > 0; --copies) {
        content += pieces.back();
      }
    }
    for (std::uint32_t edits = dice() % 3; edits > 0 && !content.empty(); --edits) {
      content[dice() % content.size()] = 'x';
    }
    const ObjectMatch match = match_pieces(content, marks_of(pieces));
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < pieces.size(); ++i) bytes += pieces[i].size() * match.copies[i];
    for (const StrayBytes& stray : match.strays) bytes += stray.size;
    EXPECT_EQ(bytes, content.size());
  }
}

// ---- loose ends ----

struct LooseBench {
  Report report;
  std::vector<Report*> reports{&report};
  std::vector<MissingPiece> missing;
  std::vector<StrayLine> strays;
  std::optional<KnownPiece> known;

  void lose(const std::string& line, std::string name, std::string object,
            const Change* change = nullptr) {
    missing.push_back({0, change, std::move(name), std::move(object), mark_of(line), "missing"});
  }
  void find(const std::string& line, std::string object, std::optional<std::size_t> place = {},
            const Change* change = nullptr) {
    strays.push_back({std::move(object), 0, mark_of(line), change, "", line, place});
  }
  // "fault change@where", in the order of the report.
  std::vector<std::string> settle() {
    settle_loose(reports, missing, strays, [this](const Mark&) { return known; });
    std::vector<std::string> out;
    for (const Problem& p : report.problems) {
      out.push_back(std::string(to_string(p.fault)) + " " + p.change + "@" + p.where);
    }
    return out;
  }
};

TEST(LooseEnds, ALineThatIsNowhereIsLost) {
  LooseBench bench;
  bench.lose("a", "A", "o1");
  EXPECT_THAT(bench.settle(), testing::ElementsAre("lost A@o1"));
  EXPECT_FALSE(bench.report.good());
}

TEST(LooseEnds, LinesThatChangedPlacesAreMisplaced) {
  LooseBench bench;
  bench.lose("a", "A", "o1");
  bench.lose("b", "B", "o2");
  bench.find("b", "o1", 0);
  bench.find("a", "o2", 1);
  EXPECT_THAT(bench.settle(),
              testing::ElementsAre("misplaced B@o1 at byte 0", "misplaced A@o2 at byte 0"));
}

TEST(LooseEnds, AnotherLineInItsPlaceIsAltered) {
  LooseBench bench;
  bench.lose("a", "A", "o1");
  bench.lose("b", "B", "o1");
  bench.find("x", "o1", 1);
  EXPECT_THAT(bench.settle(), testing::ElementsAre("altered B@o1 at byte 0", "lost A@o1"));
}

TEST(LooseEnds, ALineThatNamesItsChangeIsAlteredWhereverItStands) {
  Change change{"A", "1", 0, 1};
  LooseBench bench;
  bench.lose("a", "A", "o1", &change);
  bench.find("A, altered", "o1", {}, &change);
  EXPECT_THAT(bench.settle(), testing::ElementsAre("altered A@o1 at byte 0"));
}

TEST(LooseEnds, CopiesAndStrangers) {
  Change change{"A", "1", 0, 1};
  LooseBench bench;
  bench.find("A again", "o1", {}, &change);
  bench.find("nobody's", "o1");
  EXPECT_THAT(bench.settle(),
              testing::ElementsAre("duplicate A@o1 at byte 0", "foreign (none)@o1 at byte 0"));
  LooseBench copy;
  copy.known = KnownPiece{0, "B", "o2"};
  copy.find("b", "o1");
  EXPECT_THAT(copy.settle(), testing::ElementsAre("duplicate B@o1 at byte 0"));
}

// ---- the pipe ----

struct PipeBench {
  ChangeBook book;
  Report report;
  PipeAccount pipe;
  std::uint64_t unnamed = 0;

  explicit PipeBench(int changes) {
    for (int i = 0; i < changes; ++i) {
      book.add("id" + std::to_string(i), std::to_string(1000 + i), 0);
      book.changes().back().records = 1;
    }
    pipe.position = std::to_string(1000 + changes - 1);
  }
  Change& change(int i) { return book.changes()[static_cast<std::size_t>(i)]; }
  void settle() { settle_pipe(report, book, 0, pipe, unnamed); }
};

TEST(SettlePipe, EachChangeHasOneRecord) {
  PipeBench bench(3);
  bench.settle();
  EXPECT_EQ(bench.report.written, 3U);
  EXPECT_EQ(bench.report.carried, 3U);
  EXPECT_TRUE(bench.report.good());
}

TEST(SettlePipe, NamesWhatIsMissingDoubledFilteredAndFailed) {
  PipeBench bench(6);
  bench.change(0).records = 2;
  for (const int i : {1, 2, 3, 5}) bench.change(i).records = 0;
  bench.pipe.position = "1004";
  bench.pipe.failed = {{"id1", "RetryAttemptsExhausted"}};
  bench.pipe.filtered = 1;
  bench.pipe.held_back = {"id2"};
  bench.settle();
  EXPECT_FALSE(bench.report.good());
  ASSERT_EQ(bench.report.problems.size(), 2U);
  EXPECT_EQ(bench.report.problems[0].change, "id0");
  EXPECT_EQ(bench.report.problems[0].fault, Fault::kDuplicate);
  EXPECT_EQ(bench.report.problems[1].change, "id3");
  EXPECT_EQ(bench.report.problems[1].fault, Fault::kLost);
  ASSERT_EQ(bench.report.filtered.size(), 1U);
  EXPECT_EQ(bench.report.filtered[0].change, "id2");
  ASSERT_EQ(bench.report.failed.size(), 1U);
  EXPECT_EQ(bench.report.failed[0].detail, "RetryAttemptsExhausted");
  EXPECT_EQ(bench.report.counts.pending, 1U);  // id5: beyond the position.
  EXPECT_EQ(bench.report.written, bench.report.carried + bench.report.hop.accounted());
}

TEST(SettlePipe, TheNumberOfAnEarlierFilterExplainsAsMany) {
  PipeBench bench(3);
  for (const int i : {0, 1}) bench.change(i).records = 0;
  bench.pipe.filtered = 2;
  bench.settle();
  EXPECT_TRUE(bench.report.good());
  EXPECT_EQ(bench.report.filtered.size(), 2U);
}

TEST(SettlePipe, ARecordThatNamesNoChangeMayBeAnyOfThem) {
  PipeBench bench(2);
  bench.change(0).records = bench.change(1).records = 0;
  bench.unnamed = 1;
  bench.settle();
  EXPECT_EQ(bench.report.carried, 1U);
  EXPECT_EQ(bench.report.counts.lost, 1U);
}

// An enrichment may answer several items for a change, or none: neither is known to be a fault.
TEST(SettlePipe, DoesNotJudgeWhatAnEnrichmentMade) {
  PipeBench bench(4);
  bench.pipe.enriched = true;
  bench.change(0).records = 3;
  bench.change(1).records = bench.change(2).records = 0;
  bench.pipe.failed = {{"id2", "RetryAttemptsExhausted"}};
  bench.settle();
  EXPECT_TRUE(bench.report.good());
  EXPECT_EQ(bench.report.carried, 2U);
  EXPECT_EQ(bench.report.counts.failed, 1U);
  ASSERT_EQ(bench.report.untraced.size(), 1U);
  EXPECT_EQ(bench.report.untraced[0].change, "id1");
  EXPECT_EQ(bench.report.written, bench.report.carried + bench.report.hop.accounted());
}

TEST(SettlePipe, WhatWasWrittenBeforeLatestIsNotItsBusiness) {
  PipeBench bench(3);
  bench.change(0).records = 0;
  bench.pipe.from_latest = true;
  bench.settle();
  EXPECT_EQ(bench.report.written, 2U);
  EXPECT_TRUE(bench.report.good());
}

TEST(Report, NamesNoMoreThanAskedButCountsAll) {
  Report report;
  report.names = 2;
  for (int i = 0; i < 5; ++i) report.add({Fault::kLost, std::to_string(i), "", ""});
  EXPECT_EQ(report.problems.size(), 2U);
  EXPECT_EQ(report.counts.lost, 5U);
}

TEST(Report, IsNotGoodWhenTheSumsDoNotComeOut) {
  Report report;
  report.written = 2;
  report.carried = 2;
  report.deliveries.push_back({.arn = "d", .records = 2});
  report.count(&Counts::delivered);
  EXPECT_FALSE(report.good());
  report.count(&Counts::filtered);
  EXPECT_TRUE(report.good());
}

TEST(Reconcile, FindsTheIdOfARecordOrALine) {
  EXPECT_EQ(change_id_of(R"({"eventID":"e1","dynamodb":{"SequenceNumber":"5"}})"), "e1");
  EXPECT_EQ(change_id_of(R"({"orderid":"1","event_id":"e2"})"), "e2");
  EXPECT_EQ(change_id_of(R"({"sequenceNumber":"7"})"), "7");
  EXPECT_EQ(change_id_of(R"({"a":1})"), "");
  EXPECT_EQ(change_id_of("not json"), "");
}

}  // namespace
}  // namespace penstock::server
