#include "shared/rpc/caller_filter.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "shared/auth/service_identity.h"
#include "shared/base/errors.h"
#include "shared/rpc/caller_table.h"

namespace crm {

absl::Status CallerFilter::Begin(Call& call) {
  const std::optional<ServiceIdentity> caller =
      ParseSpiffeId(call.peer_identity);
  if (!caller.has_value() || caller->space != space_) {
    return PermissionDenied("CALLER_UNKNOWN",
                            "The calling process is no part of this suite.");
  }
  if (!MayCall(caller->service, *call.context.method)) {
    return PermissionDenied("CALLER_NOT_ALLOWED",
                            absl::StrCat("The service '", caller->service,
                                         "' may not call this method."),
                            {{"caller", caller->service}});
  }
  return absl::OkStatus();
}

}  // namespace crm
