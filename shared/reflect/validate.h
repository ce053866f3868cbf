// Checks messages against the rules that their schema states: required fields,
// lengths, patterns, ranges, known enum values, names, money and times.

#ifndef CRM_SHARED_REFLECT_VALIDATE_H_
#define CRM_SHARED_REFLECT_VALIDATE_H_

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "shared/base/errors.h"

namespace crm {

// The most characters of a string field whose rule names no other limit.
inline constexpr int kDefaultMaxLength = 256;
// The most characters of a map's key, as of a label.
inline constexpr int kMaxMapKeyLength = 63;
// The most items of a list or map whose rule names no other limit.
inline constexpr int kDefaultMaxItems = 100;
// Violations beyond this many are not listed.
inline constexpr size_t kMaxViolations = 100;

// How a message is checked.
struct ValidateOptions {
  // The type whose messages may lack required fields, as resources in updates
  // do; null for none.
  const google::protobuf::Descriptor* partial_type = nullptr;
  // The field whose messages are not looked into, as they are checked one by
  // one later; null for none.
  const google::protobuf::FieldDescriptor* unchecked = nullptr;
};

// Checks messages by rules compiled once for each type. Output-only fields are
// not looked at, since what callers send in them is ignored. Thread-safe.
class Validator {
 public:
  Validator();
  ~Validator();

  // Returns everything that is wrong with `message`, with paths that start with
  // `prefix` (no dot at its end; may be empty).
  std::vector<FieldViolation> Check(const google::protobuf::Message& message,
                                    absl::string_view prefix = "",
                                    const ValidateOptions& options = {}) const;

 private:
  struct FieldPlan;
  struct Place;
  struct Plan;

  const Plan& PlanOf(const google::protobuf::Descriptor* descriptor) const;
  void CheckCustomValue(const google::protobuf::Message& entry,
                        const Place& map, const ValidateOptions& options,
                        std::vector<FieldViolation>& violations) const;
  void CheckMessage(const google::protobuf::Message& message, const Place& at,
                    const ValidateOptions& options,
                    std::vector<FieldViolation>& violations) const;

  mutable std::mutex mutex_;
  mutable std::map<const google::protobuf::Descriptor*, std::unique_ptr<Plan>>
      plans_;
};

}  // namespace crm

#endif  // CRM_SHARED_REFLECT_VALIDATE_H_
