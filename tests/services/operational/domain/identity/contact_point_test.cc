#include "services/operational/domain/identity/contact_point.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/support/matchers.h"

namespace crm::operational {
namespace {

using ::crm::testing::IsOk;
using ::crm::testing::IsOkAndHolds;
using ::crm::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::Field;

TEST(NormalizeContactPoint, NormalizesEachByItsType) {
  EXPECT_THAT(
      NormalizeContactPoint({v1::Identifier::EMAIL, "A.da+x@GMail.com"}, "",
                            "p"),
      IsOkAndHolds(ContactPoint{v1::Identifier::EMAIL, "a.da+x@gmail.com",
                                "ada@gmail.com", ""}));
  EXPECT_THAT(NormalizeContactPoint(
                  {v1::Identifier::PHONE, "(415) 555-0100 x9"}, "US", "p"),
              IsOkAndHolds(ContactPoint{v1::Identifier::PHONE, "+14155550100",
                                        "+14155550100", "9"}));
  EXPECT_THAT(NormalizeContactPoint(
                  {v1::Identifier::WEB_DOMAIN, "www.Example.org"}, "", "p"),
              IsOkAndHolds(ContactPoint{v1::Identifier::WEB_DOMAIN,
                                        "www.example.org", "example.org", ""}));
  EXPECT_THAT(
      NormalizeContactPoint({v1::Identifier::CARD, " DE 4711 "}, "", "p"),
      IsOkAndHolds(
          ContactPoint{v1::Identifier::CARD, "DE 4711", "DE 4711", ""}));
}

TEST(NormalizeContactPoints, TellsOfAllThatAreWrong) {
  const std::vector<RawContactPoint> raw = {
      {v1::Identifier::EMAIL, "ada"}, {v1::Identifier::PHONE, "+14155550100"},
      {v1::Identifier::PHONE, "12"},  {v1::Identifier::TYPE_UNSPECIFIED, "x"},
      {v1::Identifier::CARD, "  "},
  };

  const auto points = NormalizeContactPoints(raw, "");

  EXPECT_THAT(points,
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
  EXPECT_THAT(
      FieldViolations(points.status()),
      ElementsAre(Field(&FieldViolation::field, "contact_points[0].value"),
                  Field(&FieldViolation::field, "contact_points[2].value"),
                  Field(&FieldViolation::field, "contact_points[3].type"),
                  Field(&FieldViolation::field, "contact_points[4].value")));
}

TEST(NormalizeContactPoints, RefusesTooMany) {
  const std::vector<RawContactPoint> raw(
      kMaxContactPoints + 1, {v1::Identifier::EMAIL, "ada@example.org"});

  EXPECT_THAT(NormalizeContactPoints(raw, ""),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
  EXPECT_THAT(
      NormalizeContactPoints(std::span(raw).first(kMaxContactPoints), ""),
      IsOk());
}

TEST(NameKey, IsOneForOneName) {
  EXPECT_EQ(NameKey("O'Brien-Smith,  Jos\xC3\xA9"), "o brien smith jose");
  EXPECT_EQ(NameKey(" ACME (Holding) GmbH. "), "acme holding gmbh");
  // Cyrillic letters that look like Latin ones.
  EXPECT_EQ(NameKey("\xD0\x90\xD0\xA1\xD0\x9C\xD0\x95"), "acme");
  EXPECT_EQ(NameKey("..."), "");
  EXPECT_EQ(NameKey("O\u2019Brien\u2013Smith"), NameKey("O'Brien-Smith"));
  EXPECT_EQ(NameKey("\xFF"), NameKey("\xEF\xBF\xBD"));
}

}  // namespace
}  // namespace crm::operational
