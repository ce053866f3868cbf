// Walks the descriptors of all our protos, as they are linked into the test.

#ifndef CRM_TESTS_PROTOS_DESCRIPTORS_H_
#define CRM_TESTS_PROTOS_DESCRIPTORS_H_

#include <string>
#include <vector>

#include "google/api/field_behavior.pb.h"
#include "google/protobuf/descriptor.h"

namespace crm::testing {

// Returns our proto files, by name.
std::vector<const google::protobuf::FileDescriptor*> OurFiles();

// Returns the messages in our files, nested ones too, but no map entries.
std::vector<const google::protobuf::Descriptor*> OurMessages();

// Returns the messages that are resources.
std::vector<const google::protobuf::Descriptor*> OurResources();

// Returns the resources that have a Create method: those that the kernel keeps.
std::vector<const google::protobuf::Descriptor*> StoredResources();

// Returns the methods of our services.
std::vector<const google::protobuf::MethodDescriptor*> OurMethods();

// Returns whether `field` has `behavior`.
bool HasBehavior(const google::protobuf::FieldDescriptor* field,
                 google::api::FieldBehavior behavior);

// Returns `PortfolioAnalysis` as `portfolio_analysis`.
std::string SnakeCase(const std::string& camel_case);

}  // namespace crm::testing

#endif  // CRM_TESTS_PROTOS_DESCRIPTORS_H_
