// Merges of random customers: nothing is lost or made up, and undoing a merge
// gives back what was there.

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "services/operational/domain/identity/merge_plan.h"
#include "tests/support/matchers.h"

namespace crm::operational {
namespace {

using ::crm::testing::IsOk;

constexpr int kMerges = 2'000;

class Maker final {
 public:
  explicit Maker(uint32_t seed) : random_(seed) {}

  int Below(int bound) {
    return std::uniform_int_distribution<int>(0, bound - 1)(random_);
  }

  // From few letters, so that equal values come, and also from all bytes that
  // a text may have.
  std::string Text() {
    std::string text;
    for (int length = 1 + Below(4); length > 0; --length) {
      text.push_back(
          static_cast<char>(Below(5) == 0 ? Below(128) : 'a' + Below(2)));
    }
    return text;
  }

  v1::Customer Customer(int number) {
    v1::Customer customer;
    customer.set_name("customers/c" + std::to_string(number));
    customer.set_uid("uid" + std::to_string(number));
    customer.set_kind(v1::Customer::PERSON);
    customer.set_state(v1::Customer::ACTIVE);
    customer.set_etag(Text());
    customer.mutable_create_time()->set_seconds(Below(1'000));
    customer.mutable_update_time()->set_seconds(Below(5));
    if (Below(2) == 0) customer.set_display_name(Text());
    if (Below(2) == 0) customer.set_primary_email(Text());
    if (Below(2) == 0) customer.set_primary_phone(Text());
    if (Below(2) == 0) customer.set_segment(Text());
    if (Below(2) == 0) customer.set_owner(Text());
    if (Below(2) == 0) customer.mutable_source()->set_system(Text());
    for (int i = Below(4); i > 0; --i) {
      (*customer.mutable_labels())[Text()] = Below(4) == 0 ? "" : Text();
    }
    for (int i = Below(4); i > 0; --i) {
      auto& value = (*customer.mutable_custom_fields())[Text()];
      switch (Below(3)) {
        case 0:
          value.set_string_value(Text());
          break;
        case 1:
          value.set_int_value(Below(3));
          break;
        default:
          value.mutable_money_value()->set_units(Below(3));
      }
    }
    return customer;
  }

  SurvivorshipPolicy Policy() {
    SurvivorshipPolicy policy;
    policy.fallback = static_cast<Survivorship>(Below(4));
    policy.fields["labels"] = static_cast<Survivorship>(Below(4));
    policy.fields["display_name"] = static_cast<Survivorship>(Below(4));
    policy.sources = {Text(), Text()};
    return policy;
  }

  template <typename T>
  void Shuffle(std::vector<T>& values) {
    std::shuffle(values.begin(), values.end(), random_);
  }

 private:
  std::mt19937 random_;
};

std::string Bytes(const v1::Customer& customer) {
  std::string bytes;
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::io::CodedOutputStream output(&stream);
  output.SetSerializationDeterministic(true);
  customer.SerializeToCodedStream(&output);
  output.Trim();
  return bytes;
}

TEST(PlanMergeUndo, GivesBackWhatWasThere) {
  Maker maker(20'260'601);
  for (int i = 0; i < kMerges; ++i) {
    v1::Customer survivor = maker.Customer(0);
    std::vector<v1::Customer> duplicates;
    for (int k = 1 + maker.Below(4); k > 0; --k) {
      duplicates.push_back(maker.Customer(k));
    }
    const auto plan = PlanMerge(survivor, duplicates, maker.Policy());
    ASSERT_THAT(plan, IsOk());
    std::vector<v1::Customer> current = plan->merged;
    current.push_back(plan->survivor);
    for (v1::Customer& customer : current) customer.set_etag("new");
    maker.Shuffle(current);

    const auto restored = PlanMergeUndo(plan->undo, current);

    // The etag is that of who writes it.
    survivor.set_etag("new");
    for (v1::Customer& customer : duplicates) customer.set_etag("new");
    ASSERT_THAT(restored, IsOk());
    ASSERT_EQ(restored->customers.size(), duplicates.size() + 1);
    ASSERT_EQ(Bytes(restored->customers[0]), Bytes(survivor));
    for (size_t k = 0; k < duplicates.size(); ++k) {
      ASSERT_EQ(Bytes(restored->customers[k + 1]), Bytes(duplicates[k]));
    }
  }
}

TEST(PlanMerge, NeitherLosesNorMakesUpAValue) {
  Maker maker(20'260'602);
  for (int i = 0; i < kMerges; ++i) {
    const v1::Customer survivor = maker.Customer(0);
    const std::vector<v1::Customer> duplicates = {maker.Customer(1),
                                                  maker.Customer(2)};
    const auto plan = PlanMerge(survivor, duplicates, maker.Policy());
    ASSERT_THAT(plan, IsOk());

    const std::vector<const v1::Customer*> all = {&survivor, &duplicates[0],
                                                  &duplicates[1]};
    const std::vector<const v1::Customer*> merged = {&plan->survivor};
    ASSERT_EQ(MergeableFields(merged), MergeableFields(all));
    ASSERT_EQ(plan->provenance.size(), MergeableFields(all).size());
    for (const FieldProvenance& from : plan->provenance) {
      const auto source =
          std::find_if(all.begin(), all.end(), [&](const v1::Customer* one) {
            return one->name() == from.customer;
          });
      ASSERT_NE(source, all.end());
      ASSERT_TRUE(HasValue(**source, from.field)) << from.field;
      ASSERT_TRUE(SameValue(**source, plan->survivor, from.field))
          << from.field;
    }
    ASSERT_EQ(plan->survivor.uid(), survivor.uid());
    ASSERT_EQ(plan->survivor.etag(), survivor.etag());
  }
}

}  // namespace
}  // namespace crm::operational
