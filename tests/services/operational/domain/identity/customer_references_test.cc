#include "services/operational/domain/identity/customer_references.h"

#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "crm/operational/v1/activity.pb.h"
#include "crm/operational/v1/customer.pb.h"
#include "crm/operational/v1/merge_operation.pb.h"
#include "crm/operational/v1/order.pb.h"
#include "gtest/gtest.h"
#include "tests/support/matchers.h"

namespace crm::operational {
namespace {

using ::crm::testing::EqualsProto;
using ::testing::ElementsAre;
using ::testing::Pair;

template <typename T>
T Parse(const std::string& text) {
  T message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message));
  return message;
}

TEST(RetargetCustomers, FindsReferencesOfAllKinds) {
  auto activity = Parse<v1::Activity>(
      "name: 'activities/1' customer: 'customers/b' subject: 'customers/b' "
      "targets: 'leads/1' targets: 'customers/b' "
      "targets: 'customers/b/identifiers/x' "
      "labels { key: 'k' value: 'customers/b' } "
      "custom_fields { key: 'home' value { reference_value: 'customers/b' } } "
      "custom_fields { key: 'text' value { string_value: 'customers/b' } }");
  std::map<std::string, std::string> found;

  const bool changed = RetargetCustomers(
      activity,
      [&](const std::string& path,
          const std::string& customer) -> std::optional<std::string> {
        found[path] = customer;
        return std::nullopt;
      });

  EXPECT_FALSE(changed);
  EXPECT_THAT(found, ElementsAre(Pair("custom_fields.home.reference_value",
                                      "customers/b"),
                                 Pair("customer", "customers/b"),
                                 Pair("targets[1]", "customers/b")));
}

TEST(RetargetCustomers, ChangesWhatItIsToldToAlone) {
  auto merge = Parse<v1::MergeOperation>(
      "survivor: 'customers/a' merged: 'customers/b' merged: 'customers/c' "
      "field_choices { field: 'segment' customer: 'customers/b' }");

  const bool changed = RetargetCustomers(
      merge,
      [](const std::string& path,
         const std::string& customer) -> std::optional<std::string> {
        if (customer != "customers/b") return std::nullopt;
        return absl::StrCat("customers/", path);
      });

  EXPECT_TRUE(changed);
  EXPECT_THAT(
      merge,
      EqualsProto("survivor: 'customers/a' merged: 'customers/merged[0]' "
                  "merged: 'customers/c' field_choices { field: 'segment' "
                  "customer: 'customers/field_choices[0].customer' }"));
}

TEST(CustomerFieldsOf, ReadsThemOffTheAnnotations) {
  EXPECT_THAT(CustomerFieldsOf(*v1::Order::descriptor()),
              ElementsAre("customer"));
  EXPECT_THAT(CustomerFieldsOf(*v1::Customer::descriptor()),
              ElementsAre("merged_into"));
  EXPECT_THAT(
      CustomerFieldsOf(*v1::MergeOperation::descriptor()),
      ElementsAre("survivor", "merged", "field_choices.customer",
                  "conflicts.customers", "conflicts.kept", "links.customer"));
}

}  // namespace
}  // namespace crm::operational
