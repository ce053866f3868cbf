// Evaluates a checked filter on a message.

#ifndef CRM_SHARED_QUERY_FILTER_EVALUATOR_H_
#define CRM_SHARED_QUERY_FILTER_EVALUATOR_H_

#include "google/protobuf/message.h"
#include "shared/query/filter_expression.h"

namespace crm {

// Returns whether `message` satisfies `expression`, which was checked against
// its type.
bool Evaluate(const FilterExpression& expression,
              const google::protobuf::Message& message, FindReferenced find);

}  // namespace crm

#endif  // CRM_SHARED_QUERY_FILTER_EVALUATOR_H_
