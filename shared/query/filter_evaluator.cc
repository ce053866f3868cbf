#include "shared/query/filter_evaluator.h"

#include <algorithm>
#include <string>

#include "shared/query/field_value.h"

namespace crm {
namespace {

using Relation = CompareTest::Relation;

template <typename T>
bool Holds(const T& left, Relation relation, const T& right) {
  switch (relation) {
    case Relation::kEqual:
      return left == right;
    case Relation::kLess:
      return left < right;
    case Relation::kLessEqual:
      return left <= right;
    case Relation::kGreater:
      return left > right;
    case Relation::kGreaterEqual:
      return left >= right;
  }
  return false;
}

bool SlotPasses(const FieldSlot& slot, const SetTest&) { return IsSet(slot); }

bool SlotPasses(const FieldSlot& slot, const CompareTest& test) {
  if (const auto* text = std::get_if<std::string>(&test.value)) {
    std::string scratch;
    return Holds(TextOf(slot, scratch), test.relation, *text);
  }
  const SqlValue value = ValueOf(slot);
  if (const auto* number = std::get_if<double>(&value)) {
    return Holds(*number, test.relation, std::get<double>(test.value));
  }
  const auto* integer = std::get_if<int64_t>(&value);
  if (integer == nullptr) return false;
  const int64_t right = std::get<int64_t>(test.value);
  if (KindOf(slot.field) == ValueKind::kUnsigned) {
    return Holds(static_cast<uint64_t>(*integer), test.relation,
                 static_cast<uint64_t>(right));
  }
  return Holds(*integer, test.relation, right);
}

bool SlotPasses(const FieldSlot& slot, const PatternTest& test) {
  std::string scratch;
  return test.pattern.Matches(TextOf(slot, scratch));
}

}  // namespace

bool Evaluate(const FilterExpression& expression,
              const google::protobuf::Message& message) {
  const auto holds = [&message](const FilterExpression& child) {
    return Evaluate(child, message);
  };
  switch (expression.kind) {
    case FilterExpression::Kind::kAnd:
      return std::ranges::all_of(expression.children, holds);
    case FilterExpression::Kind::kOr:
      return std::ranges::any_of(expression.children, holds);
    case FilterExpression::Kind::kNot:
      return !holds(expression.children.front());
    case FilterExpression::Kind::kTest:
      return std::visit(
          [&](const auto& test) {
            return AnySlot(message, expression.test.path,
                           [&test](const FieldSlot& slot) {
                             return SlotPasses(slot, test);
                           });
          },
          expression.test.test);
  }
  return false;
}

}  // namespace crm
