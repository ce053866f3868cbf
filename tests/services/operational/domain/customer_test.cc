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
  const auto before = Parse<v1::Customer>("state: MERGED");
  auto after = before;

  EXPECT_THAT(PrepareCustomer(&before, after, {}), IsOk());

  EXPECT_EQ(after.state(), v1::Customer::MERGED);
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
                                      "state: UNVERIFIED"));
}

TEST(PrepareIdentifier, KeepsTheStateOfAnOldOne) {
  const auto before = Parse<v1::Identifier>(
      "name: 'customers/ada/identifiers/card' type: CARD value: '4711' "
      "state: RETIRED");
  auto after = before;

  EXPECT_THAT(PrepareIdentifier(&before, after, {}), IsOk());

  EXPECT_EQ(after.state(), v1::Identifier::RETIRED);
}

struct Normalisation {
  v1::Identifier::Type type;
  const char* value;
  const char* expected;
};

TEST(OperationalRows, OP_02_ContactPointsHaveOneForm) {
  constexpr Normalisation kCases[] = {
      {v1::Identifier::EMAIL, " Ada@Example.org ", "ada@example.org"},
      {v1::Identifier::EMAIL, "ada+crm@example.org", "ada+crm@example.org"},
      {v1::Identifier::PHONE, "+1 (415) 555-0100", "+14155550100"},
      {v1::Identifier::PHONE, "14155550100", "+14155550100"},
      {v1::Identifier::PHONE, "0014155550100", "+14155550100"},
      {v1::Identifier::PHONE, "+1.415.555/0100", "+14155550100"},
      {v1::Identifier::PHONE, "+4912", "+4912"},
      {v1::Identifier::PHONE, "+123456789012345", "+123456789012345"},
      {v1::Identifier::WEB_DOMAIN, "Shop.Example.ORG", "shop.example.org"},
      {v1::Identifier::WEB_DOMAIN, "example.org.", "example.org"},
      {v1::Identifier::WEB_DOMAIN, "m\xC3\xBCller.example",
       "m\xC3\xBCller.example"},
      {v1::Identifier::EXTERNAL_ID, " Shop:4711 ", "Shop:4711"},
      {v1::Identifier::SOCIAL_HANDLE, "mastodon:@Ada@example.org",
       "mastodon:@Ada@example.org"},
      {v1::Identifier::CARD, "DE 4711", "DE 4711"},
  };
  for (const Normalisation& test : kCases) {
    SCOPED_TRACE(test.value);
    EXPECT_THAT(NormalizeIdentifier(test.type, test.value),
                IsOkAndHolds(std::string(test.expected)));
  }
}

TEST(NormalizeIdentifier, RefusesWhatIsNoneOfItsType) {
  constexpr Normalisation kCases[] = {
      {v1::Identifier::EMAIL, "ada.example.org", ""},
      {v1::Identifier::EMAIL, "@example.org", ""},
      {v1::Identifier::EMAIL, "ada@", ""},
      {v1::Identifier::EMAIL, "ada@home@example.org", ""},
      {v1::Identifier::EMAIL, "ada lovelace@example.org", ""},
      {v1::Identifier::PHONE, "4155550100", ""},
      {v1::Identifier::PHONE, "030 123456789", ""},
      {v1::Identifier::PHONE, "+0301234567", ""},
      {v1::Identifier::PHONE, "+49a301234567", ""},
      {v1::Identifier::PHONE, "+491", ""},
      {v1::Identifier::PHONE, "+1234567890123456", ""},
      {v1::Identifier::PHONE, "+", ""},
      {v1::Identifier::WEB_DOMAIN, "localhost", ""},
      {v1::Identifier::WEB_DOMAIN, "https://example.org", ""},
      {v1::Identifier::WEB_DOMAIN, "ada@example.org", ""},
      {v1::Identifier::WEB_DOMAIN, "example..org", ""},
      {v1::Identifier::WEB_DOMAIN, ".", ""},
      {v1::Identifier::WEB_DOMAIN, "-a.example", ""},
      {v1::Identifier::CARD, "   ", ""},
      {v1::Identifier::EXTERNAL_ID, " \t", ""},
  };
  for (const Normalisation& test : kCases) {
    SCOPED_TRACE(test.value);
    const auto result = NormalizeIdentifier(test.type, test.value);

    EXPECT_THAT(result,
                StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
    EXPECT_THAT(FieldViolations(result.status()),
                ElementsAre(Field(&FieldViolation::field, "identifier.value")));
  }
}

TEST(NormalizeIdentifier, RefusesAnUnknownType) {
  const auto result =
      NormalizeIdentifier(v1::Identifier::TYPE_UNSPECIFIED, "x");

  EXPECT_THAT(result,
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
  EXPECT_THAT(FieldViolations(result.status()),
              ElementsAre(Field(&FieldViolation::field, "identifier.type")));
}

}  // namespace
}  // namespace crm::operational
