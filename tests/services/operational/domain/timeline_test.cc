#include "services/operational/domain/timeline.h"

#include <algorithm>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "shared/base/clock.h"
#include "tests/support/matchers.h"

namespace crm::operational {
namespace {

using ::crm::testing::IsOkAndHolds;
using ::crm::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

v1::TimelineEntry Entry(int64_t micros, absl::string_view id) {
  v1::TimelineEntry entry;
  entry.set_entry_id(std::string(id));
  *entry.mutable_event_time() = ToTimestamp(absl::FromUnixMicros(micros));
  return entry;
}

std::vector<std::string> Ids(const std::vector<v1::TimelineEntry>& entries) {
  std::vector<std::string> ids;
  for (const v1::TimelineEntry& entry : entries)
    ids.push_back(entry.entry_id());
  return ids;
}

TEST(MergeTimeline, B22_IsOrderedByTimeAndThenById) {
  const TimelinePage page = MergeTimeline(
      {{.entries = {Entry(3, "a"), Entry(2, "d")}, .reached = {}},
       {.entries = {Entry(2, "c"), Entry(1, "e")}, .reached = {}}},
      10);

  EXPECT_THAT(Ids(page.entries), ElementsAre("a", "d", "c", "e"));
  EXPECT_FALSE(page.next.has_value());
}

TEST(MergeTimeline, B22_EndsWhereAPartMayHaveMore) {
  const TimelinePage page = MergeTimeline(
      {{.entries = {Entry(9, "a"), Entry(5, "b")}, .reached = {{5, "b"}}},
       {.entries = {Entry(7, "c"), Entry(3, "d")}, .reached = {{1, "x"}}}},
      10);

  EXPECT_THAT(Ids(page.entries), ElementsAre("a", "c", "b"));
  EXPECT_EQ(page.next, (TimelineKey{5, "b"}));
}

TEST(MergeTimeline, B22_GoesOnAfterTheLastEntryOfAFullPage) {
  const TimelinePage page = MergeTimeline(
      {{.entries = {Entry(9, "a"), Entry(5, "b")}, .reached = {{5, "b"}}}}, 1);

  EXPECT_THAT(Ids(page.entries), ElementsAre("a"));
  EXPECT_EQ(page.next, (TimelineKey{9, "a"}));
}

TEST(MergeTimeline, B22_APageOfRowsThatAreAllLeftOutGoesOn) {
  const TimelinePage page = MergeTimeline(
      {{.entries = {}, .reached = {{5, "b"}}}, {.entries = {}, .reached = {}}},
      3);

  EXPECT_THAT(page.entries, IsEmpty());
  EXPECT_EQ(page.next, (TimelineKey{5, "b"}));
}

// All pages together are all entries in their order, however the parts are cut.
TEST(MergeTimeline, B22_PagesHaveNoGapsAndNoRepeats) {
  std::mt19937 random(22);
  for (int round = 0; round < 200; ++round) {
    std::vector<std::vector<v1::TimelineEntry>> tables(1 + random() % 4);
    std::vector<v1::TimelineEntry> all;
    for (size_t table = 0; table < tables.size(); ++table) {
      for (uint64_t i = random() % 30; i > 0; --i) {
        tables[table].push_back(
            Entry(random() % 10, absl::StrCat(table, "-", i)));
      }
      std::ranges::sort(tables[table], std::ranges::greater(), KeyOf);
      all.insert(all.end(), tables[table].begin(), tables[table].end());
    }
    std::ranges::sort(all, std::ranges::greater(), KeyOf);

    std::vector<v1::TimelineEntry> read;
    std::optional<TimelineKey> before;
    size_t pages = 0;
    do {
      std::vector<TimelinePart> parts;
      for (const auto& table : tables) {
        TimelinePart& part = parts.emplace_back();
        const size_t most = 1 + random() % 5;
        for (const v1::TimelineEntry& entry : table) {
          if (before.has_value() && KeyOf(entry) >= *before) continue;
          part.entries.push_back(entry);
          if (part.entries.size() == most) {
            part.reached = KeyOf(entry);
            break;
          }
        }
      }
      TimelinePage page = MergeTimeline(std::move(parts), 1 + random() % 7);
      read.insert(read.end(), page.entries.begin(), page.entries.end());
      before = page.next;
      ASSERT_LT(++pages, 500u);
    } while (before.has_value());
    EXPECT_EQ(Ids(read), Ids(all));
  }
}

TEST(TimelineKeys, SurviveTheirText) {
  const TimelineKey key{.micros = 1'778'932'800'000'001, .id = "orders/a"};

  EXPECT_THAT(ParseKey(FormatKey(key)), IsOkAndHolds(key));
  for (const char* text : {"", "5", "5\n", "x\norders/a", "\norders/a"}) {
    EXPECT_THAT(ParseKey(text), StatusIs(absl::StatusCode::kInvalidArgument,
                                         "PAGE_TOKEN_INVALID"))
        << text;
  }
}

}  // namespace
}  // namespace crm::operational
