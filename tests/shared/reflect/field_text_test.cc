#include "shared/reflect/field_text.h"

#include <cstdint>
#include <string>
#include <utility>

#include "crm/operational/v1/account.pb.h"
#include "crm/operational/v1/activity.pb.h"
#include "crm/operational/v1/opportunity.pb.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

namespace v1 = ::crm::operational::v1;
using ::crm::testing::EqualsProto;
using ::crm::testing::IsOk;
using ::crm::testing::StatusIs;

// The tenant has the field `seats` of opportunities, a whole number, `price`,
// an amount, and no other.
CustomFieldKind FindOwn(const google::protobuf::Descriptor&,
                        absl::string_view key) {
  const char* member = key == "seats"   ? "int_value"
                       : key == "price" ? "money_value"
                                        : nullptr;
  if (member == nullptr) return {};
  return {.member =
              crm::api::CustomValue::descriptor()->FindFieldByName(member)};
}

struct Case {
  const char* path;
  const char* text;
  const char* written;
};

TEST(TextField, WritesEveryKindOfField) {
  for (const Case& item : {
           Case{"display_name", "Ada", "display_name: 'Ada'"},
           Case{"amount", "12.5", "amount { units: 12 nanos: 500000000 }"},
           Case{"amount", "-0.75", "amount { nanos: -750000000 }"},
           Case{"amount.currency_code", "USD",
                "amount { currency_code: 'USD' }"},
           Case{"close_date", "2017-03-01",
                "close_date { year: 2017 month: 3 day: 1 }"},
           Case{"close_date", "2017-03-01 14:30",
                "close_date { year: 2017 month: 3 day: 1 }"},
           Case{"labels.region", "north",
                "labels { key: 'region' value: 'north' }"},
           Case{"labels.a.b", "c", "labels { key: 'a.b' value: 'c' }"},
           Case{"custom_fields.seats", "40",
                "custom_fields { key: 'seats' value { int_value: 40 } }"},
           Case{"source.system", "old", "source { system: 'old' }"},
           Case{"name", "opportunities/x1", "name: 'opportunities/x1'"},
       }) {
    const auto field =
        TextField::Find(*v1::Opportunity::descriptor(), item.path, FindOwn);
    ASSERT_THAT(field, IsOk()) << item.path;
    v1::Opportunity message;
    EXPECT_EQ(field->Write(item.text, message), "") << item.path;
    EXPECT_THAT(message, EqualsProto(item.written)) << item.path;
  }
}

TEST(TextField, WritesTimesListsEnumsAndNumbers) {
  v1::Activity activity;
  for (const auto& [path, text] :
       {std::pair("due_time", "2026-05-31T16:30:00+02:00"),
        std::pair("targets", "accounts/a1; leads/b2"),
        std::pair("kind", "meeting")}) {
    const auto field =
        TextField::Find(*v1::Activity::descriptor(), path, FindOwn);
    ASSERT_THAT(field, IsOk()) << path;
    EXPECT_EQ(field->Write(text, activity), "") << path;
  }
  EXPECT_THAT(activity, EqualsProto("due_time { seconds: 1780237800 } "
                                    "targets: 'accounts/a1' "
                                    "targets: 'leads/b2' kind: MEETING"));
  v1::Account account;
  const auto count =
      TextField::Find(*v1::Account::descriptor(), "employee_count", FindOwn);
  ASSERT_THAT(count, IsOk());
  EXPECT_EQ(count->Write("2822", account), "");
  EXPECT_EQ(account.employee_count(), 2822);
}

std::string ReadOf(absl::string_view path,
                   const google::protobuf::Message& message) {
  const auto field =
      TextField::FindToRead(*message.GetDescriptor(), path, FindOwn);
  EXPECT_THAT(field, IsOk()) << path;
  return field.ok() ? field->Read(message) : "";
}

