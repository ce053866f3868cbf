#include "shared/call/method_table.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "crm/api/annotations.pb.h"
#include "gmock/gmock.h"
#include "google/api/annotations.pb.h"
#include "google/protobuf/descriptor.pb.h"
#include "google/protobuf/empty.pb.h"
#include "gtest/gtest.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::crm::testing::IsOk;
using ::crm::testing::StatusIs;
using ::google::protobuf::DescriptorPool;
using ::google::protobuf::MethodDescriptorProto;
using ::google::protobuf::ServiceDescriptor;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

const ServiceDescriptor* Find(const std::string& name) {
  return DescriptorPool::generated_pool()->FindServiceByName(name);
}

MethodTable TableOf(const std::string& service) {
  absl::StatusOr<MethodTable> table = MethodTable::Build({Find(service)});
  EXPECT_THAT(table, IsOk());
  return *std::move(table);
}

// The method `name` of a lead service, whose path is long.
const MethodInfo* LeadMethod(const MethodTable& table,
                             const std::string& name) {
  return table.Find("/crm.operational.v1.LeadService/" + name);
}

// A service made for the test, with the methods that it is given.
class CustomService {
 public:
  explicit CustomService(const std::vector<MethodDescriptorProto>& methods) {
    google::protobuf::Empty::descriptor();
    google::protobuf::FileDescriptorProto file;
    file.set_name("crm/test/v1/custom.proto");
    file.set_package("crm.test.v1");
    file.set_syntax("proto3");
    file.add_dependency("google/protobuf/empty.proto");
    auto* service = file.add_service();
    service->set_name("CustomService");
    for (const auto& method : methods) *service->add_method() = method;
    descriptor_ = pool_.BuildFile(file)->service(0);
  }

  const ServiceDescriptor* descriptor() const { return descriptor_; }

 private:
  DescriptorPool pool_{DescriptorPool::generated_pool()};
  const ServiceDescriptor* descriptor_;
};

MethodDescriptorProto Method(const char* name, bool http, bool permission) {
  MethodDescriptorProto method;
  method.set_name(name);
  method.set_input_type(".google.protobuf.Empty");
  method.set_output_type(".google.protobuf.Empty");
  if (http) {
    method.mutable_options()
        ->MutableExtension(google::api::http)
        ->set_get("/v1/custom");
  }
  if (permission) {
    method.mutable_options()->SetExtension(crm::api::permission, "custom.do");
  }
  return method;
}

TEST(MethodTable, ReadsPathPermissionAndResource) {
  const MethodTable table = TableOf("crm.operational.v1.LeadService");

  const MethodInfo* method = LeadMethod(table, "ConvertLead");

  ASSERT_NE(method, nullptr);
  EXPECT_EQ(method->path, "/crm.operational.v1.LeadService/ConvertLead");
  EXPECT_EQ(method->permission, "leads.convert");
  EXPECT_EQ(method->verb, Verb::kCustom);
  ASSERT_NE(method->resource, nullptr);
  EXPECT_EQ(method->resource->full_name(), "crm.operational.v1.Lead");
  EXPECT_TRUE(method->mutating);
}

TEST(MethodTable, TellsTheStandardMethods) {
  const MethodTable table = TableOf("crm.operational.v1.LeadService");
  const struct {
    const char* name;
    Verb verb;
    bool mutating;
  } cases[] = {
      {"GetLead", Verb::kGet, false},
      {"ListLeads", Verb::kList, false},
      {"CreateLead", Verb::kCreate, true},
      {"UpdateLead", Verb::kUpdate, true},
      {"DeleteLead", Verb::kDelete, true},
      {"UndeleteLead", Verb::kUndelete, true},
      {"BatchGetLeads", Verb::kBatchGet, false},
      {"BatchCreateLeads", Verb::kBatchCreate, true},
  };
  for (const auto& test : cases) {
    const MethodInfo* method = LeadMethod(table, test.name);
    if (method == nullptr) {
      ADD_FAILURE() << test.name << " is missing";
      continue;
    }
    EXPECT_EQ(method->verb, test.verb) << test.name;
    EXPECT_EQ(method->mutating, test.mutating) << test.name;
    EXPECT_NE(method->resource, nullptr) << test.name;
  }
}

TEST(MethodTable, FindsAMethodByItsRequest) {
  const MethodTable table = TableOf("crm.operational.v1.LeadService");
  const MethodInfo* method = LeadMethod(table, "GetLead");

  EXPECT_EQ(table.FindByRequest(method->descriptor->input_type()), method);
  EXPECT_EQ(table.FindByRequest(google::protobuf::Empty::descriptor()),
            nullptr);
}

TEST(MethodTable, KnowsNoOtherPaths) {
  const MethodTable table = TableOf("crm.operational.v1.LeadService");

  EXPECT_EQ(LeadMethod(table, "FrobLead"), nullptr);
  EXPECT_EQ(table.Find(""), nullptr);
}

TEST(MethodTable, TakesAMethodWithoutAResource) {
  const MethodTable table = TableOf("crm.internal.v1.Feed");

  const MethodInfo* method = table.Find("/crm.internal.v1.Feed/Read");

  ASSERT_NE(method, nullptr);
  EXPECT_EQ(method->resource, nullptr);
  EXPECT_EQ(method->verb, Verb::kCustom);
  EXPECT_EQ(method->permission, "internal.feed.read");
}

TEST(MethodTable, NamesEveryMethodThatCannotBeServed) {
  MethodDescriptorProto upload = Method("Upload", true, true);
  upload.set_client_streaming(true);
  MethodDescriptorProto good_talk = Method("GoodTalk", true, true);
  good_talk.set_client_streaming(true);
  good_talk.set_server_streaming(true);
  const CustomService service(
      {Method("Good", true, true), Method("NoRule", false, true),
       Method("NoPermission", true, false), upload, good_talk});

  const auto table = MethodTable::Build({service.descriptor()});

  EXPECT_THAT(table, StatusIs(absl::StatusCode::kFailedPrecondition,
                              "METHOD_NOT_SERVABLE"));
  EXPECT_THAT(
      std::string(table.status().message()),
      AllOf(
          HasSubstr("crm.test.v1.CustomService.NoRule has no http rule"),
          HasSubstr("crm.test.v1.CustomService.NoPermission has no permission"),
          HasSubstr("crm.test.v1.CustomService.Upload streams from the client"),
          Not(HasSubstr("Good"))));
}

TEST(MethodTable, TakesServerStreams) {
  EXPECT_THAT(MethodTable::Build({Find("crm.platform.v1.ChangeService")}),
              IsOk());
}

}  // namespace
}  // namespace crm
