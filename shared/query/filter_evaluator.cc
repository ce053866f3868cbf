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

bool Passes(const FieldTest& test, const google::protobuf::Message& message) {
  return std::visit(
      [&](const auto& condition) {
        return AnySlot(message, test.path, [&](const FieldSlot& slot) {
          return SlotPasses(slot, condition);
        });
      },
      test.test);
}

// Whether some resource that the reference names passes `test`.
bool ReferencedPasses(const FieldTest& test,
                      const google::protobuf::Message& message,
                      FindReferenced find) {
  return AnySlot(message, test.hop->field, [&](const FieldSlot& slot) {
    std::string scratch;
    const std::string& name = TextOf(slot, scratch);
    const google::protobuf::Message* referenced =
        name.empty() ? nullptr : find(*test.hop->target, name);
    return referenced != nullptr && Passes(test, *referenced);
  });
}

}  // namespace

bool Evaluate(const FilterExpression& expression,
              const google::protobuf::Message& message, FindReferenced find) {
  const auto holds = [&](const FilterExpression& child) {
    return Evaluate(child, message, find);
  };
  switch (expression.kind) {
    case FilterExpression::Kind::kAnd:
      return std::ranges::all_of(expression.children, holds);
    case FilterExpression::Kind::kOr:
      return std::ranges::any_of(expression.children, holds);
    case FilterExpression::Kind::kNot:
      return !holds(expression.children.front());
    case FilterExpression::Kind::kTest:
      return expression.test.hop.has_value()
                 ? ReferencedPasses(expression.test, message, find)
                 : Passes(expression.test, message);
  }
  return false;
}

}  // namespace crm
