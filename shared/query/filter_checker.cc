#include "shared/query/filter_checker.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "google/api/resource.pb.h"
#include "shared/base/status_macros.h"
#include "shared/query/filter_value.h"

namespace crm {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using Relation = CompareTest::Relation;

bool IsOrdering(Comparator comparator) {
  switch (comparator) {
    case Comparator::kLess:
    case Comparator::kLessEqual:
    case Comparator::kGreater:
    case Comparator::kGreaterEqual:
      return true;
    case Comparator::kHas:
    case Comparator::kEqual:
    case Comparator::kNotEqual:
      return false;
  }
  return false;
}

Relation RelationOf(Comparator comparator) {
  switch (comparator) {
    case Comparator::kLess:
      return Relation::kLess;
    case Comparator::kLessEqual:
      return Relation::kLessEqual;
    case Comparator::kGreater:
      return Relation::kGreater;
    case Comparator::kGreaterEqual:
      return Relation::kGreaterEqual;
    case Comparator::kHas:
    case Comparator::kEqual:
    case Comparator::kNotEqual:
      return Relation::kEqual;
  }
  return Relation::kEqual;
}

bool HasOrder(ValueKind kind) {
  switch (kind) {
    case ValueKind::kText:
    case ValueKind::kInteger:
    case ValueKind::kUnsigned:
    case ValueKind::kFloat:
    case ValueKind::kDouble:
    case ValueKind::kTimestamp:
    case ValueKind::kDuration:
      return true;
    case ValueKind::kBytes:
    case ValueKind::kBool:
    case ValueKind::kEnum:
    case ValueKind::kMessage:
      return false;
  }
  return false;
}

FilterExpression Test(FieldTest test) {
  return {.kind = FilterExpression::Kind::kTest,
          .children = {},
          .test = std::move(test)};
}

// Days are texts that compare as days do.
bool IsCustomDay(const FieldDescriptor& field) {
  return field.containing_type() == crm::api::CustomValue::descriptor() &&
         field.number() == crm::api::CustomValue::kDateValueFieldNumber;
}

FilterExpression Not(FilterExpression expression) {
  FilterExpression negation{
      .kind = FilterExpression::Kind::kNot, .children = {}, .test = {}};
  negation.children.push_back(std::move(expression));
  return negation;
}

// Checks one restriction; the members are what its rules share.
class RestrictionChecker final {
 public:
  RestrictionChecker(const FilterRestriction& restriction,
                     const Descriptor& resource, const FilterSource& source,
                     const FindTarget& find_target,
                     const FindCustomField& find_custom_field)
      : restriction_(restriction),
        resource_(resource),
        source_(source),
        find_target_(find_target),
        find_custom_field_(&find_custom_field) {}

  absl::StatusOr<FilterExpression> Check() {
    FieldTest test;
    CRM_RETURN_IF_ERROR(Resolve(test));
    const FilterText& value = restriction_.value;
    const Comparator comparator = restriction_.comparator;
    const bool negative = comparator == Comparator::kNotEqual;
    if (comparator == Comparator::kHas) {
      CRM_ASSIGN_OR_RETURN(const bool member, ResolveMember(test.path));
      if (member || value.is_star()) return Test(std::move(test));
    } else if (value.IsWord("null")) {
      CRM_RETURN_IF_ERROR(RefuseOrdering("null"));
      return negative ? Test(std::move(test)) : Not(Test(std::move(test)));
    } else if (test.many()) {
      return Error(absl::StrCat("Field ", Quoted(test.text()),
                                " is repeated or a map; use ':'"));
    }
    CRM_RETURN_IF_ERROR(CheckComparison(test));
    return negative ? Not(Test(std::move(test))) : Test(std::move(test));
  }

