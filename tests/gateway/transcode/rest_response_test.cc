#include "gateway/transcode/rest_response.h"

#include <string>

#include "crm/operational/v1/customer.pb.h"
#include "gateway/transcode/protobuf_transcoder.h"
#include "gmock/gmock.h"
#include "google/protobuf/any.pb.h"
#include "google/protobuf/descriptor.h"
#include "gtest/gtest.h"
#include "shared/base/errors.h"
#include "tests/support/matchers.h"

namespace crm::gateway {
namespace {

using ::crm::operational::v1::Customer;
using ::crm::testing::IsOkAndHolds;
using ::google::protobuf::DescriptorPool;

class ResponseJsonTest : public ::testing::Test {
 protected:
  ResponseJsonTest()
      : transcoder_(*DescriptorPool::generated_pool()),
        routes_(
            *RouteTable::Build({Customer::descriptor()->file()->service(0)})) {
    customer_.set_name("customers/ada");
    (*customer_.mutable_labels())["a"] = "b";
    customer_.set_etag("7");
  }

  // The route of GetCustomer, answering with the field `name` alone.
  RestRoute RouteTo(const std::string& name) {
    RestRoute route = *routes_.Match("GET", "/v1/customers/ada")->route;
    route.response_field = Customer::descriptor()->FindFieldByName(name);
    return route;
  }

  ProtobufTranscoder transcoder_;
  RouteTable routes_;
  Customer customer_;
};

TEST_F(ResponseJsonTest, AnswersWithAllOfTheMessage) {
  EXPECT_THAT(
      ResponseJson(transcoder_, RouteTo(""), customer_.SerializeAsString()),
      IsOkAndHolds(R"({"name":"customers/ada","etag":"7",)"
                   R"("labels":{"a":"b"}})"));
}

TEST_F(ResponseJsonTest, AnswersWithOneField) {
  const std::string bytes = customer_.SerializeAsString();

  EXPECT_THAT(ResponseJson(transcoder_, RouteTo("name"), bytes),
              IsOkAndHolds(R"("customers/ada")"));
  EXPECT_THAT(ResponseJson(transcoder_, RouteTo("labels"), bytes),
              IsOkAndHolds(R"({"a":"b"})"));
  EXPECT_THAT(ResponseJson(transcoder_, RouteTo("labels"), ""),
              IsOkAndHolds("{}"));
  EXPECT_THAT(ResponseJson(transcoder_, RouteTo("create_time"), bytes),
              IsOkAndHolds("null"));
}

TEST_F(ResponseJsonTest, QuotesTheEtag) {
  EXPECT_EQ(EtagHeader(*Customer::descriptor(), customer_.SerializeAsString()),
            "\"7\"");
  customer_.set_etag("\"8\"");
  EXPECT_EQ(EtagHeader(*Customer::descriptor(), customer_.SerializeAsString()),
            "\"8\"");
  EXPECT_EQ(EtagHeader(*Customer::descriptor(), ""), "");
  EXPECT_EQ(EtagHeader(*google::protobuf::Any::descriptor(), "x"), "");
}

TEST(HttpStatusOf, FollowsTheCodesOfGoogleRpc) {
  EXPECT_EQ(HttpStatusOf(absl::StatusCode::kOk), 200);
  EXPECT_EQ(HttpStatusOf(absl::StatusCode::kFailedPrecondition), 400);
  EXPECT_EQ(HttpStatusOf(absl::StatusCode::kUnauthenticated), 401);
  EXPECT_EQ(HttpStatusOf(absl::StatusCode::kAborted), 409);
  EXPECT_EQ(HttpStatusOf(absl::StatusCode::kCancelled), 499);
  EXPECT_EQ(HttpStatusOf(absl::StatusCode::kDataLoss), 500);
  EXPECT_EQ(HttpStatusOf(absl::StatusCode::kDeadlineExceeded), 504);
  EXPECT_EQ(HttpStatusOf(MakeError(absl::StatusCode::kUnimplemented,
                                   "METHOD_NOT_ALLOWED", "x")),
            405);
}

TEST(ErrorJson, ExpandsDetails) {
  EXPECT_EQ(
      ErrorJson(NotFound("LEAD_NOT_FOUND", "Gone.", {{"name", "leads/a"}})),
      R"({"code":5,"message":"Gone.","details":[{)"
      R"("@type":"type.googleapis.com/google.rpc.ErrorInfo",)"
      R"("reason":"LEAD_NOT_FOUND","domain":"crm",)"
      R"("metadata":{"name":"leads/a"}}]})");
}

TEST(ErrorJson, LeavesOutDetailsOfUnknownTypes) {
  absl::Status status = NotFound("LEAD_NOT_FOUND", "Gone.");
  status.SetPayload("type.googleapis.com/no.such.Type", absl::Cord("x"));

  const std::string json = ErrorJson(status);

  EXPECT_THAT(json, ::testing::HasSubstr("LEAD_NOT_FOUND"));
  EXPECT_THAT(json, ::testing::Not(::testing::HasSubstr("no.such.Type")));
}

}  // namespace
}  // namespace crm::gateway
