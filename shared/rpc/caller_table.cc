#include "shared/rpc/caller_table.h"

#include "absl/strings/match.h"

namespace crm {
namespace {

// Stands for every method that users may call.
constexpr absl::string_view kPublic = "public";

struct CallerRule {
  absl::string_view caller;
  // kPublic, or the full name of an internal service.
  absl::string_view methods;
};

constexpr CallerRule kRules[] = {
    {"gateway", kPublic},
    {"gateway", "crm.internal.v1.SliceService"},
    {"analytical", "crm.internal.v1.Feed"},
    {"collaborative", "crm.internal.v1.Feed"},
    // A person at work on the suite, with a certificate of that name.
    {"operator", "crm.internal.v1.Consumers"},
};

bool IsInternal(const MethodInfo& method) {
  return absl::StartsWith(method.descriptor->file()->package(),
                          "crm.internal.") ||
         absl::StartsWith(method.permission, "internal.");
}

}  // namespace

bool MayCall(absl::string_view caller, const MethodInfo& method) {
  for (const CallerRule& rule : kRules) {
    if (rule.caller != caller) continue;
    if (rule.methods == kPublic
            ? !IsInternal(method)
            : rule.methods == method.descriptor->service()->full_name()) {
      return true;
    }
  }
  return false;
}

}  // namespace crm
