#include "services/operational/domain/territory.h"

#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "tests/support/matchers.h"

namespace crm::operational {
namespace {

using ::crm::testing::IsOk;
using ::crm::testing::StatusIs;

v1::Territory Territory(const std::string& name, const std::string& parent,
                        const std::string& filter = "", int rank = 0) {
  v1::Territory territory;
  territory.set_name(name);
  territory.set_parent_territory(parent);
  territory.set_lead_filter(filter);
  territory.set_rank(rank);
  return territory;
}

// Knows `territories` by their names.
class Tree {
 public:
  explicit Tree(const std::vector<v1::Territory>& territories) {
    for (const auto& territory : territories) {
      by_name_[territory.name()] = territory;
    }
  }

  RuleContext context() {
    RuleContext context;
    context.find =
        [this](const google::protobuf::Descriptor*,
               absl::string_view name) -> const google::protobuf::Message* {
      const auto found = by_name_.find(std::string(name));
      return found == by_name_.end() ? nullptr : &found->second;
    };
    return context;
  }

 private:
  std::map<std::string, v1::Territory> by_name_;
};

TEST(PrepareTerritory, B24_TerritoriesFormATree) {
  Tree tree({Territory("a", ""), Territory("b", "a"), Territory("c", "b")});
  const v1::Territory before = Territory("a", "");

  for (const char* parent : {"a", "b", "c"}) {
    v1::Territory after = Territory("a", parent);
    EXPECT_THAT(
        PrepareTerritory(&before, after, tree.context()),
        StatusIs(absl::StatusCode::kFailedPrecondition, "TERRITORY_CIRCLE"))
        << parent;
  }
  v1::Territory other = Territory("d", "c");
  EXPECT_THAT(PrepareTerritory(nullptr, other, tree.context()), IsOk());
}

TEST(PrepareTerritory, RefusesWhatLiesTooDeep) {
  std::vector<v1::Territory> chain = {Territory("t0", "")};
  for (int i = 1; i <= kMaxTerritoryDepth; ++i) {
    chain.push_back(Territory(absl::StrCat("t", i), absl::StrCat("t", i - 1)));
  }
  Tree tree(chain);
  v1::Territory deepest =
      Territory("x", absl::StrCat("t", kMaxTerritoryDepth - 1));
  EXPECT_THAT(PrepareTerritory(nullptr, deepest, tree.context()), IsOk());

  deepest.set_parent_territory(absl::StrCat("t", kMaxTerritoryDepth));
  EXPECT_THAT(
      PrepareTerritory(nullptr, deepest, tree.context()),
      StatusIs(absl::StatusCode::kFailedPrecondition, "TERRITORY_TOO_DEEP"));
}

TEST(PrepareTerritory, RefusesAFilterThatFitsNoLead) {
  v1::Territory territory = Territory("a", "", "colour = 'red'");
  EXPECT_THAT(PrepareTerritory(nullptr, territory, {}),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
}

TEST(TerritoryAmong, B24_TakesTheLowestRankOfThoseThatMatch) {
  const std::vector<v1::Territory> siblings = {
      Territory("c", "", "origin = 'fair'", 2),
      Territory("b", "", "origin = 'fair'", 1),
      Territory("a", "", "origin = 'fair'", 2), Territory("rest", "", "", 9)};
  const struct {
    const char* origin;
    size_t count;
    const char* name;
  } kCases[] = {{"fair", 4, "b"},
                {"web", 4, "rest"},
                {"fair", 1, "c"},
                {"web", 3, ""},
                {"web", 0, ""}};
  for (const auto& c : kCases) {
    v1::Lead lead;
    lead.set_origin(c.origin);
    const std::vector<v1::Territory> some(
        siblings.begin(), siblings.begin() + static_cast<ptrdiff_t>(c.count));
    const v1::Territory* found = TerritoryAmong(some, lead, {});
    EXPECT_EQ(found == nullptr ? "" : found->name(), c.name);
  }
  v1::Lead fair;
  fair.set_origin("fair");
  const std::vector<v1::Territory> equals = {siblings[0], siblings[2]};
  EXPECT_EQ(TerritoryAmong(equals, fair, {})->name(), "a");
}

}  // namespace
}  // namespace crm::operational
