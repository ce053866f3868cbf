#include "shared/reflect/update_mask.h"

#include <string>
#include <vector>

#include "crm/operational/v1/account.pb.h"
#include "crm/operational/v1/order.pb.h"
#include "gtest/gtest.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::crm::operational::v1::Account;
using ::crm::testing::EqualsProto;
using ::crm::testing::IsOk;
using ::crm::testing::StatusIs;
using ::google::protobuf::FieldMask;
using ::testing::ElementsAre;

template <typename T>
T Parse(const std::string& text) {
  T message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message));
  return message;
}

FieldMask Mask(const std::vector<const char*>& paths) {
  FieldMask mask;
  for (const char* path : paths) mask.add_paths(path);
  return mask;
}

std::vector<std::string> Fields(const absl::Status& status) {
  std::vector<std::string> fields;
  for (const FieldViolation& violation : FieldViolations(status)) {
    fields.push_back(violation.field);
  }
  return fields;
}

// One update of an account that answers OK.
struct Update {
  const char* name;
  std::vector<const char*> mask;
  const char* update;
  const char* expected;
};

constexpr char kStored[] =
    "name: 'accounts/acme' display_name: 'Acme' customer: 'customers/acme' "
    "industry: 'Retail' employee_count: 7 etag: '\"1\"' "
    "billing_address { postal_code: '1010' locality: 'Vienna' } "
    "labels { key: 'a' value: '1' } labels { key: 'b' value: '2' }";

const Update kUpdates[] = {
    {"no mask writes what is populated",
     {},
     "name: 'accounts/acme' industry: 'Toys'",
     "name: 'accounts/acme' display_name: 'Acme' customer: 'customers/acme' "
     "industry: 'Toys' employee_count: 7 etag: '\"1\"' "
     "billing_address { postal_code: '1010' locality: 'Vienna' } "
     "labels { key: 'a' value: '1' } labels { key: 'b' value: '2' }"},
    {"no mask replaces messages and maps whole",
     {},
     "billing_address { postal_code: '8010' } labels { key: 'c' value: '3' }",
     "name: 'accounts/acme' display_name: 'Acme' customer: 'customers/acme' "
     "industry: 'Retail' employee_count: 7 etag: '\"1\"' "
     "billing_address { postal_code: '8010' } "
     "labels { key: 'c' value: '3' }"},
    {"a star writes all that can be written",
     {"*"},
     "display_name: 'Acme Ltd' website: 'https://acme.example'",
     "name: 'accounts/acme' display_name: 'Acme Ltd' "
     "customer: 'customers/acme' website: 'https://acme.example' "
     "etag: '\"1\"'"},
    {"a named field that is unset becomes unset",
     {"industry", "employee_count"},
     "display_name: 'Ignored' employee_count: 8",
     "name: 'accounts/acme' display_name: 'Acme' customer: 'customers/acme' "
     "employee_count: 8 etag: '\"1\"' "
     "billing_address { postal_code: '1010' locality: 'Vienna' } "
     "labels { key: 'a' value: '1' } labels { key: 'b' value: '2' }"},
    {"a nested path writes the leaf alone",
     {"billing_address.locality"},
     "billing_address { postal_code: '9999' locality: 'Graz' }",
     "name: 'accounts/acme' display_name: 'Acme' customer: 'customers/acme' "
     "industry: 'Retail' employee_count: 7 etag: '\"1\"' "
     "billing_address { postal_code: '1010' locality: 'Graz' } "
     "labels { key: 'a' value: '1' } labels { key: 'b' value: '2' }"},
    {"a nested path clears the leaf of an unset message",
     {"billing_address.locality"},
     "",
     "name: 'accounts/acme' display_name: 'Acme' customer: 'customers/acme' "
     "industry: 'Retail' employee_count: 7 etag: '\"1\"' "
     "billing_address { postal_code: '1010' } "
     "labels { key: 'a' value: '1' } labels { key: 'b' value: '2' }"},
    {"a nested path makes the message on its way",
     {"source.system"},
     "source { system: 'shop' external_id: '1' }",
     "name: 'accounts/acme' display_name: 'Acme' customer: 'customers/acme' "
     "industry: 'Retail' employee_count: 7 etag: '\"1\"' "
     "billing_address { postal_code: '1010' locality: 'Vienna' } "
     "labels { key: 'a' value: '1' } labels { key: 'b' value: '2' } "
     "source { system: 'shop' }"},
    {"a key of a map writes or clears one entry",
     {"labels.b", "labels.a", "labels.c"},
     "labels { key: 'b' value: '3' } labels { key: 'd' value: '4' }",
     "name: 'accounts/acme' display_name: 'Acme' customer: 'customers/acme' "
     "industry: 'Retail' employee_count: 7 etag: '\"1\"' "
     "billing_address { postal_code: '1010' locality: 'Vienna' } "
     "labels { key: 'b' value: '3' }"},
    {"what is output only is ignored, also when it is named",
     {"etag", "uid", "create_time", "name"},
     "name: 'accounts/other' etag: '\"9\"' uid: 'x' create_time { seconds: 1 }",
     kStored},
    {"an immutable field may be sent as it is",
     {"customer", "industry"},
     "customer: 'customers/acme' industry: 'Retail'",
     kStored},
};

TEST(ApplyUpdate, WritesWhatTheMaskNames) {
  for (const Update& test : kUpdates) {
    SCOPED_TRACE(test.name);
    auto target = Parse<Account>(kStored);

    EXPECT_THAT(ApplyUpdate(Parse<Account>(test.update), Mask(test.mask),
                            "account", target),
                IsOk());

    EXPECT_THAT(target, EqualsProto(std::string(test.expected)));
  }
}

TEST(ApplyUpdate, ReplacesListsWhole) {
  auto target = Parse<operational::v1::Order>(
      "lines { line_id: '1' } lines { line_id: '2' }");

  EXPECT_THAT(
      ApplyUpdate(Parse<operational::v1::Order>("lines { line_id: '3' }"),
                  Mask({"lines"}), "order", target),
      IsOk());

  EXPECT_THAT(target, EqualsProto("lines { line_id: '3' }"));
}

TEST(ApplyUpdate, ListsEveryUnknownPath) {
  auto target = Parse<operational::v1::Order>("");

  const absl::Status status =
      ApplyUpdate(operational::v1::Order(),
                  Mask({"nothing", "note", "total.nothing", "note.length",
                        "lines.quantity", "labels.a.b", "", "note.", "*"}),
                  "order", target);

  EXPECT_THAT(status,
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
  EXPECT_THAT(Fields(status), ::testing::SizeIs(8));
  EXPECT_THAT(Fields(status), ::testing::Each("update_mask"));
}

TEST(ApplyUpdate, RefusesAChangedImmutableField) {
  for (const auto& mask : {Mask({}), Mask({"*"}), Mask({"customer"})}) {
    SCOPED_TRACE(mask.ShortDebugString());
    auto target = Parse<Account>(kStored);

    const absl::Status status = ApplyUpdate(
        Parse<Account>("customer: 'customers/eve'"), mask, "account", target);

    EXPECT_THAT(status,
                StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
    EXPECT_THAT(Fields(status), ElementsAre("account.customer"));
  }
}

TEST(ApplyUpdate, RefusesToClearAnImmutableFieldThatIsNamed) {
  auto target = Parse<Account>(kStored);

  const absl::Status status =
      ApplyUpdate(Account(), Mask({"customer"}), "account", target);

  EXPECT_THAT(Fields(status), ElementsAre("account.customer"));
}

}  // namespace
}  // namespace crm
