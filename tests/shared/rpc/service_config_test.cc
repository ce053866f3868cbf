#include "shared/rpc/service_config.h"

#include "gmock/gmock.h"
#include "google/protobuf/descriptor.h"
#include "grpcpp/support/validate_service_config.h"
#include "gtest/gtest.h"

namespace crm {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

const google::protobuf::ServiceDescriptor* Find(const char* name) {
  return google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(
      name);
}

TEST(ServiceConfigJson, IsOneThatGrpcTakes) {
  const std::string config = ServiceConfigJson(
      {Find("crm.operational.v1.LeadService"), Find("crm.internal.v1.Feed")},
      {});

  EXPECT_EQ(grpc::experimental::ValidateServiceConfigJSON(config), "");
  EXPECT_EQ(grpc::experimental::ValidateServiceConfigJSON(
                ServiceConfigJson({}, {.max_attempts = 1})),
            "");
}

TEST(ServiceConfigJson, RetriesReadsSoonerThanWrites) {
  const std::string config =
      ServiceConfigJson({Find("crm.operational.v1.LeadService")}, {});

  EXPECT_THAT(config, MatchesRegex(".*\"method\":\"GetLead\".*\"0.05s\".*"
                                   "\"method\":\"CreateLead\".*\"0.1s\".*"));
}

TEST(ServiceConfigJson, RetriesBatchesOnceAndLate) {
  EXPECT_THAT(ServiceConfigJson({Find("crm.operational.v1.LeadService")}, {}),
              HasSubstr("\"BatchCreateLeads\"}"));
  EXPECT_THAT(ServiceConfigJson({Find("crm.operational.v1.LeadService")}, {}),
              HasSubstr("\"maxAttempts\":2,\"initialBackoff\":\"0.5s\""));
}

TEST(ServiceConfigJson, DoesNotRetryStreams) {
  EXPECT_THAT(ServiceConfigJson({Find("crm.platform.v1.ChangeService")}, {}),
              Not(HasSubstr("Watch")));
}

TEST(ServiceConfigJson, LeavesOutWhatIsTurnedOff) {
  const std::string config =
      ServiceConfigJson({Find("crm.internal.v1.Feed")},
                        {.max_attempts = 1, .health_check = false});

  EXPECT_THAT(config, Not(HasSubstr("retryPolicy")));
  EXPECT_THAT(config, Not(HasSubstr("healthCheckConfig")));
}

}  // namespace
}  // namespace crm
