// The resources that a filter's references lead to, as one snapshot has them.

#ifndef CRM_SHARED_RESOURCE_REFERENCED_ROWS_H_
#define CRM_SHARED_RESOURCE_REFERENCED_ROWS_H_

#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "google/protobuf/message.h"
#include "shared/query/reference.h"
#include "shared/resource/kernel.h"

namespace crm {

// Reads each resource once and keeps some. Lives as long as the snapshot.
// Thread-compatible.
class ReferencedRows {
 public:
  ReferencedRows(const Kernel& kernel, SqlReader& reader, std::string tenant);
  ReferencedRows(const ReferencedRows&) = delete;
  ReferencedRows& operator=(const ReferencedRows&) = delete;

  // What Filter::Matches asks; lives as long as this.
  FindReferenced find() const { return find_; }

  // The first error of reading, or OK. After an error nothing is found.
  const absl::Status& status() const { return status_; }

 private:
  const google::protobuf::Message* Find(const ReferenceTarget& target,
                                        const std::string& name);
  absl::StatusOr<std::unique_ptr<google::protobuf::Message>> Load(
      const ReferenceTarget& target, const std::string& name) const;

  const Kernel& kernel_;
  SqlReader& reader_;
  const std::string tenant_;
  absl::Status status_;
  // Null for what does not exist.
  absl::flat_hash_map<std::string, std::unique_ptr<google::protobuf::Message>>
      kept_;
  std::function<const google::protobuf::Message*(const ReferenceTarget&,
                                                 const std::string&)>
      find_;
};

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_REFERENCED_ROWS_H_
