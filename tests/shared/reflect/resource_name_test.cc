#include "shared/reflect/resource_name.h"

#include <string>

#include "gtest/gtest.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::crm::testing::IsOk;
using ::crm::testing::StatusIs;
using ::testing::ElementsAre;

NamePattern Pattern(const char* text) {
  auto pattern = NamePattern::Parse(text);
  EXPECT_THAT(pattern, IsOk());
  return *std::move(pattern);
}

constexpr char kNested[] = "customers/{customer}/identifiers/{identifier}";

TEST(NamePattern, KnowsItsCollections) {
  const NamePattern nested = Pattern(kNested);

  EXPECT_THAT(nested.collections(), ElementsAre("customers", "identifiers"));
  EXPECT_EQ(nested.collection(), "identifiers");
  EXPECT_TRUE(nested.nested());
  EXPECT_FALSE(Pattern("leads/{lead}").nested());
}

TEST(NamePattern, RefusesWhatIsNoPattern) {
  for (const char* text :
       {"", "leads", "{lead}", "leads/lead", "leads/{lead}/", "/leads/{lead}",
        "leads/{lead}/notes", "leads//{lead}", "leads/{lead}/{note}/notes"}) {
    SCOPED_TRACE(text);
    EXPECT_THAT(
        NamePattern::Parse(text),
        StatusIs(absl::StatusCode::kInvalidArgument, "NAME_PATTERN_INVALID"));
  }
}

TEST(NamePattern, MatchesNamesOfItsForm) {
  const NamePattern nested = Pattern(kNested);

  EXPECT_TRUE(nested.Matches("customers/ada/identifiers/mail-1"));
  EXPECT_TRUE(Pattern("leads/{lead}").Matches("leads/ada"));
}

TEST(NamePattern, MatchesNothingElse) {
  const NamePattern nested = Pattern(kNested);
  for (const std::string& name :
       {std::string(""), std::string("customers/ada"),
        std::string("customers/ada/identifiers"),
        std::string("customers/ada/identifiers/"),
        std::string("customers/ada/identifiers/m1/"),
        std::string("customers/ada/identifiers/m1/parts/p1"),
        std::string("customers/-/identifiers/m1"),
        std::string("customers/Ada/identifiers/m1"),
        std::string("customers/../identifiers/m1"),
        std::string("leads/ada/identifiers/m1"),
        std::string("customers/ada/identifiers/m1\0", 29),
        "customers/ada/identifiers/" + std::string(600, 'm')}) {
    SCOPED_TRACE(name);
    EXPECT_FALSE(nested.Matches(name));
  }
}

TEST(NamePattern, MatchesParents) {
  const NamePattern nested = Pattern(kNested);

  EXPECT_TRUE(nested.MatchesParent("customers/ada", false));
  EXPECT_FALSE(nested.MatchesParent("customers/-", false));
  EXPECT_TRUE(nested.MatchesParent("customers/-", true));
  EXPECT_FALSE(nested.MatchesParent("", true));
  EXPECT_FALSE(nested.MatchesParent("leads/ada", true));
}

TEST(NamePattern, HasTheEmptyParentAtTheTop) {
  const NamePattern top = Pattern("leads/{lead}");

  EXPECT_TRUE(top.MatchesParent("", false));
  EXPECT_FALSE(top.MatchesParent("customers/ada", true));
}

TEST(NamePattern, FormatsNames) {
  EXPECT_EQ(Pattern("leads/{lead}").Format("", "ada"), "leads/ada");
  EXPECT_EQ(Pattern(kNested).Format("customers/ada", "mail"),
            "customers/ada/identifiers/mail");
}

TEST(ParentOf, TakesTheLastTwoSegmentsOff) {
  EXPECT_EQ(ParentOf("customers/ada/identifiers/mail"), "customers/ada");
  EXPECT_EQ(ParentOf("customers/ada"), "");
  EXPECT_EQ(ParentOf("ada"), "");
  EXPECT_EQ(ParentOf("/ada"), "");
  EXPECT_EQ(ParentOf(""), "");
}

TEST(IdOf, IsTheLastSegment) {
  EXPECT_EQ(IdOf("customers/ada/identifiers/mail"), "mail");
  EXPECT_EQ(IdOf("ada"), "ada");
  EXPECT_EQ(IdOf("customers/"), "");
}

}  // namespace
}  // namespace crm
