#include "shared/observe/trace_context.h"

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"

namespace crm {
namespace {

using ::testing::MatchesRegex;

constexpr char kTrace[] = "0af7651916cd43dd8448eb211c80319c";
constexpr char kSpan[] = "b7ad6b7169203331";

std::string Header(absl::string_view version, absl::string_view flags) {
  return absl::StrCat(version, "-", kTrace, "-", kSpan, "-", flags);
}

TEST(ParseTraceparent, ReadsAllParts) {
  const auto context = ParseTraceparent(Header("00", "01"));

  ASSERT_TRUE(context.has_value());
  EXPECT_EQ(context->trace_id, kTrace);
  EXPECT_EQ(context->span_id, kSpan);
  EXPECT_EQ(context->parent_span_id, "");
  EXPECT_TRUE(context->sampled);
}

TEST(ParseTraceparent, LooksOnlyAtTheSampledFlag) {
  EXPECT_FALSE(ParseTraceparent(Header("00", "00"))->sampled);
  EXPECT_FALSE(ParseTraceparent(Header("00", "fe"))->sampled);
  EXPECT_TRUE(ParseTraceparent(Header("00", "ff"))->sampled);
}

TEST(ParseTraceparent, ReadsLaterVersionsAsFarAsThisOneGoes) {
  EXPECT_TRUE(ParseTraceparent(Header("01", "01")).has_value());
  EXPECT_TRUE(ParseTraceparent(Header("cc", "01-extra")).has_value());
  EXPECT_FALSE(ParseTraceparent(Header("cc", "01.extra")).has_value());
}

TEST(ParseTraceparent, RefusesWhatIsMalformed) {
  const std::string good = Header("00", "01");
  for (const std::string& bad : {
           std::string(),
           good.substr(0, good.size() - 1),
           good + "-",
           good + "0",
           Header("ff", "01"),
           Header("0g", "01"),
           Header("00", "0G"),
           absl::StrCat("00-", std::string(32, '0'), "-", kSpan, "-01"),
           absl::StrCat("00-", kTrace, "-", std::string(16, '0'), "-01"),
           absl::StrCat("00-", std::string(32, 'A'), "-", kSpan, "-01"),
           absl::StrCat("00_", kTrace, "-", kSpan, "-01"),
           absl::StrCat("00-", kTrace, "_", kSpan, "-01"),
           absl::StrCat("00-", kTrace, "-", kSpan, "_01"),
       }) {
    EXPECT_FALSE(ParseTraceparent(bad).has_value()) << bad;
  }
}

TEST(FormatTraceparent, ComesBackUnchanged) {
  for (const absl::string_view flags : {"00", "01"}) {
    const std::string header = Header("00", flags);
    EXPECT_EQ(FormatTraceparent(*ParseTraceparent(header)), header);
  }
}

TEST(TraceMaker, ContinuesTheSendersTrace) {
  TraceMaker maker(1);

  const TraceContext context = maker.Continue(Header("00", "01"));

  EXPECT_EQ(context.trace_id, kTrace);
  EXPECT_EQ(context.parent_span_id, kSpan);
  EXPECT_THAT(context.span_id, MatchesRegex("[0-9a-f]{16}"));
  EXPECT_NE(context.span_id, kSpan);
  EXPECT_TRUE(context.sampled);
}

TEST(TraceMaker, BeginsATraceWithoutASender) {
  TraceMaker maker(1);

  const TraceContext first = maker.Continue("");
  const TraceContext second = maker.Continue("garbage");

  EXPECT_TRUE(ParseTraceparent(FormatTraceparent(first)).has_value());
  EXPECT_EQ(first.parent_span_id, "");
  EXPECT_FALSE(first.sampled);
  EXPECT_NE(first.trace_id, second.trace_id);
}

TEST(TraceMaker, GivesEachChildItsOwnSpan) {
  TraceMaker maker(1);
  const TraceContext parent = maker.Continue("");

  const TraceContext first = maker.ChildOf(parent);
  const TraceContext second = maker.ChildOf(parent);

  EXPECT_EQ(first.trace_id, parent.trace_id);
  EXPECT_EQ(first.parent_span_id, parent.span_id);
  EXPECT_NE(first.span_id, second.span_id);
}

TEST(TraceMaker, RepeatsItselfFromASeedOnly) {
  EXPECT_EQ(TraceMaker(5).Continue(""), TraceMaker(5).Continue(""));
  EXPECT_NE(TraceMaker().Continue(""), TraceMaker().Continue(""));
}

}  // namespace
}  // namespace crm
