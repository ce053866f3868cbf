#include "shared/rpc/parse_filter.h"

#include <string>

#include "shared/base/status_macros.h"
#include "shared/call/parse_request.h"

namespace crm {

absl::Status ParseFilter::Begin(Call& call) {
  CRM_ASSIGN_OR_RETURN(call.request,
                       ParseRequest(*call.context.method, call.request_bytes));
  call.request_bytes = std::string();
  return absl::OkStatus();
}

}  // namespace crm
