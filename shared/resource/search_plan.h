// What a search asks for, checked, and what its caller may find.

#ifndef CRM_SHARED_RESOURCE_SEARCH_PLAN_H_
#define CRM_SHARED_RESOURCE_SEARCH_PLAN_H_

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "crm/platform/v1/search.pb.h"
#include "shared/call/call.h"
#include "shared/query/filter.h"
#include "shared/query/sql.h"
#include "shared/resource/custom_schema.h"
#include "shared/resource/kernel.h"
#include "shared/resource/row_rule.h"

namespace crm {

// A type that is searched.
struct SearchedType {
  const Resource* resource = nullptr;
  // What the caller may read of it.
  std::shared_ptr<const RowRule> rule;
  // Whether the condition of the statement says all of `rule` and of the
  // filter, so that rows need not be held against them.
  bool exact = true;
};

struct SearchPlan {
  // Folded, sorted, each once.
  std::vector<std::string> words;
  // What the tenant has defined of its own.
  std::shared_ptr<const CustomSchema> custom;
  // Those of which the caller may read anything; they all have the filter.
  std::vector<SearchedType> types;
  Filter filter;
  // On the table of documents: those of resources that the caller may read and
  // that the filter matches, as far as columns tell.
  SqlFragment where;
  int page_size = 0;
  // What page tokens belong to.
  std::string binding;
  // Where the page starts.
  int64_t after_position = std::numeric_limits<int64_t>::max();
  std::string after_name;
};

// Returns the plan of `request`. Errors as SearchResources.
absl::StatusOr<SearchPlan> PlanSearch(
    const Kernel& kernel, const CallContext& call,
    const platform::v1::SearchRequest& request);

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_SEARCH_PLAN_H_