 private:
  // Follows the path of the restriction from the resource.
  absl::Status Resolve(FieldTest& test) {
    FieldPath& path = test.path;
    const Descriptor* type = &resource_;
    for (const FilterText& part : restriction_.path) {
      if (type == nullptr && Reference(path).reference_type != "") {
        CRM_RETURN_IF_ERROR(Follow(part, test));
        type = test.hop->target->message;
      }
      if (!path.steps.empty() && AtMap(path)) {
        CRM_RETURN_IF_ERROR(AppendKey(part.joined(), part.offset, path));
        type = path.field().is_map()
                   ? path.field().message_type()->map_value()->message_type()
                   : path.field().message_type();
        continue;
      }
      CRM_RETURN_IF_ERROR(Append(part, type, path));
      type = path.field().message_type();
    }
    return absl::OkStatus();
  }

  // Returns the type of the resources that the field at the end of `path`
  // names, and how their custom fields are found; empty if it names none.
  CustomFieldKind Reference(const FieldPath& path) const {
    if (path.steps.back().implied) {
      // A value of a custom field, whose definition says it.
      const PathStep& field = path.steps[path.steps.size() - 2];
      return field.map_key.has_value()
                 ? (*find_custom_field_)(*field.field->containing_type(),
                                         *field.map_key)
                 : CustomFieldKind();
    }
    return {.reference_type = path.field()
                                  .options()
                                  .GetExtension(google::api::resource_reference)
                                  .type()};
  }

  // Goes on in the resource that the field at the end of the path names; `part`
  // is what follows it.
  absl::Status Follow(const FilterText& part, FieldTest& test) {
    CustomFieldKind reference = Reference(test.path);
    const std::string& type = reference.reference_type;
    if (test.hop.has_value()) {
      return source_.ErrorAt(
          part.offset, absl::StrCat("Field ", Quoted(test.text()),
                                    " would be the second reference to follow, "
                                    "and only one can be"));
    }
    const ReferenceTarget* target = find_target_ ? find_target_(type) : nullptr;
    if (target == nullptr) {
      return source_.ErrorAt(
          part.offset,
          absl::StrCat("Field ", Quoted(test.path.text()), " names a ", type,
                       ", whose fields cannot be reached from here"));
    }
    test.hop = ReferenceHop{std::exchange(test.path, {}), target};
    if (reference.find_in_reference) {
      find_in_reference_ = std::move(reference.find_in_reference);
      find_custom_field_ = &find_in_reference_;
    }
    return absl::OkStatus();
  }

  static bool AtMap(const FieldPath& path) {
    return path.field().is_map() && !path.steps.back().map_key.has_value();
  }

  // Appends `key` to `path`, which is at a map. Behind the key of a custom
  // field the path goes on to its value.
  absl::Status AppendKey(std::string key, size_t offset,
                         FieldPath& path) const {
    const FieldDescriptor& map = path.field();
    path.steps.back().map_key = std::move(key);
    if (!IsCustomFields(map)) return absl::OkStatus();
    const std::string& name = *path.steps.back().map_key;
    const FieldDescriptor* member =
        *find_custom_field_
            ? (*find_custom_field_)(*map.containing_type(), name).member
            : nullptr;
    if (member == nullptr) {
      return source_.ErrorAt(
          offset, absl::StrCat("There is no custom field ", Quoted(name),
                               " in ", map.containing_type()->name()));
    }
    path.steps.push_back({member, std::nullopt, true});
    if (member->message_type() == crm::api::OptionSet::descriptor()) {
      path.steps.push_back({member->message_type()->FindFieldByName("options"),
                            std::nullopt, true});
    }
    return absl::OkStatus();
  }

  // Appends the field that `part` names in `type` to `path`; `type` is null if
  // the path has reached a value.
  absl::Status Append(const FilterText& part, const Descriptor* type,
                      FieldPath& path) const {
    const std::string name = part.joined();
    if (type == nullptr) {
      return source_.ErrorAt(
          part.offset,
          absl::StrCat("Field ", Quoted(path.text()),
                       " is not a message and has no field ", Quoted(name)));
    }
    const FieldDescriptor* field = FindField(*type, name);
    if (field == nullptr) {
      return source_.ErrorAt(
          part.offset,
          absl::StrCat("There is no field ", Quoted(name), " in ",
                       path.steps.empty() ? type->name() : path.text()));
    }
    path.steps.push_back({field, std::nullopt, false});
    return absl::OkStatus();
  }

