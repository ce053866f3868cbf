// The resources of a collection that an operation is about, page by page: what
// List would show its caller.

#ifndef CRM_SHARED_RESOURCE_COLLECTION_LISTER_H_
#define CRM_SHARED_RESOURCE_COLLECTION_LISTER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/message.h"
#include "shared/call/call.h"
#include "shared/call/method_table.h"
#include "shared/resource/catalog.h"
#include "shared/resource/kernel.h"

namespace crm {

// A page of a collection.
struct CollectionPage {
  std::vector<std::unique_ptr<google::protobuf::Message>> resources;
  std::string next_page_token;
};

// Reads a collection as its List method does. A request says by its fields
// `parent`, `filter`, `order_by` and `show_deleted`, as far as it has them,
// what of it. Immutable, so thread-safe.
class CollectionLister {
 public:
  // All outlive this.
  CollectionLister(const Kernel& kernel, const Resource& resource,
                   const MethodInfo& list)
      : kernel_(kernel), resource_(resource), list_(list) {}

  // Returns what List would refuse the request with.
  absl::Status Check(const CallContext& call,
                     const google::protobuf::Message& request) const;

  absl::StatusOr<CollectionPage> Read(const CallContext& call,
                                      const google::protobuf::Message& request,
                                      int page_size,
                                      const std::string& page_token) const;

  // Returns how many there are; 0 where that cannot be told.
  absl::StatusOr<int64_t> Count(const CallContext& call,
                                const google::protobuf::Message& request) const;

  const Resource& resource() const { return resource_; }

 private:
  // The List request that asks for what `request` concerns.
  std::unique_ptr<google::protobuf::Message> ListRequest(
      const google::protobuf::Message& request, int page_size,
      const std::string& page_token) const;

  const Kernel& kernel_;
  const Resource& resource_;
  const MethodInfo& list_;
};

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_COLLECTION_LISTER_H_
