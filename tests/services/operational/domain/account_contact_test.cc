#include "services/operational/domain/account_contact.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "shared/base/errors.h"
#include "tests/support/matchers.h"

namespace crm::operational {
namespace {

using ::crm::testing::IsOk;

v1::AccountContact Parse(const std::string& text) {
  v1::AccountContact relation;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(
      absl::StrCat("account: 'accounts/a' contact: 'contacts/c' role: USER ",
                   text),
      &relation));
  return relation;
}

TEST(PrepareAccountContact, HasAKeyWhereItIsPrimary) {
  v1::AccountContact relation = Parse("primary: true");
  EXPECT_THAT(PrepareAccountContact(nullptr, relation, {}), IsOk());
  EXPECT_EQ(relation.primary_key(), "contacts/c");

  const v1::AccountContact before = relation;
  relation.set_primary(false);
  EXPECT_THAT(PrepareAccountContact(&before, relation, {}), IsOk());
  EXPECT_EQ(relation.primary_key(), "");
}

TEST(PrepareAccountContact, RefusesWhatCannotBe) {
  v1::AccountContact relation = Parse(
      "primary: true start_date { year: 2025 month: 2 day: 1 } "
      "end_date { year: 2025 month: 1 day: 31 }");

  const auto violations =
      FieldViolations(PrepareAccountContact(nullptr, relation, {}));

  ASSERT_EQ(violations.size(), 2u);
  EXPECT_EQ(violations[0].field, "account_contact.end_date");
  EXPECT_EQ(violations[1].field, "account_contact.primary");
}

}  // namespace
}  // namespace crm::operational