  // Reads `labels:key` and `amount:units`, where the value names a member of
  // what the path leads to: appends it to `path` and returns true.
  absl::StatusOr<bool> ResolveMember(FieldPath& path) const {
    const FilterText& value = restriction_.value;
    if (value.is_star()) return false;
    if (AtMap(path)) {
      if (value.has_wildcard()) {
        return source_.ErrorAt(value.offset, "A map key cannot have wildcards");
      }
      CRM_RETURN_IF_ERROR(AppendKey(value.pieces.front(), value.offset, path));
      return true;
    }
    if (KindOf(path.field()) != ValueKind::kMessage) return false;
    const Descriptor* type =
        path.steps.back().map_key.has_value()
            ? path.field().message_type()->map_value()->message_type()
            : path.field().message_type();
    CRM_RETURN_IF_ERROR(Append(value, type, path));
    return true;
  }

  // Sets the test of a comparison to a value.
  absl::Status CheckComparison(FieldTest& test) const {
    const FieldDescriptor& field = test.path.field();
    const FilterText& value = restriction_.value;
    const ValueKind kind = KindOf(field);
    if (!HasOrder(kind)) {
      CRM_RETURN_IF_ERROR(
          RefuseOrdering(absl::StrCat("Field ", Quoted(test.text()))));
    }
    if (value.has_wildcard()) {
      if (kind != ValueKind::kText || IsOrdering(restriction_.comparator)) {
        return source_.ErrorAt(
            value.offset,
            "'*' is a wildcard only for strings and with '=', '!=' and ':'");
      }
      test.test = PatternTest{TextPattern(value.pieces)};
      return absl::OkStatus();
    }
    const FieldDescriptor& value_field =
        field.is_map() ? *field.message_type()->map_value() : field;
    CRM_ASSIGN_OR_RETURN(SqlValue parsed,
                         ParseFilterValue(value_field, value, source_));
    if (IsCustomDay(value_field) && !IsIsoDay(std::get<std::string>(parsed))) {
      return source_.ErrorAt(value.offset, "A day is written as '2026-05-31'");
    }
    test.test =
        CompareTest{RelationOf(restriction_.comparator), std::move(parsed)};
    return absl::OkStatus();
  }

  absl::Status RefuseOrdering(absl::string_view what) const {
    if (!IsOrdering(restriction_.comparator)) return absl::OkStatus();
    return Error(absl::StrCat(what, " has no order; use '=' or '!='"));
  }

  absl::Status Error(absl::string_view description) const {
    return source_.ErrorAt(restriction_.comparator_offset, description);
  }

  const FilterRestriction& restriction_;
  const Descriptor& resource_;
  const FilterSource& source_;
  const FindTarget& find_target_;
  // Of what the path has come to: another one behind some references.
  const FindCustomField* find_custom_field_;
  FindCustomField find_in_reference_;
};

}  // namespace

absl::StatusOr<FilterExpression> CheckFilter(
    const FilterNode& node, const Descriptor& resource,
    const FilterSource& source, const FindTarget& find_target,
    const FindCustomField& find_custom_field) {
  FilterExpression expression;
  switch (node.kind) {
    case FilterNode::Kind::kRestriction:
      return RestrictionChecker(node.restriction, resource, source, find_target,
                                find_custom_field)
          .Check();
    case FilterNode::Kind::kAnd:
      expression.kind = FilterExpression::Kind::kAnd;
      break;
    case FilterNode::Kind::kOr:
      expression.kind = FilterExpression::Kind::kOr;
      break;
    case FilterNode::Kind::kNot:
      expression.kind = FilterExpression::Kind::kNot;
      break;
  }
  for (const FilterNode& child : node.children) {
    CRM_ASSIGN_OR_RETURN(
        FilterExpression checked,
        CheckFilter(child, resource, source, find_target, find_custom_field));
    expression.children.push_back(std::move(checked));
  }
  return expression;
}

}  // namespace crm
