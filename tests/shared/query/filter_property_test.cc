// Random filters over random rows, with references and fields of a tenant's own
// among them: each engine's SQL selects all that messages match, and no more
// where it says so.

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "shared/query/filter.h"
#include "tests/shared/query/custom_specimens.h"
#include "tests/shared/query/specimen_table.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using query_test::Keeper;
using query_test::Specimen;
using ::testing::IsEmpty;

constexpr int kRows = 60;
constexpr int kKeepers = 20;
constexpr int kFilters = 10'000;

// A field, the comparators it may have and the values it may be compared to.
struct FieldChoice {
  std::string path;
  std::vector<std::string> comparators;
  std::vector<std::string> values;
};

const std::vector<FieldChoice>& FieldChoices() {
  static const auto* const kChoices = [] {
    const std::vector<std::string> any = {"=", "!=", "<", "<=", ">", ">=", ":"};
    const std::vector<std::string> equal = {"=", "!=", ":"};
    const std::vector<std::string> has = {":"};
    const std::vector<std::string> null_tests = {"=", "!="};
    const std::vector<std::string> texts = {
        "a", "ab", "''", "b", "\"a\\*b\"", "\xC3\xA9", "A", "'a_b'"};
    const std::vector<std::string> patterns = {"a*",
                                               "*b",
                                               "*",
                                               "*a*",
                                               "a*b",
                                               "*a*b*",
                                               "ab*",
                                               "\"a\\**\"",
                                               "'%*'",
                                               "*_*",
                                               "\xC3\xA9*",
                                               "**",
                                               "\xF4\x8F\xBF\xBF*"};
    const std::vector<std::string> integers = {
        "0", "1", "-1", "2", "9223372036854775807", "-9223372036854775808"};
    const std::vector<std::string> unsigneds = {"0",
                                                "1",
                                                "2",
                                                "5",
                                                "4000000000",
                                                "9223372036854775808",
                                                "18446744073709551615"};
    const std::vector<std::string> reals = {"0", "0.1", "1", "-2.5", "1e300"};
    const std::vector<std::string> times = {
        "2023-11-14T22:13:20Z", "2023-11-14T22:13:20.000001Z",
        "2023-11-14T22:13:20.0000015Z", "2023-11-15T00:13:19+02:00"};
    const std::vector<std::string> durations = {"0s", "1s", "-1s", "1.0000005s",
                                                "-1.0000005s"};
    const std::vector<std::string> states = {"OPEN", "CLOSED", "LOST",
                                             "STATE_UNSPECIFIED"};
    const std::vector<std::string> bools = {"true", "false"};
    auto* choices = new std::vector<FieldChoice>;
    const auto add = [&](const std::vector<std::string>& paths,
                         const std::vector<std::string>& comparators,
                         const std::vector<std::string>& values) {
      for (const std::string& path : paths) {
        choices->push_back({path, comparators, values});
        choices->push_back({path, has, {"*"}});
        choices->push_back({path, null_tests, {"null"}});
      }
    };
    const std::vector<std::string> text_paths = {"display_name", "nickname",
                                                 "labels.tier", "campaign",
                                                 "amount.currency_code"};
    add(text_paths, any, texts);
    add(text_paths, equal, patterns);
    add({"state"}, equal, states);
    add({"active", "confirmed"}, equal, bools);
    add({"count", "total", "rank", "small", "amount.units", "amount.nanos",
         "parent.count", "parent.parent.count", "import_id", "flags.true",
         "amounts.7.units"},
        any, integers);
    add({"large"}, any, unsigneds);
    add({"score", "ratio"}, any, reals);
    add({"create_time"}, any, times);
    add({"wait"}, any, durations);
    add({"digest", "parent", "amount", "labels", "lines", "amounts.7"}, has,
        {"*"});
    add({"labels"}, has, {"tier", "other"});
    add({"tags", "lines.product"}, has, texts);
    add({"tags", "lines.product"}, has, patterns);
    // References: to the same table and to another, followed and not.
    add({"keeper", "origin"}, any, {"keepers/3", "specimens/7", "''"});
    add({"keeper.display_name", "origin.display_name", "origin.nickname",
         "keeper.labels.tier"},
        any, texts);
    add({"keeper.display_name", "origin.nickname", "keeper.labels.tier"}, equal,
        patterns);
    add({"keeper.rank", "origin.rank", "origin.amount.units"}, any, integers);
    add({"helpers.display_name", "keeper.tags", "helpers.tags"}, has, texts);
    add({"helpers.rank"}, has, integers);
    add({"numbers", "lines.quantity", "lines.price.units"}, has, integers);
    // The tenant's own, with an index and without.
    const auto add_custom = [&](const std::string& key,
                                const std::vector<std::string>& comparators,
                                const std::vector<std::string>& values) {
      add({"custom_fields." + key, "custom_fields.x_" + key}, comparators,
          values);
    };
    add_custom("word", any, texts);
    add_custom("word", equal, patterns);
    add_custom("amount", any, integers);
    add_custom("share", any, reals);
    add_custom("paid", equal, bools);
    add_custom("seen", any, times);
    add_custom("due", any, {"2024-02-29", "2024-03-01"});
    add_custom("tier", equal, {"gold", "silver", "g*", "*l*"});
    add_custom("home", any, {"keepers/3", "keepers/24"});
    add_custom("home.rank", any, integers);
    add_custom("home.display_name", any, texts);
    add_custom("home.custom_fields.word", any, texts);
    add({"custom_fields.price.units"}, any, integers);
    add({"keeper.custom_fields.word"}, any, texts);
    add({"custom_fields.marks"}, has, {"gold", "silver", "s*"});
    add({"custom_fields"}, has, {"word", "x_word", "marks"});
    return choices;
  }();
  return *kChoices;
}

