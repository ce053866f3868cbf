// Random objects of three types whose fields have the same keys and other
// types, written, deleted and restored while indexes come and go; after each
// step random filters and orders give what a model in memory gives.

#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "tests/conformance/objects_fixture.h"

namespace crm::testing {
namespace {

namespace v1 = ::crm::operational::v1;

constexpr int kSteps = 150;
constexpr int kTypes = 3;
constexpr int kKeys = 3;

// A comparison of one field, as the model sees it.
struct Comparison {
  int key = 0;
  std::string comparator;
  int value = 0;
};

// Values are small numbers, which text fields hold as letters: both have the
// same order.
using Values = std::map<int, int>;

class CustomObjectsProperty : public CustomObjects {
 protected:
  CustomObjectsProperty() : random_(20260501) {}

  int Below(int bound) {
    return static_cast<int>(random_() % static_cast<uint32_t>(bound));
  }

  void SetUp() override {
    for (int type = 0; type < kTypes; ++type) {
      ASSERT_THAT(MakeType(TypeId(type)), IsOk());
      for (int key = 0; key < kKeys; ++key) {
        is_text_[{type, key}] = Below(2) == 0;
        indexed_[{type, key}] = Below(2) == 0;
        definitions_[{type, key}] =
            DefineOf(
                TypeId(type), absl::StrCat("k", key),
                absl::StrCat(is_text_[{type, key}] ? "type: TEXT max_length: 8 "
                                                   : "type: INTEGER ",
                             indexed_[{type, key}] ? "indexed: true" : ""))
                .name();
      }
    }
  }

  static std::string TypeId(int type) { return absl::StrCat("type", type); }

  std::string ValueText(int type, int key, int value) {
    return is_text_[{type, key}]
               ? std::string(1, static_cast<char>('a' + value))
               : absl::StrCat(value);
  }

  // Random values, and the same as they stand in a request.
  std::pair<Values, std::string> RandomValues(int type) {
    Values values;
    std::string text;
    for (int key = 0; key < kKeys; ++key) {
      if (Below(3) == 0) continue;
      values[key] = Below(4);
      const std::string name = absl::StrCat("k", key);
      const std::string value = ValueText(type, key, values[key]);
      absl::StrAppend(&text, is_text_[{type, key}] ? Text(name, value)
                                                   : Int(name, values[key]));
    }
    return {values, text};
  }

  static bool Holds(const Comparison& comparison, const Values& values) {
    const auto found = values.find(comparison.key);
    const bool unset = found == values.end();
    if (comparison.comparator == "!=") {
      return unset || found->second != comparison.value;
    }
    if (unset) return false;
    if (comparison.comparator == "=") return found->second == comparison.value;
    if (comparison.comparator == "<") return found->second < comparison.value;
    return found->second >= comparison.value;
  }

  Comparison RandomComparison() {
    static const char* const kComparators[] = {"=", "!=", "<", ">="};
    return {Below(kKeys), kComparators[Below(4)], Below(4)};
  }

  // Writes, deletes or restores a random object, or changes a random index.
  void Step() {
    const int type = Below(kTypes);
    const std::string id = absl::StrCat(TypeId(type), "/o", Below(6));
    const auto live = objects_.find(id);
    const auto deleted = deleted_.find(id);
    if (Below(8) == 0) {
      const std::pair<int, int> field = {type, Below(kKeys)};
      indexed_[field] = !indexed_[field];
      ASSERT_THAT(
          Change(definitions_[field],
                 absl::StrCat("indexed: ", indexed_[field] ? "true" : "false"),
                 "indexed"),
          IsOk());
      if (indexed_[field]) AwaitIndex(definitions_[field]);
    } else if (deleted != deleted_.end()) {
      ASSERT_THAT((Call<v1::Object, v1::UndeleteObjectRequest>(
                      "ObjectService.UndeleteObject",
                      absl::StrCat("name: '", NameOf(id), "'"))),
                  IsOk());
      objects_.insert(deleted_.extract(deleted));
    } else if (live == objects_.end()) {
      const auto [values, text] = RandomValues(type);
      ASSERT_THAT(MakeObject(id, text), IsOk());
      objects_[id] = values;
    } else if (Below(3) == 0) {
      ASSERT_THAT(DeleteObject(id), IsOk());
      deleted_.insert(objects_.extract(live));
    } else {
      const auto [values, text] = RandomValues(type);
      ASSERT_THAT(UpdateObject(id, text, "custom_fields"), IsOk());
      objects_[id] = values;
    }
  }

  // Lists a random type by a random filter, perhaps in an order.
  void Check() {
    const int type = Below(kTypes);
    const Comparison left = RandomComparison();
    const Comparison right = RandomComparison();
    const bool both = Below(2) == 0;
    const auto write = [&](const Comparison& comparison) {
      return absl::StrCat("custom_fields.k", comparison.key, " ",
                          comparison.comparator, " ",
                          ValueText(type, comparison.key, comparison.value));
    };
    const std::string filter =
        absl::StrCat(write(left), both ? " AND " : " OR ", write(right));
    std::vector<std::string> expected;
    for (const auto& [id, values] : objects_) {
      if (id.substr(0, id.find('/')) != TypeId(type)) continue;
      const bool a = Holds(left, values);
      const bool b = Holds(right, values);
      if (both ? a && b : a || b) expected.push_back(id);
    }
    SCOPED_TRACE(absl::StrCat(TypeId(type), ": ", filter));
    ASSERT_THAT(Objects(TypeId(type), filter), IsOkAndHolds(expected));
    selective_ += expected.empty() ? 0 : 1;

    const int key = Below(kKeys);
    const std::string order = absl::StrCat("custom_fields.k", key);
    const auto ordered = Objects(TypeId(type), filter, order);
    if (!indexed_[{type, key}]) {
      ASSERT_THAT(ordered,
                  StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
      return;
    }
    ASSERT_THAT(ordered, IsOk());
    const auto value_of = [&](const std::string& id) -> std::optional<int> {
      const auto found = objects_.at(id).find(key);
      if (found == objects_.at(id).end()) return std::nullopt;
      return found->second;
    };
    std::vector<int> values;
    for (const std::string& id : *ordered) {
      if (const auto value = value_of(id)) values.push_back(*value);
    }
    EXPECT_TRUE(std::is_sorted(values.begin(), values.end())) << order;
    EXPECT_THAT(*ordered, ::testing::UnorderedElementsAreArray(expected));
  }

  std::mt19937 random_;
  std::map<std::pair<int, int>, bool> is_text_;
  std::map<std::pair<int, int>, bool> indexed_;
  std::map<std::pair<int, int>, std::string> definitions_;
  // By type and id.
  std::map<std::string, Values> objects_;
  std::map<std::string, Values> deleted_;
  int selective_ = 0;
};

TEST_F(CustomObjectsProperty, A32_ListsGiveWhatAModelGivesWhateverTheIndexes) {
  for (int step = 0; step < kSteps; ++step) {
    SCOPED_TRACE(step);
    Step();
    Check();
    if (HasFatalFailure() || HasNonfatalFailure()) return;
  }
  // The test would prove nothing if little were found.
  EXPECT_GT(selective_, kSteps / 3);
}

}  // namespace
}  // namespace crm::testing
