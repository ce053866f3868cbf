// The public API as descriptors: which services there are, and what their
// comments say.

#ifndef CRM_GATEWAY_API_API_DESCRIPTORS_H_
#define CRM_GATEWAY_API_API_DESCRIPTORS_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/descriptor.pb.h"

namespace crm::gateway {

// Descriptors read from the set that is built in. Their pool keeps comments,
// and is not the pool of the generated code. Immutable.
class ApiDescriptors {
 public:
  // Reads the set. Returns INTERNAL (BAD_DESCRIPTOR_SET) when the build made a
  // broken one.
  static absl::StatusOr<std::unique_ptr<ApiDescriptors>> Load();

  // The services that the outside may call, by full name: all but crm.internal.
  const std::vector<const google::protobuf::ServiceDescriptor*>& services()
      const {
    return services_;
  }

  // The same services as the generated code knows them, for code that makes
  // messages.
  std::vector<const google::protobuf::ServiceDescriptor*> LinkedServices()
      const;

  // Returns the files that the services are made of, imports before their
  // users, with comments: what generators of clients read.
  google::protobuf::FileDescriptorSet PublicFiles() const;

  // Every file, imports before their users.
  const google::protobuf::FileDescriptorSet& files() const { return files_; }

  const google::protobuf::DescriptorPool& pool() const { return pool_; }

 private:
  ApiDescriptors() = default;

  google::protobuf::FileDescriptorSet files_;
  google::protobuf::DescriptorPool pool_;
  std::vector<const google::protobuf::ServiceDescriptor*> services_;
};

}  // namespace crm::gateway

#endif  // CRM_GATEWAY_API_API_DESCRIPTORS_H_