// Writes random filters.
class FilterWriter final {
 public:
  explicit FilterWriter(std::mt19937& random) : random_(random) {}

  std::string Expression(int depth) {
    const auto choice = depth == 0 ? 0U : random_() % 6U;
    if (choice <= 1) return Restriction();
    if (choice == 2) return absl::StrCat("NOT (", Expression(depth - 1), ")");
    if (choice == 3) return absl::StrCat("-(", Expression(depth - 1), ")");
    const std::string left = Expression(depth - 1);
    const std::string right = Expression(depth - 1);
    return absl::StrCat("(", left, choice == 4 ? ") AND (" : ") OR (", right,
                        ")");
  }

 private:
  std::string Restriction() {
    const FieldChoice& field = Pick(FieldChoices());
    return absl::StrCat(field.path, Pick(field.comparators),
                        Pick(field.values));
  }

  template <typename T>
  const T& Pick(const std::vector<T>& from) {
    return from[random_() % from.size()];
  }

  std::mt19937& random_;
};

TEST(FilterProperty, A16_SqlAgreesWithMessages) {
  std::mt19937 random(20240501);
  CustomSpecimens table;
  std::vector<Keeper> keepers;
  for (int i = 0; i < kKeepers; ++i) keepers.push_back(RandomKeeper(i, random));
  std::vector<Specimen> rows;
  for (int i = 0; i < kRows; ++i) rows.push_back(RandomSpecimen(i, random));
  for (Keeper& keeper : keepers) SetCustomFields(keeper, random);
  for (Specimen& row : rows) SetCustomFields(row, random);
  table.Insert(keepers);
  table.Insert(rows);
  std::map<std::string, const google::protobuf::Message*> by_name;
  for (const Specimen& row : rows) by_name[row.name()] = &row;
  for (const Keeper& keeper : keepers) {
    if (!keeper.has_delete_time()) by_name[keeper.name()] = &keeper;
  }
  const auto find =
      [&](const ReferenceTarget& target,
          const std::string& name) -> const google::protobuf::Message* {
    const auto found = by_name.find(name);
    // A name of another type leads nowhere.
    return found != by_name.end() &&
                   found->second->GetDescriptor() == target.message
               ? found->second
               : nullptr;
  };

  FilterWriter writer(random);
  int exact = 0;
  int selective = 0;
  int following = 0;
  int custom = 0;
  for (int i = 0; i < kFilters; ++i) {
    const std::string text = writer.Expression(4);
    SCOPED_TRACE(text);
    const absl::StatusOr<Filter> filter =
        Filter::Parse(text, Specimen::descriptor(), "filter", table.targets(),
                      table.finder());
    ASSERT_THAT(filter, ::crm::testing::IsOk());

    const LoweredFilter lowered = filter->Lower(table.columns());
    const std::vector<std::string> names = table.Names(lowered.where);
    const std::set<std::string> selected(names.begin(), names.end());

    std::vector<std::string> missed;
    std::vector<std::string> extra;
    for (const Specimen& row : rows) {
      const bool matches = filter->Matches(row, find);
      const bool in_sql = selected.contains(row.name());
      if (matches && !in_sql) missed.push_back(row.ShortDebugString());
      if (!matches && in_sql && lowered.exact) {
        extra.push_back(row.ShortDebugString());
      }
    }
    ASSERT_THAT(missed, IsEmpty()) << lowered.where.text;
    ASSERT_THAT(extra, IsEmpty()) << lowered.where.text;
    exact += lowered.exact ? 1 : 0;
    selective += selected.size() < rows.size() ? 1 : 0;
    const bool follows = !filter->referenced_types().empty();
    following += follows && lowered.exact ? 1 : 0;
    custom += absl::StrContains(lowered.where.text, ".v_value") ? 1 : 0;
  }
  // The test would prove nothing if little were lowered.
  EXPECT_GT(exact, kFilters / 10);
  EXPECT_GT(selective, kFilters / 3);
  EXPECT_GT(following, kFilters / 100);
  EXPECT_GT(custom, kFilters / 10);
}

}  // namespace
}  // namespace crm
