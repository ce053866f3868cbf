#include "shared/query/filter.h"

#include <optional>
#include <set>
#include <utility>

#include "shared/base/status_macros.h"
#include "shared/query/filter_checker.h"
#include "shared/query/filter_evaluator.h"
#include "shared/query/filter_expression.h"
#include "shared/query/filter_lowering.h"
#include "shared/query/filter_parser.h"
#include "shared/query/filter_source.h"

namespace crm {
namespace {

void CollectPaths(const FilterExpression& expression,
                  std::set<std::string>& paths,
                  std::set<std::string>& targets) {
  if (expression.kind == FilterExpression::Kind::kTest) {
    paths.insert(expression.test.field_text());
    if (expression.test.hop.has_value()) {
      targets.insert(expression.test.hop->target->type);
    }
  }
  for (const FilterExpression& child : expression.children) {
    CollectPaths(child, paths, targets);
  }
}

}  // namespace

struct Filter::Rep {
  FilterExpression expression;
  std::vector<std::string> field_paths;
  std::vector<std::string> referenced_types;
};

Filter::Filter() : rep_(std::make_shared<const Rep>()) {}

Filter::Filter(std::shared_ptr<const Rep> rep) : rep_(std::move(rep)) {}

absl::StatusOr<Filter> Filter::Parse(
    absl::string_view text, const google::protobuf::Descriptor* resource,
    absl::string_view field, const FindTarget& find_target,
    const FindCustomField& find_custom_field) {
  const FilterSource source{text, field};
  CRM_ASSIGN_OR_RETURN(const std::optional<FilterNode> root,
                       ParseFilter(source));
  if (!root.has_value()) return Filter();
  auto rep = std::make_shared<Rep>();
  CRM_ASSIGN_OR_RETURN(
      rep->expression,
      CheckFilter(*root, *resource, source, find_target, find_custom_field));
  std::set<std::string> paths;
  std::set<std::string> targets;
  CollectPaths(rep->expression, paths, targets);
  rep->field_paths.assign(paths.begin(), paths.end());
  rep->referenced_types.assign(targets.begin(), targets.end());
  return Filter(std::move(rep));
}

bool Filter::Matches(const google::protobuf::Message& message) const {
  return Matches(message, [](const ReferenceTarget&, const std::string&) {
    return nullptr;
  });
}

bool Filter::Matches(const google::protobuf::Message& message,
                     FindReferenced find) const {
  return Evaluate(rep_->expression, message, find);
}

bool Filter::empty() const { return rep_->field_paths.empty(); }

LoweredFilter Filter::Lower(const ColumnMap& columns) const {
  return LowerFilter(rep_->expression, columns);
}

const std::vector<std::string>& Filter::field_paths() const {
  return rep_->field_paths;
}

const std::vector<std::string>& Filter::referenced_types() const {
  return rep_->referenced_types;
}

}  // namespace crm
