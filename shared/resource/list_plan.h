// What a List request asks for, checked, and the statement that reads it.

#ifndef CRM_SHARED_RESOURCE_LIST_PLAN_H_
#define CRM_SHARED_RESOURCE_LIST_PLAN_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"
#include "shared/query/filter.h"
#include "shared/query/order_by.h"
#include "shared/query/sql.h"
#include "shared/resource/custom_schema.h"
#include "shared/resource/kernel.h"
#include "shared/resource/row_rule.h"

namespace crm {

// A List request. Immutable.
struct ListPlan {
  std::string parent;
  Filter filter;
  LoweredFilter lowered;
  std::vector<OrderTerm> order;
  // What the statement needs for custom fields: further tables, and how they
  // are joined.
  std::string joined_tables;
  SqlFragment joins;
  int page_size = 0;
  bool show_deleted = false;
  std::string page_token;
  // Which rows the caller may read.
  std::shared_ptr<const RowRule> rule;
  // Whether the condition in SQL is all that has to be checked.
  bool exact = false;
  // What must be equal in all calls that use one token.
  std::string binding;
};

// Returns of what the custom fields are that a list under `parent` can name;
// empty for those that all parents have in common.
std::string CustomKindUnder(const Resource& resource, absl::string_view parent);

// Whether what a list asks for depends on the tenant's definitions.
bool AsksForCustomFields(const google::protobuf::Message& request);

// Returns the plan of `request`. `schema` may be null for a request that asks
// for no custom fields. Errors as ListResources.
absl::StatusOr<ListPlan> PlanList(const Kernel& kernel,
                                  const Resource& resource,
                                  const CallContext& call,
                                  const google::protobuf::Message& request,
                                  const CustomSchema* schema);

// Returns the statement that reads up to `limit` rows after the one with the
// order values `last`, or from the first: body, name and the order values.
SqlFragment ListSql(const Resource& resource, const CallContext& call,
                    const ListPlan& plan, const std::vector<SqlValue>& last,
                    int limit);

// Returns the statement that counts all rows of the list, as far as its
// condition tells.
SqlFragment CountSql(const Resource& resource, const CallContext& call,
                     const ListPlan& plan);

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_LIST_PLAN_H_