TEST(TextField, ReadsWhatItWrites) {
  for (const auto& [path, text] :
       {std::pair("display_name", "Ada"), std::pair("amount", "12.50"),
        std::pair("amount", "-0.75"), std::pair("amount", "0.000000001"),
        std::pair("amount", "-999999999999999999.00"),
        std::pair("amount.currency_code", "USD"),
        std::pair("close_date", "2017-03-01"),
        std::pair("labels.region", "north"),
        std::pair("custom_fields.seats", "40")}) {
    const auto field =
        TextField::Find(*v1::Opportunity::descriptor(), path, FindOwn);
    ASSERT_THAT(field, IsOk()) << path;
    v1::Opportunity message;
    ASSERT_EQ(field->Write(text, message), "") << path;
    EXPECT_EQ(field->Read(message), text) << path;
  }
  v1::Activity activity;
  for (const auto& [path, text] :
       {std::pair("due_time", "2026-05-31T14:30:00Z"),
        std::pair("targets", "accounts/a1;leads/b2"),
        std::pair("kind", "MEETING")}) {
    const auto field =
        TextField::Find(*v1::Activity::descriptor(), path, FindOwn);
    ASSERT_THAT(field, IsOk()) << path;
    ASSERT_EQ(field->Write(text, activity), "") << path;
    EXPECT_EQ(field->Read(activity), text) << path;
  }
}

TEST(TextField, ReadsWhatTheServerWritesAndNothingWhereNothingIs) {
  v1::Opportunity message;
  message.set_uid("u1");
  EXPECT_EQ(ReadOf("uid", message), "u1");
  for (const char* path :
       {"display_name", "amount", "amount.currency_code", "close_date",
        "create_time", "state", "labels.region", "custom_fields.seats",
        "custom_fields.price"}) {
    EXPECT_EQ(ReadOf(path, message), "") << path;
  }
  // The least whole number has no magnitude of its own type.
  message.mutable_amount()->set_units(INT64_MIN);
  EXPECT_EQ(ReadOf("amount", message), "-9223372036854775808.00");
  EXPECT_THAT(
      TextField::FindToRead(*v1::Opportunity::descriptor(), "no_such.field",
                            FindOwn),
      StatusIs(absl::StatusCode::kInvalidArgument, "FIELD_TAKES_NO_TEXT"));
}

TEST(TextField, SaysWhatDoesNotFit) {
  for (const Case& item : {
           Case{"amount", "12,5", "must be an amount, as 12.50."},
           Case{"amount", "1.0000000001", "must be an amount, as 12.50."},
           Case{"amount", "9999999999999999999",
                "must be an amount, as 12.50."},
           Case{"amount", "", "must be an amount, as 12.50."},
           Case{"close_date", "31.5.2026", "must be a date, as 2026-05-31."},
           Case{"close_date", "2026-02-30", "must be a date, as 2026-05-31."},
           Case{"custom_fields.seats", "many", "must be a number."},
       }) {
    const auto field =
        TextField::Find(*v1::Opportunity::descriptor(), item.path, FindOwn);
    ASSERT_THAT(field, IsOk()) << item.path;
    v1::Opportunity message;
    EXPECT_EQ(field->Write(item.text, message), item.written) << item.text;
  }
}

TEST(TextField, FindsNoFieldThatTakesNoText) {
  for (const char* path :
       {"", ".", "no_such", "etag", "create_time", "stage_history",
        "splits.owner", "amount.cents", "labels", "labels.", "splits",
        "custom_fields.none", "custom_fields.price", "display_name.x"}) {
    EXPECT_THAT(
        TextField::Find(*v1::Opportunity::descriptor(), path, FindOwn),
        StatusIs(absl::StatusCode::kInvalidArgument, "FIELD_TAKES_NO_TEXT"))
        << path;
  }
}

TEST(TextField, KnowsWhatItLiesIn) {
  const auto currency = TextField::Find(*v1::Opportunity::descriptor(),
                                        "amount.currency_code", FindOwn);
  ASSERT_THAT(currency, IsOk());
  v1::Opportunity message;
  EXPECT_TRUE(currency->parent_missing(message));
  message.mutable_amount()->set_units(1);
  EXPECT_FALSE(currency->parent_missing(message));
}

}  // namespace
}  // namespace crm
