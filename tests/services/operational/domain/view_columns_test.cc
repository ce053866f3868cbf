#include "services/operational/domain/view_columns.h"

#include <string>
#include <vector>

#include "crm/operational/v1/order.pb.h"
#include "google/protobuf/text_format.h"
#include "tests/support/matchers.h"

namespace crm::operational {
namespace {

using ::crm::testing::EqualsProto;

v1::Order Shown(const std::vector<std::string>& columns) {
  v1::View view;
  view.mutable_columns()->Assign(columns.begin(), columns.end());
  v1::Order order;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(
      "name: 'orders/a' note: 'soon' total { currency_code: 'EUR' units: 5 } "
      "lines { line_id: 'l1' quantity: 2 } lines { line_id: 'l2' quantity: 3 } "
      "labels { key: 'team' value: 'north' } "
      "labels { key: 'year' value: '2026' } "
      "custom_fields { key: 'seats' value { int_value: 3 } } "
      "custom_fields { key: 'tier' value { string_value: 'a' } }",
      &order));
  ViewColumns(view, v1::Order::descriptor()).Show(order);
  return order;
}

TEST(ViewColumns, OP_23_KeepTheNameAndWhatTheyNameAndNothingElse) {
  struct Case {
    std::vector<std::string> columns;
    std::string shown;
  };
  for (const Case& test : std::vector<Case>{
           {{"note"}, "note: 'soon'"},
           {{"total.units"}, "total { units: 5 }"},
           {{"total.currencyCode", "total"},
            "total { currency_code: 'EUR' units: 5 }"},
           {{"lines.quantity"}, "lines { quantity: 2 } lines { quantity: 3 }"},
           {{"labels.year"}, "labels { key: 'year' value: '2026' }"},
           {{"labels.moon"}, ""},
           {{"custom_fields.seats"},
            "custom_fields { key: 'seats' value { int_value: 3 } }"},
           {{"moon", "cancel_reason"}, ""}}) {
    EXPECT_THAT(Shown(test.columns),
                EqualsProto("name: 'orders/a' " + test.shown))
        << test.columns.front();
  }
}

TEST(ViewColumns, OP_23_AreAllWhereThereAreNone) {
  EXPECT_EQ(Shown({}).labels_size(), 2);
  EXPECT_EQ(Shown({}).note(), "soon");
}

}  // namespace
}  // namespace crm::operational
