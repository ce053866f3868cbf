#include "tests/protos/descriptors.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "google/api/resource.pb.h"
#include "google/protobuf/descriptor_database.h"

namespace crm::testing {
namespace {

using ::google::protobuf::Descriptor;
using ::google::protobuf::DescriptorPool;
using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::FileDescriptor;
using ::google::protobuf::MethodDescriptor;

void AddMessages(const Descriptor* message,
                 std::vector<const Descriptor*>& messages) {
  if (message->options().map_entry()) return;
  messages.push_back(message);
  for (int i = 0; i < message->nested_type_count(); ++i) {
    AddMessages(message->nested_type(i), messages);
  }
}

}  // namespace

std::vector<const FileDescriptor*> OurFiles() {
  std::vector<std::string> names;
  DescriptorPool::internal_generated_database()->FindAllFileNames(&names);
  std::sort(names.begin(), names.end());
  std::vector<const FileDescriptor*> files;
  for (const std::string& name : names) {
    if (!absl::StartsWith(name, "crm/")) continue;
    files.push_back(DescriptorPool::generated_pool()->FindFileByName(name));
  }
  return files;
}

std::vector<const Descriptor*> OurMessages() {
  std::vector<const Descriptor*> messages;
  for (const FileDescriptor* file : OurFiles()) {
    for (int i = 0; i < file->message_type_count(); ++i) {
      AddMessages(file->message_type(i), messages);
    }
  }
  return messages;
}

std::vector<const Descriptor*> OurResources() {
  std::vector<const Descriptor*> resources;
  for (const Descriptor* message : OurMessages()) {
    if (message->options().HasExtension(google::api::resource)) {
      resources.push_back(message);
    }
  }
  return resources;
}

std::vector<const Descriptor*> StoredResources() {
  std::vector<const Descriptor*> resources;
  for (const MethodDescriptor* method : OurMethods()) {
    if (absl::StartsWith(method->name(), "Create")) {
      resources.push_back(method->output_type());
    }
  }
  return resources;
}

std::vector<const MethodDescriptor*> OurMethods() {
  std::vector<const MethodDescriptor*> methods;
  for (const FileDescriptor* file : OurFiles()) {
    for (int i = 0; i < file->service_count(); ++i) {
      for (int j = 0; j < file->service(i)->method_count(); ++j) {
        methods.push_back(file->service(i)->method(j));
      }
    }
  }
  return methods;
}

bool HasBehavior(const FieldDescriptor* field,
                 google::api::FieldBehavior behavior) {
  const auto& options = field->options();
  for (int i = 0; i < options.ExtensionSize(google::api::field_behavior); ++i) {
    if (options.GetExtension(google::api::field_behavior, i) == behavior) {
      return true;
    }
  }
  return false;
}

std::string SnakeCase(const std::string& camel_case) {
  std::string snake;
  for (char c : camel_case) {
    if (absl::ascii_isupper(static_cast<unsigned char>(c)) && !snake.empty()) {
      snake += '_';
    }
    snake += absl::ascii_tolower(static_cast<unsigned char>(c));
  }
  return snake;
}

}  // namespace crm::testing
