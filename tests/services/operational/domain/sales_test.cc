#include "services/operational/domain/sales.h"

#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/support/matchers.h"

namespace crm::operational {
namespace {

using ::crm::testing::EqualsProto;
using ::crm::testing::IsOk;
using ::crm::testing::IsOkAndHolds;
using ::crm::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::Field;

template <typename T>
T Parse(const std::string& text) {
  T message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message));
  return message;
}

// Accounts by name, each with its parent.
class AccountTree {
 public:
  void Add(const std::string& name, const std::string& parent) {
    accounts_[name].set_name(name);
    accounts_[name].set_parent_account(parent);
  }

  RuleContext Context() const {
    RuleContext context;
    context.find =
        [this](const google::protobuf::Descriptor*,
               absl::string_view name) -> const google::protobuf::Message* {
      const auto found = accounts_.find(std::string(name));
      return found == accounts_.end() ? nullptr : &found->second;
    };
    return context;
  }

 private:
  std::map<std::string, v1::Account> accounts_;
};

v1::Account Account(const std::string& name, const std::string& parent) {
  v1::Account account;
  account.set_name(name);
  account.set_parent_account(parent);
  return account;
}

TEST(PrepareAccount, TakesAParentThatClosesNoCircle) {
  AccountTree tree;
  tree.Add("accounts/top", "");
  tree.Add("accounts/middle", "accounts/top");
  v1::Account account = Account("accounts/leaf", "accounts/middle");

  EXPECT_THAT(PrepareAccount(nullptr, account, tree.Context()), IsOk());
}

TEST(PrepareAccount, RejectsItselfAsParent) {
  v1::Account account = Account("accounts/a1", "accounts/a1");

  EXPECT_THAT(
      PrepareAccount(nullptr, account, AccountTree().Context()),
      StatusIs(absl::StatusCode::kFailedPrecondition, "ACCOUNT_CIRCLE"));
}

TEST(PrepareAccount, RejectsACircleOverSeveralSteps) {
  AccountTree tree;
  tree.Add("accounts/a1", "");
  tree.Add("accounts/a2", "accounts/a1");
  tree.Add("accounts/a3", "accounts/a2");
  const v1::Account before = Account("accounts/a1", "");
  v1::Account after = Account("accounts/a1", "accounts/a3");

  EXPECT_THAT(
      PrepareAccount(&before, after, tree.Context()),
      StatusIs(absl::StatusCode::kFailedPrecondition, "ACCOUNT_CIRCLE"));
}

TEST(PrepareAccount, BoundsTheDepth) {
  AccountTree tree;
  tree.Add("accounts/n1", "");
  for (int i = 2; i <= kMaxAccountDepth + 1; ++i) {
    tree.Add(absl::StrCat("accounts/n", i), absl::StrCat("accounts/n", i - 1));
  }
  v1::Account deepest =
      Account("accounts/x", absl::StrCat("accounts/n", kMaxAccountDepth));
  v1::Account too_deep =
      Account("accounts/x", absl::StrCat("accounts/n", kMaxAccountDepth + 1));

  EXPECT_THAT(PrepareAccount(nullptr, deepest, tree.Context()), IsOk());
  EXPECT_THAT(
      PrepareAccount(nullptr, too_deep, tree.Context()),
      StatusIs(absl::StatusCode::kFailedPrecondition, "ACCOUNT_TOO_DEEP"));
}

TEST(PrepareAccount, LooksAtAParentOnlyWhenItChanges) {
  AccountTree tree;
  tree.Add("accounts/n1", "");
  for (int i = 2; i <= kMaxAccountDepth + 5; ++i) {
    tree.Add(absl::StrCat("accounts/n", i), absl::StrCat("accounts/n", i - 1));
  }
  const v1::Account before =
      Account("accounts/x", absl::StrCat("accounts/n", kMaxAccountDepth + 5));
  v1::Account after = before;
  after.set_industry("Retail");

  EXPECT_THAT(PrepareAccount(&before, after, tree.Context()), IsOk());
}

TEST(PrepareContact, LowersTheAddress) {
  auto contact = Parse<v1::Contact>("email: 'Ada@Example.ORG'");

  EXPECT_THAT(PrepareContact(nullptr, contact, {}), IsOk());

  EXPECT_THAT(contact, EqualsProto("email: 'ada@example.org'"));
}

TEST(PrepareProduct, TakesNoListPrice) {
  v1::Product product;

  EXPECT_THAT(PrepareProduct(nullptr, product, {}), IsOk());
}

TEST(PrepareProduct, RefusesANegativeListPrice) {
  auto product =
      Parse<v1::Product>("list_price { currency_code: 'USD' units: -1 }");

  const absl::Status status = PrepareProduct(nullptr, product, {});

  EXPECT_THAT(status,
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
  EXPECT_THAT(FieldViolations(status),
              ElementsAre(Field(&FieldViolation::field, "product.list_price")));
}

}  // namespace
}  // namespace crm::operational
