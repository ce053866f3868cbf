#include "shared/reflect/known_api.h"

#include <vector>

#include "absl/strings/match.h"
#include "crm/api/annotations.pb.h"
#include "google/api/resource.pb.h"
#include "google/protobuf/descriptor_database.h"

namespace crm {
namespace {

using ::google::protobuf::Descriptor;
using ::google::protobuf::DescriptorPool;
using ::google::protobuf::FileDescriptor;

struct KnownApi {
  std::map<std::string, const Descriptor*, std::less<>> resources;
  std::map<std::string, const Descriptor*, std::less<>> types;
  std::set<std::string, std::less<>> permissions;
};

void AddFile(const FileDescriptor& file, KnownApi& api) {
  for (int i = 0; i < file.message_type_count(); ++i) {
    const Descriptor* message = file.message_type(i);
    if (!message->options().HasExtension(google::api::resource)) continue;
    const auto& resource =
        message->options().GetExtension(google::api::resource);
    api.resources[resource.plural()] = message;
    api.types[resource.type()] = message;
  }
  for (int i = 0; i < file.service_count(); ++i) {
    for (int j = 0; j < file.service(i)->method_count(); ++j) {
      api.permissions.insert(file.service(i)->method(j)->options().GetExtension(
          crm::api::permission));
    }
  }
}

const KnownApi& Known() {
  static const KnownApi& api = *[] {
    auto* made = new KnownApi();
    std::vector<std::string> files;
    DescriptorPool::internal_generated_database()->FindAllFileNames(&files);
    for (const std::string& name : files) {
      if (!absl::StartsWith(name, "crm/")) continue;
      AddFile(*DescriptorPool::generated_pool()->FindFileByName(name), *made);
    }
    made->permissions.erase("");
    return made;
  }();
  return api;
}

}  // namespace

const Descriptor* FindResourceMessage(absl::string_view collection) {
  const auto found = Known().resources.find(collection);
  return found == Known().resources.end() ? nullptr : found->second;
}

const Descriptor* FindResourceType(absl::string_view type) {
  const auto found = Known().types.find(type);
  return found == Known().types.end() ? nullptr : found->second;
}

const std::map<std::string, const Descriptor*, std::less<>>&
KnownResourceTypes() {
  return Known().types;
}

const std::set<std::string, std::less<>>& KnownPermissions() {
  return Known().permissions;
}

}  // namespace crm
