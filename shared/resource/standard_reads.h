// The standard methods that read: Get (AIP-131), List (132, 158, 160) and
// BatchGet (231), for any resource type.

#ifndef CRM_SHARED_RESOURCE_STANDARD_READS_H_
#define CRM_SHARED_RESOURCE_STANDARD_READS_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "google/protobuf/message.h"
#include "shared/call/call.h"
#include "shared/resource/kernel.h"

namespace crm {

// The most names of one BatchGet.
inline constexpr int kMaxBatch = 500;

// Answers a Get with the stored bytes, which need no parsing. Soft-deleted
// resources are found (AIP-164). Returns INVALID_ARGUMENT or NOT_FOUND.
absl::StatusOr<std::string> GetResource(
    const Kernel& kernel, const Resource& resource, const CallContext& call,
    const google::protobuf::Message& request);

// Returns INVALID_ARGUMENT unless `parent` can be that of a batch of nested
// resources: a parent's name, in which `-` stands for any id.
absl::Status CheckBatchParent(const Resource& resource,
                              const std::string& parent);

// Answers a BatchGet: all in the order of `names`, or NOT_FOUND that names the
// first one that is missing. Returns INVALID_ARGUMENT for names that do not lie
// under `parent`.
absl::StatusOr<std::string> BatchGetResources(
    const Kernel& kernel, const Resource& resource, const CallContext& call,
    const google::protobuf::Message& request,
    const google::protobuf::Descriptor* response);

// The most rows that one page leaves out.
inline constexpr int kMaxScan = 5'000;

// How long a list may read whose caller's rows no statement tells, whatever his
// patience.
inline constexpr absl::Duration kMaxListTime = absl::Seconds(5);

// Who sees where the pages of a list begin and end.
enum class ListPages {
  kShown,     // the caller
  kInternal,  // only the service itself
};

// Answers a List. Pages go on from the last row's order values, so rows that
// come and go meanwhile neither repeat nor hide others. A filter that needs
// more than the columns is evaluated, and leaves out up to kMaxScan rows a
// call; then the page may hold fewer than asked, and its token goes on. Rows
// that the caller may not see do not count to that on pages that are shown.
// Returns INVALID_ARGUMENT with the violations of filter, order, page size,
// token or parent, and DEADLINE_EXCEEDED after kMaxListTime.
absl::StatusOr<std::string> ListResources(
    const Kernel& kernel, const Resource& resource, const CallContext& call,
    const google::protobuf::Message& request,
    const google::protobuf::Descriptor* response, ListPages pages);

// Returns how many rows a List gives in all; 0 where no statement tells that in
// time. Errors as ListResources.
absl::StatusOr<int64_t> CountListed(const Kernel& kernel,
                                    const Resource& resource,
                                    const CallContext& call,
                                    const google::protobuf::Message& request);

// Returns the violations of a List request, as ListResources would, without
// reading anything.
absl::Status CheckListRequest(const Kernel& kernel, const Resource& resource,
                              const CallContext& call,
                              const google::protobuf::Message& request);

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_STANDARD_READS_H_
