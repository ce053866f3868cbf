// The checked form of a filter: every path leads to a field and every value has
// the field's type. What evaluation and lowering both work on.

#ifndef CRM_SHARED_QUERY_FILTER_EXPRESSION_H_
#define CRM_SHARED_QUERY_FILTER_EXPRESSION_H_

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "shared/query/field_path.h"
#include "shared/query/reference.h"
#include "shared/query/sql.h"
#include "shared/query/text_pattern.h"

namespace crm {

// A value on the path counts as set.
struct SetTest {};

// A value on the path stands in `relation` to `value`, which is not NULL and is
// encoded as the field's values are.
struct CompareTest {
  enum class Relation { kEqual, kLess, kLessEqual, kGreater, kGreaterEqual };

  Relation relation = Relation::kEqual;
  SqlValue value;
};

// A text on the path matches `pattern`.
struct PatternTest {
  TextPattern pattern;
};

// The reference that is followed to the field in question.
struct ReferenceHop {
  // The field that holds the name of the other resource.
  FieldPath field;
  const ReferenceTarget* target = nullptr;
};

// One question to a field. There is no "not equal": it is kNot of an equality,
// so that it is true where there is no value.
struct FieldTest {
  // Set if the field is one of a referenced resource.
  std::optional<ReferenceHop> hop;
  FieldPath path;
  std::variant<SetTest, CompareTest, PatternTest> test;

  // Returns whether one message may have several values in question.
  bool many() const {
    return path.many() || (hop.has_value() && hop->field.many());
  }

  // Returns `path` as text from the first resource on: `customer.segment`.
  std::string text() const { return absl::StrCat(HopText(), path.text()); }
  // The same without the keys of maps.
  std::string field_text() const {
    return absl::StrCat(HopText(), path.field_text());
  }

 private:
  std::string HopText() const {
    return hop.has_value() ? absl::StrCat(hop->field.field_text(), ".") : "";
  }
};

// A tree of tests. kAnd without children is true of everything.
struct FilterExpression {
  enum class Kind { kAnd, kOr, kNot, kTest };

  Kind kind = Kind::kAnd;
  std::vector<FilterExpression> children;
  // Of kTest only.
  FieldTest test;
};

}  // namespace crm

#endif  // CRM_SHARED_QUERY_FILTER_EXPRESSION_H_
