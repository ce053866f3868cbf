#include "gateway/transcode/rest_request.h"

#include <string>

#include "crm/operational/v1/customer.pb.h"
#include "crm/operational/v1/lead.pb.h"
#include "gateway/transcode/protobuf_transcoder.h"
#include "gmock/gmock.h"
#include "google/protobuf/descriptor.h"
#include "gtest/gtest.h"
#include "tests/support/matchers.h"

namespace crm::gateway {
namespace {

using ::crm::testing::EqualsProto;
using ::crm::testing::IsOkAndHolds;
using ::crm::testing::StatusIs;
using ::google::protobuf::DescriptorPool;
using ::testing::ElementsAre;
using ::testing::Field;

class WeaveRequestTest : public ::testing::Test {
 protected:
  WeaveRequestTest()
      : transcoder_(*DescriptorPool::generated_pool()),
        routes_(*RouteTable::Build(
            {operational::v1::Customer::descriptor()->file()->service(0),
             operational::v1::Lead::descriptor()->file()->service(0)})) {}

  template <typename Request>
  absl::StatusOr<Request> Weave(absl::string_view method,
                                absl::string_view path,
                                const RestParts& parts) {
    const auto match = routes_.Match(method, path);
    EXPECT_TRUE(match.ok()) << match.status();
    const auto bytes =
        WeaveRequest(transcoder_, *match, parts, Request::default_instance());
    if (!bytes.ok()) return bytes.status();
    Request request;
    EXPECT_TRUE(request.ParseFromString(*bytes));
    return request;
  }

  ProtobufTranscoder transcoder_;
  RouteTable routes_;
};

TEST_F(WeaveRequestTest, TakesQueryParametersInEitherSpelling) {
  EXPECT_THAT(
      Weave<operational::v1::ListCustomersRequest>(
          "GET", "/v1/customers",
          {.query = "pageSize=10&order_by=display_name+desc&showDeleted=true"
                    "&filter=kind%20%3D%20PERSON"}),
      IsOkAndHolds(EqualsProto(R"pb(
        page_size: 10
        order_by: "display_name desc"
        show_deleted: true
        filter: "kind = PERSON"
      )pb")));
}

TEST_F(WeaveRequestTest, TakesRepeatedParameters) {
  EXPECT_THAT(Weave<operational::v1::BatchGetCustomersRequest>(
                  "GET", "/v1/customers:batchGet",
                  {.query = "names=customers/ada&names=customers/bob"}),
              IsOkAndHolds(EqualsProto(R"pb(names: "customers/ada"
                                            names: "customers/bob")pb")));
}

TEST_F(WeaveRequestTest, JoinsPathBodyAndMask) {
  EXPECT_THAT(
      Weave<operational::v1::UpdateCustomerRequest>(
          "PATCH", "/v1/customers/ada",
          {.query = "updateMask=displayName,primary_email&allowMissing=true",
           .body = R"({"name":"customers/bob","displayName":"Ada"})"}),
      IsOkAndHolds(EqualsProto(R"pb(
        customer { name: "customers/ada" display_name: "Ada" }
        update_mask { paths: "display_name" paths: "primary_email" }
        allow_missing: true
      )pb")));
}

TEST_F(WeaveRequestTest, TakesTheWholeBody) {
  EXPECT_THAT(Weave<operational::v1::QualifyLeadRequest>(
                  "POST", "/v1/leads/x:qualify", {.body = R"({"etag":"7"})"}),
              IsOkAndHolds(EqualsProto(R"pb(name: "leads/x" etag: "7")pb")));
}

TEST_F(WeaveRequestTest, TakesAnEmptyBodyAsAnEmptyMessage) {
  EXPECT_THAT(Weave<operational::v1::QualifyLeadRequest>(
                  "POST", "/v1/leads/x:qualify", {}),
              IsOkAndHolds(EqualsProto(R"pb(name: "leads/x")pb")));
}

TEST_F(WeaveRequestTest, ListsAllBadParameters) {
  const auto request = Weave<operational::v1::ListCustomersRequest>(
      "GET", "/v1/customers",
      {.query = "page_size=many&nope=1&filter=a&filter=b&a.b=c"});

  EXPECT_THAT(request,
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
  EXPECT_THAT(FieldViolations(request.status()),
              ElementsAre(Field(&FieldViolation::field, "page_size"),
                          Field(&FieldViolation::field, "nope"),
                          Field(&FieldViolation::field, "filter"),
                          Field(&FieldViolation::field, "a.b")));
}

TEST_F(WeaveRequestTest, RefusesParametersThatPathOrBodyHold) {
  EXPECT_THAT(Weave<operational::v1::GetCustomerRequest>(
                  "GET", "/v1/customers/ada", {.query = "name=customers/bob"}),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
  EXPECT_THAT(
      Weave<operational::v1::UpdateCustomerRequest>(
          "PATCH", "/v1/customers/ada", {.query = "customer.displayName=Ada"}),
      StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
  EXPECT_THAT(Weave<operational::v1::QualifyLeadRequest>(
                  "POST", "/v1/leads/x:qualify", {.query = "etag=7"}),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
}

TEST_F(WeaveRequestTest, RefusesABodyWhereNoneBelongs) {
  EXPECT_THAT(Weave<operational::v1::GetCustomerRequest>(
                  "GET", "/v1/customers/ada", {.body = "{}"}),
              StatusIs(absl::StatusCode::kInvalidArgument, "BODY_NOT_ALLOWED"));
}

TEST_F(WeaveRequestTest, ListsUnknownFieldsOfTheBody) {
  const auto request = Weave<operational::v1::CreateCustomerRequest>(
      "POST", "/v1/customers", {.body = R"({"nope":1,"neither":2})"});

  EXPECT_THAT(FieldViolations(request.status()),
              ElementsAre(Field(&FieldViolation::field, "customer.nope"),
                          Field(&FieldViolation::field, "customer.neither")));
}

TEST_F(WeaveRequestTest, RefusesHeadersThatAreNoText) {
  for (const RestParts& parts :
       {RestParts{.if_match = "\xff"}, RestParts{.idempotency_key = "\xc3("}}) {
    EXPECT_THAT(Weave<operational::v1::DeleteCustomerRequest>(
                    "DELETE", "/v1/customers/ada", parts),
                StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
  }
}

TEST_F(WeaveRequestTest, PutsHeadersWhereTheyBelong) {
  EXPECT_THAT(Weave<operational::v1::DeleteCustomerRequest>(
                  "DELETE", "/v1/customers/ada",
                  {.if_match = "\"7\"", .idempotency_key = "k1"}),
              IsOkAndHolds(EqualsProto(R"pb(name: "customers/ada"
                                            etag: "\"7\""
                                            request_id: "k1")pb")));
  EXPECT_THAT(Weave<operational::v1::UpdateCustomerRequest>(
                  "PATCH", "/v1/customers/ada",
                  {.query = "requestId=mine",
                   .body = "{}",
                   .if_match = "\"7\"",
                   .idempotency_key = "k1"}),
              IsOkAndHolds(EqualsProto(
                  R"pb(customer { name: "customers/ada" etag: "\"7\"" }
                       request_id: "mine")pb")));
}

TEST_F(WeaveRequestTest, RefusesAGuardItCannotHonor) {
  EXPECT_THAT(
      Weave<operational::v1::BatchGetCustomersRequest>(
          "GET", "/v1/customers:batchGet", {.if_match = "\"7\""}),
      StatusIs(absl::StatusCode::kInvalidArgument, "IF_MATCH_NOT_SUPPORTED"));
}

}  // namespace
}  // namespace crm::gateway
