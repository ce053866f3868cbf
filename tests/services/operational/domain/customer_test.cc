#include "services/operational/domain/customer.h"

#include <string>

#include "crm/operational/v1/account.pb.h"
#include "crm/operational/v1/activity.pb.h"
#include "crm/operational/v1/lead.pb.h"
#include "crm/operational/v1/opportunity.pb.h"
#include "crm/operational/v1/order.pb.h"
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

TEST(PrepareCustomer, ActivatesANewOneAndLowersItsAddress) {
  auto customer =
      Parse<v1::Customer>("primary_email: 'Ada@Example.ORG' kind: PERSON");

  EXPECT_THAT(PrepareCustomer(nullptr, customer, {}), IsOk());

  EXPECT_THAT(customer, EqualsProto("primary_email: 'ada@example.org' "
                                    "kind: PERSON state: ACTIVE"));
}

TEST(PrepareCustomer, KeepsTheStateOfAnOldOne) {
  const auto before = Parse<v1::Customer>("state: ERASED");
  auto after = before;

  EXPECT_THAT(PrepareCustomer(&before, after, {}), IsOk());

  EXPECT_EQ(after.state(), v1::Customer::ERASED);
}

TEST(PrepareCustomer, ChangesAMergedOneByUndoingTheMergeAlone) {
  const auto active = Parse<v1::Customer>("name: 'customers/b' state: ACTIVE");
  const auto merged = Parse<v1::Customer>(
      "name: 'customers/b' state: MERGED merged_into: 'customers/a'");

  auto after = merged;
  EXPECT_THAT(PrepareCustomer(&active, after, {}), IsOk());
  after = active;
  EXPECT_THAT(PrepareCustomer(&merged, after, {}), IsOk());
  after = merged;
  after.set_segment("X");
  EXPECT_THAT(
      PrepareCustomer(&merged, after, {}),
      StatusIs(absl::StatusCode::kFailedPrecondition, "CUSTOMER_MERGED"));
}

TEST(CustomerFor, MakesAnOrganisationOfAnAccount) {
  EXPECT_THAT(CustomerFor(Parse<v1::Account>(
                  "name: 'accounts/acme' display_name: 'Acme' owner: 'bob'")),
              EqualsProto("kind: ORGANISATION display_name: 'Acme' "
                          "owner: 'bob'"));
}

TEST(CustomerFor, MakesAnOrganisationOfALeadWithACompany) {
  EXPECT_THAT(
      CustomerFor(Parse<v1::Lead>("display_name: 'Ada' company: 'Acme' "
                                  "email: 'ada@acme.example' phone: '+491'")),
      EqualsProto("kind: ORGANISATION display_name: 'Acme' "
                  "primary_email: 'ada@acme.example' primary_phone: '+491'"));
}

TEST(CustomerFor, MakesAPersonOfALeadWithoutACompany) {
  EXPECT_THAT(CustomerFor(Parse<v1::Lead>("display_name: 'Ada'")),
              EqualsProto("kind: PERSON display_name: 'Ada'"));
}

TEST(CustomerFor, NamesTheCustomerByWhatTheResourceHas) {
  EXPECT_EQ(
      CustomerFor(Parse<v1::Order>("order_number: 'CA-1'")).display_name(),
      "CA-1");
  EXPECT_EQ(
      CustomerFor(Parse<v1::Activity>("subject: 'Call back'")).display_name(),
      "Call back");
  EXPECT_EQ(CustomerFor(Parse<v1::Order>("name: 'orders/x1'")).display_name(),
            "Customer of orders/x1");
}

TEST(PrepareIdentifier, BelongsToTheCustomerItLiesUnder) {
  auto identifier = Parse<v1::Identifier>(
      "name: 'customers/ada/identifiers/mail' customer: 'customers/eve' "
      "type: EMAIL value: ' Ada@Example.org '");

  EXPECT_THAT(PrepareIdentifier(nullptr, identifier, {}), IsOk());

  EXPECT_THAT(identifier, EqualsProto("name: 'customers/ada/identifiers/mail' "
                                      "customer: 'customers/ada' "
                                      "type: EMAIL value: ' Ada@Example.org ' "
                                      "normalized_value: 'ada@example.org' "
                                      "match_key: 'ada@example.org'"));
}

TEST(PrepareIdentifier, KeepsTheStateOfAnOldOne) {
  const auto before = Parse<v1::Identifier>(
      "name: 'customers/ada/identifiers/card' type: CARD value: '4711' "
      "state: RETIRED");
  auto after = before;

  EXPECT_THAT(PrepareIdentifier(&before, after, {}), IsOk());

  EXPECT_EQ(after.state(), v1::Identifier::RETIRED);
}

TEST(PrepareIdentifier, BlamesTheValueThatIsNoneOfItsType) {
  auto identifier = Parse<v1::Identifier>(
      "name: 'customers/ada/identifiers/mail' type: EMAIL value: 'ada'");

  EXPECT_THAT(FieldViolations(PrepareIdentifier(nullptr, identifier, {})),
              ElementsAre(Field(&FieldViolation::field, "identifier.value")));
}

}  // namespace
}  // namespace crm::operational
