#include "shared/base/errors.h"

#include "google/rpc/error_details.pb.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::crm::testing::EqualsProto;
using ::crm::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Returns the one detail of type `Detail` that goes over the wire.
template <typename Detail>
Detail WireDetail(const absl::Status& status) {
  const google::rpc::Status wire = ToRpcStatus(status);
  Detail found;
  int count = 0;
  for (const auto& any : wire.details()) {
    if (any.Is<Detail>() && any.UnpackTo(&found)) ++count;
  }
  EXPECT_EQ(count, 1) << status;
  return found;
}

TEST(MakeError, CarriesReasonDomainAndMetadata) {
  const absl::Status status =
      NotFound("LEAD_MISSING", "No such lead.", {{"lead", "leads/a1"}});

  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(status.message(), "No such lead.");
  EXPECT_THAT(WireDetail<google::rpc::ErrorInfo>(status), EqualsProto(R"pb(
                reason: "LEAD_MISSING"
                domain: "crm"
                metadata { key: "lead" value: "leads/a1" }
              )pb"));
}

TEST(MakeError, GivesEachKindItsCode) {
  using Code = absl::StatusCode;
  EXPECT_THAT(InvalidArgument("R", "m"), StatusIs(Code::kInvalidArgument, "R"));
  EXPECT_THAT(NotFound("R", "m"), StatusIs(Code::kNotFound, "R"));
  EXPECT_THAT(AlreadyExists("R", "m"), StatusIs(Code::kAlreadyExists, "R"));
  EXPECT_THAT(PermissionDenied("R", "m"),
              StatusIs(Code::kPermissionDenied, "R"));
  EXPECT_THAT(Unauthenticated("R", "m"), StatusIs(Code::kUnauthenticated, "R"));
  EXPECT_THAT(Aborted("R", "m"), StatusIs(Code::kAborted, "R"));
  EXPECT_THAT(Unavailable("R", "m"), StatusIs(Code::kUnavailable, "R"));
  EXPECT_THAT(ResourceExhausted("R", "m"),
              StatusIs(Code::kResourceExhausted, "R"));
  EXPECT_THAT(OutOfRange("R", "m"), StatusIs(Code::kOutOfRange, "R"));
  EXPECT_THAT(Internal("R", "m"), StatusIs(Code::kInternal, "R"));
}

TEST(MakeError, CutsALongMessageBetweenCharacters) {
  // 1023 bytes, then a character of two bytes across the limit.
  const std::string text = std::string(1023, 'x') + "\xc3\xa4";

  EXPECT_EQ(Internal("R", text).message(), std::string(1023, 'x'));
  EXPECT_EQ(Internal("R", std::string(1024, 'x')).message().size(), 1024u);
}

TEST(FailedPrecondition, NamesItsSubject) {
  const absl::Status status =
      FailedPrecondition("LEAD_NOT_QUALIFIED", "Qualify it first.", "leads/a1");

  EXPECT_THAT(status, StatusIs(absl::StatusCode::kFailedPrecondition,
                               "LEAD_NOT_QUALIFIED"));
  EXPECT_THAT(WireDetail<google::rpc::PreconditionFailure>(status),
              EqualsProto(R"pb(violations {
                                 type: "LEAD_NOT_QUALIFIED"
                                 subject: "leads/a1"
                                 description: "Qualify it first."
                               })pb"));
}

TEST(BadRequest, ListsAllViolationsAndCountsThemInTheMessage) {
  const absl::Status status = BadRequest(
      {{"lead.name", "Leave it out."}, {"lead.email", "Not an address."}});

  EXPECT_THAT(status,
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
  EXPECT_EQ(status.message(),
            "'lead.name': Leave it out. And 1 more; see the field violations.");
  EXPECT_THAT(FieldViolations(status),
              ElementsAre(FieldViolation{"lead.name", "Leave it out."},
                          FieldViolation{"lead.email", "Not an address."}));
}

TEST(BadField, IsABadRequestOfOneViolation) {
  const absl::Status status = BadField("page_size", "At most 1000.");

  EXPECT_EQ(status.message(), "'page_size': At most 1000.");
  EXPECT_THAT(FieldViolations(status),
              ElementsAre(FieldViolation{"page_size", "At most 1000."}));
}

TEST(WithResource, KeepsTheOtherDetails) {
  const absl::Status status = WithResource(
      AlreadyExists("NAME_TAKEN", "Taken."), "crm/Lead", "leads/a1");

  EXPECT_THAT(status, StatusIs(absl::StatusCode::kAlreadyExists, "NAME_TAKEN"));
  EXPECT_THAT(WireDetail<google::rpc::ResourceInfo>(status),
              EqualsProto(R"pb(resource_type: "crm/Lead"
                               resource_name: "leads/a1")pb"));
}

TEST(WithRetryAfter, SendsTheDelay) {
  const absl::Status status =
      WithRetryAfter(Unavailable("BUSY", "Busy."), absl::Milliseconds(1500));

  EXPECT_THAT(WireDetail<google::rpc::RetryInfo>(status),
              EqualsProto("retry_delay { seconds: 1 nanos: 500000000 }"));
}

TEST(ErrorReason, IsEmptyWithoutErrorInfo) {
  EXPECT_EQ(ErrorReason(absl::OkStatus()), "");
  EXPECT_EQ(ErrorReason(absl::InternalError("plain")), "");
  EXPECT_THAT(FieldViolations(absl::InternalError("plain")), IsEmpty());
}

TEST(ErrorReason, IsEmptyWhenTheDetailIsGarbage) {
  absl::Status status = absl::InternalError("m");
  status.SetPayload("type.googleapis.com/google.rpc.ErrorInfo",
                    absl::Cord("\xff\xff"));

  EXPECT_EQ(ErrorReason(status), "");
}

TEST(ToRpcStatus, ComesBackWithAllDetails) {
  const absl::Status status = WithRetryAfter(
      WithResource(BadField("name", "Bad."), "crm/Lead", "leads/a1"),
      absl::Seconds(2));

  const google::rpc::Status wire = ToRpcStatus(status);

  EXPECT_EQ(wire.code(), 3);
  EXPECT_EQ(wire.details_size(), 4);
  EXPECT_EQ(FromRpcStatus(wire), status);
}

TEST(ToRpcStatus, CutsAMessageThatWasNotBuiltHere) {
  const absl::Status status = absl::UnknownError(std::string(5000, 'x'));

  EXPECT_EQ(ToRpcStatus(status).message().size(), kMaxErrorMessageBytes);
}

}  // namespace
}  // namespace crm
