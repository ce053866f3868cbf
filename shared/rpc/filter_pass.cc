#include "shared/rpc/filter_pass.h"

#include <exception>

#include "shared/base/errors.h"

namespace crm {

absl::Status FilterPass::Begin(Call& call) {
  try {
    for (CallFilter* filter : filters_) {
      ++begun_;
      absl::Status status = filter->Begin(call);
      if (!status.ok()) return status;
    }
  } catch (const std::exception& exception) {
    return Internal("FILTER_EXCEPTION", exception.what());
  }
  return absl::OkStatus();
}

void FilterPass::End(const Call& call, const absl::Status& status) {
  while (begun_ > 0) filters_[--begun_]->End(call, status);
}

}  // namespace crm
