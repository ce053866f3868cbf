#include "shared/reflect/custom_fields.h"

#include <string>

#include "crm/operational/v1/lead.pb.h"
#include "crm/operational/v1/role.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using operational::v1::Lead;
using operational::v1::Role;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

crm::api::CustomValue Number(int64_t number) {
  crm::api::CustomValue value;
  value.set_int_value(number);
  return value;
}

TEST(CustomFieldsOf, FindsTheMapWhereThereIsOne) {
  EXPECT_NE(CustomFieldsOf(*Lead::descriptor()), nullptr);
  EXPECT_EQ(CustomFieldsOf(*Role::descriptor()), nullptr);
  EXPECT_FALSE(IsCustomFields(*Lead::descriptor()->FindFieldByName("labels")));
}

TEST(CustomValues, AreReadAsTheyWereWritten) {
  const CustomValues values = {{"seats", Number(3)}, {"floors", Number(0)}};
  Lead lead;
  (*lead.mutable_custom_fields())["old"] = Number(1);

  WriteCustomValues(values, lead);

  EXPECT_EQ(lead.custom_fields_size(), 2);
  EXPECT_EQ(lead.custom_fields().at("seats").int_value(), 3);
  EXPECT_THAT(ChangedKeys(ReadCustomValues(lead), values), IsEmpty());
  EXPECT_THAT(ReadCustomValues(Role()), IsEmpty());
}

TEST(ChangedKeys, NamesWhatCameWentAndDiffers) {
  EXPECT_THAT(
      ChangedKeys({{"a", Number(1)}, {"b", Number(1)}, {"c", Number(1)}},
                  {{"b", Number(2)}, {"c", Number(1)}, {"d", Number(0)}}),
      ElementsAre("a", "b", "d"));
}

TEST(IsCustomKey, TakesLowerCaseOfSixtyThreeCharacters) {
  for (const std::string& key :
       {std::string("a"), std::string("tier_2"), std::string(63, 'k')}) {
    EXPECT_TRUE(IsCustomKey(key)) << key;
  }
  for (const std::string& key :
       {std::string(), std::string("2nd"), std::string("_a"),
        std::string("Tier"), std::string("a.b"), std::string("a-b"),
        std::string("\xC3\xA9"), std::string(64, 'k')}) {
    EXPECT_FALSE(IsCustomKey(key)) << key;
  }
}

TEST(IsIsoDay, TakesDaysOfTheCalendar) {
  for (const char* day : {"2024-02-29", "0001-01-01", "9999-12-31"}) {
    EXPECT_TRUE(IsIsoDay(day)) << day;
  }
  for (const char* day :
       {"", "2023-02-29", "2024-2-29", "2024/02/29", "0000-01-01", "2024-13-01",
        "2024-00-10", "2024-01-32", "20240-1-01", "2024-01-0x"}) {
    EXPECT_FALSE(IsIsoDay(day)) << day;
  }
}

}  // namespace
}  // namespace crm
