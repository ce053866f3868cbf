#include "shared/rpc/health_server.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/shared/rpc/echo_service.h"
#include "tests/shared/rpc/raw_client.h"

namespace crm {
namespace {

using ::crm::testing::kEcho;
using ::crm::testing::Pack;
using ::crm::testing::RawClient;

TEST(HealthServer, AnswersProbesInPlaintextAndNothingElse) {
  const auto health = *HealthServer::Start("127.0.0.1:0");
  RawClient client(health->port());
  const auto check = [&](absl::string_view service) {
    // HealthCheckRequest.service is field 1; HealthCheckResponse.status too.
    return client.Call(
        "/grpc.health.v1.Health/Check",
        absl::StrCat("\x0a", std::string(1, static_cast<char>(service.size())),
                     service));
  };

  EXPECT_EQ(check("liveness").bytes, "\x08\x01");
  EXPECT_EQ(check("readiness").bytes, "\x08\x02");
  health->SetReady(true);
  EXPECT_EQ(check("readiness").bytes, "\x08\x01");
  EXPECT_EQ(client.Call(kEcho, Pack("x")).status.code(),
            absl::StatusCode::kUnimplemented);
  EXPECT_EQ(client
                .Call("/grpc.reflection.v1alpha.ServerReflection/"
                      "ServerReflectionInfo",
                      "")
                .status.code(),
            absl::StatusCode::kUnimplemented);
}

}  // namespace
}  // namespace crm
