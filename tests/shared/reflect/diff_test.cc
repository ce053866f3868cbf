#include "shared/reflect/diff.h"

#include "crm/operational/v1/order.pb.h"
#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"

namespace crm {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

operational::v1::Order Parse(const char* text) {
  operational::v1::Order order;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &order));
  return order;
}

TEST(ChangedFields, NamesTheFieldsInTheOrderOfTheMessage) {
  EXPECT_THAT(
      ChangedFields(
          Parse("note: 'a' order_number: '1' labels { key: 'x' value: '1' }"),
          Parse("note: 'b' order_number: '2' owner: 'bob' "
                "labels { key: 'x' value: '2' }")),
      ElementsAre("order_number", "note", "owner", "labels"));
}

TEST(ChangedFields, NamesCustomFieldsByTheirKeys) {
  EXPECT_THAT(
      ChangedFields(Parse("custom_fields { key: 'a' value { int_value: 1 } } "
                          "custom_fields { key: 'b' value { int_value: 1 } }"),
                    Parse("custom_fields { key: 'b' value { int_value: 2 } } "
                          "custom_fields { key: 'c' value { int_value: 1 } }")),
      ElementsAre("custom_fields.a", "custom_fields.b", "custom_fields.c"));
}

TEST(ChangedFields, NamesWhatIsNoLongerSet) {
  EXPECT_THAT(ChangedFields(Parse("note: 'a' order_time { seconds: 1 }"),
                            Parse("note: 'a'")),
              ElementsAre("order_time"));
}

TEST(ChangedFields, LooksIntoMessagesAndLists) {
  EXPECT_THAT(ChangedFields(Parse("lines { quantity: 1 } total { units: 1 }"),
                            Parse("lines { quantity: 2 } total { units: 1 }")),
              ElementsAre("lines"));
}

TEST(ChangedFields, TellsTheOrderOfAList) {
  EXPECT_THAT(ChangedFields(Parse("lines { quantity: 1 } lines {}"),
                            Parse("lines {} lines { quantity: 1 }")),
              ElementsAre("lines"));
}

TEST(ChangedFields, LeavesOutWhatEveryChangeTouches) {
  EXPECT_THAT(
      ChangedFields(Parse("etag: '1' updater: 'a' update_time { seconds: 1 }"),
                    Parse("etag: '2' updater: 'b' update_time { seconds: 2 }")),
      IsEmpty());
}

TEST(ChangedFields, IsEmptyForEqualMessages) {
  const auto order = Parse("note: 'a' lines { quantity: 1 }");

  EXPECT_THAT(ChangedFields(order, order), IsEmpty());
}

}  // namespace
}  // namespace crm
