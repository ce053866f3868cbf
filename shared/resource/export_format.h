// How an export writes resources down: an ExportPlan, compiled for a resource
// type.

#ifndef CRM_SHARED_RESOURCE_EXPORT_FORMAT_H_
#define CRM_SHARED_RESOURCE_EXPORT_FORMAT_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/message.h"
#include "shared/reflect/custom_fields.h"
#include "shared/reflect/field_text.h"
#include "shared/resource/catalog.h"

namespace crm {

// Immutable.
class ExportFormat {
 public:
  // Compiles the field `plan` of `request`, which it may lack, for `resource`.
  // Returns INVALID_ARGUMENT with all that is wrong with it.
  static absl::StatusOr<ExportFormat> Build(
      const Resource& resource, const google::protobuf::Message& request,
      const FindCustomField& find_custom);

  // What comes before all resources; may be empty.
  const std::string& header() const { return header_; }

  // Appends a resource to `out`.
  absl::Status Append(const google::protobuf::Message& resource,
                      std::string& out) const;

 private:
  ExportFormat() = default;

  std::string header_;
  char delimiter_ = ',';
  // Of CSV; without any it is JSON.
  std::vector<TextField> columns_;
};

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_EXPORT_FORMAT_H_
