#include "gateway/policy/forwarded_headers.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace crm::gateway {
namespace {

using ::testing::ElementsAre;

TEST(GrpcHeaders, KeepsMetadataAndDropsWhatInsidersSay) {
  EXPECT_THAT(
      GrpcHeaders({{"authorization", "a"},
                   {"x-crm-tenant", "other"},
                   {"x-forwarded-for", "1.2.3.4"},
                   {"forwarded", "for=1.2.3.4"},
                   {"x-real-ip", "1.2.3.4"},
                   {"te", "trailers"},
                   {"grpc-timeout", "1S"},
                   {"traceparent", "00-"},
                   {"cookie", "c"},
                   {"x-mine-bin", "AA"},
                   {"grpc-encoding", "gzip"}}),
      ElementsAre(Header{"authorization", "a"}, Header{"x-mine-bin", "AA"},
                  Header{"grpc-encoding", "gzip"}));
}

TEST(RestMetadata, TakesOnlyWhatServicesRead) {
  EXPECT_THAT(RestMetadata({{"authorization", "a"},
                            {"accept", "x"},
                            {"crm-allow-duplicates", "true"},
                            {"crm-criticality", "SHEDDABLE"},
                            {"crm-token", "1"},
                            {"crm-token", "2"},
                            {"x-crm-tenant", "other"},
                            {"x-request-id", "r"}}),
              ElementsAre(Header{"authorization", "a"},
                          Header{"crm-allow-duplicates", "true"},
                          Header{"crm-criticality", "SHEDDABLE"},
                          Header{"crm-token", "1"}, Header{"crm-token", "2"},
                          Header{"x-request-id", "r"}));
}

TEST(RestMetadata, PartsTokensThatCameAsOneHeader) {
  EXPECT_THAT(RestMetadata({{"crm-token", "1, 2,,3 "}}),
              ElementsAre(Header{"crm-token", "1"}, Header{"crm-token", "2"},
                          Header{"crm-token", "3"}));
}

TEST(RestHeaders, ShowsOnlyTheSuitesOwn) {
  EXPECT_THAT(
      RestHeaders({{"content-type", "application/grpc"},
                   {"crm-token", "t"},
                   {"server", "s"},
                   {"x-request-id", "r"}}),
      ElementsAre(Header{"crm-token", "t"}, Header{"x-request-id", "r"}));
}

}  // namespace
}  // namespace crm::gateway
