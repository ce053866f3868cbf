#include "gateway/api/api_descriptors.h"

#include <algorithm>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gateway/api/descriptor_set.h"
#include "shared/base/errors.h"

namespace crm::gateway {

using google::protobuf::DescriptorPool;
using google::protobuf::FileDescriptor;
using google::protobuf::FileDescriptorProto;
using google::protobuf::ServiceDescriptor;

absl::StatusOr<std::unique_ptr<ApiDescriptors>> ApiDescriptors::Load() {
  std::unique_ptr<ApiDescriptors> api(new ApiDescriptors());
  const absl::string_view bytes = DescriptorSetBytes();
  if (!api->files_.ParseFromArray(bytes.data(),
                                  static_cast<int>(bytes.size()))) {
    return Internal("BAD_DESCRIPTOR_SET", "The descriptor set does not parse.");
  }
  for (const FileDescriptorProto& proto : api->files_.file()) {
    const FileDescriptor* file = api->pool_.BuildFile(proto);
    if (file == nullptr) {
      return Internal("BAD_DESCRIPTOR_SET",
                      absl::StrCat("The descriptors of '", proto.name(),
                                   "' do not build."));
    }
    const bool ours = absl::StartsWith(file->package(), "crm.") &&
                      !absl::StartsWith(file->package(), "crm.internal.");
    for (int i = 0; ours && i < file->service_count(); ++i) {
      api->services_.push_back(file->service(i));
    }
  }
  std::sort(api->services_.begin(), api->services_.end(),
            [](const ServiceDescriptor* a, const ServiceDescriptor* b) {
              return a->full_name() < b->full_name();
            });
  return api;
}

std::vector<const ServiceDescriptor*> ApiDescriptors::LinkedServices() const {
  std::vector<const ServiceDescriptor*> linked;
  for (const ServiceDescriptor* service : services_) {
    const ServiceDescriptor* found =
        DescriptorPool::generated_pool()->FindServiceByName(
            service->full_name());
    if (found != nullptr) linked.push_back(found);
  }
  return linked;
}

google::protobuf::FileDescriptorSet ApiDescriptors::PublicFiles() const {
  std::vector<const FileDescriptor*> next;
  for (const ServiceDescriptor* service : services_) {
    next.push_back(service->file());
  }
  std::set<std::string> needed;
  while (!next.empty()) {
    const FileDescriptor* file = next.back();
    next.pop_back();
    if (!needed.insert(file->name()).second) continue;
    for (int i = 0; i < file->dependency_count(); ++i) {
      next.push_back(file->dependency(i));
    }
  }
  google::protobuf::FileDescriptorSet set;
  for (const FileDescriptorProto& proto : files_.file()) {
    if (needed.contains(proto.name())) *set.add_file() = proto;
  }
  return set;
}

}  // namespace crm::gateway
