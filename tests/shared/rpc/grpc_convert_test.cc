#include "shared/rpc/grpc_convert.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "google/rpc/error_details.pb.h"
#include "gtest/gtest.h"
#include "shared/base/errors.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::crm::testing::StatusIs;

TEST(ToGrpcStatus, KeepsCodeMessageAndDetails) {
  const absl::Status status = WithResource(
      AlreadyExists("EMAIL_TAKEN", "It is taken.", {{"email", "a@b.c"}}),
      "crm/Customer", "customers/1");

  const absl::Status restored = FromGrpcStatus(ToGrpcStatus(status));

  EXPECT_EQ(restored, status);
}

TEST(ToGrpcStatus, KeepsOk) {
  EXPECT_TRUE(ToGrpcStatus(absl::OkStatus()).ok());
  EXPECT_EQ(FromGrpcStatus(grpc::Status::OK), absl::OkStatus());
}

TEST(ToGrpcStatus, CutsViolationsThatDoNotFit) {
  const std::vector<FieldViolation> violations(
      1000, {"lead.display_name", std::string(50, 'x')});

  const grpc::Status status = ToGrpcStatus(BadRequest(violations));

  EXPECT_LE(status.error_details().size(), 4096u);
  EXPECT_GT(FieldViolations(FromGrpcStatus(status)).size(), 20u);
}

TEST(ToGrpcStatus, KeepsTheReasonWhenNothingElseFits) {
  const absl::Status status = WithResource(
      NotFound("GONE", "It is gone."), "crm/Lead", std::string(10'000, 'x'));

  const grpc::Status small = ToGrpcStatus(status);

  EXPECT_LE(small.error_details().size(), 4096u);
  EXPECT_THAT(FromGrpcStatus(small),
              StatusIs(absl::StatusCode::kNotFound, "GONE"));
}

TEST(FromGrpcStatus, DoesWithoutDetails) {
  EXPECT_EQ(FromGrpcStatus(
                grpc::Status(grpc::StatusCode::UNAVAILABLE, "Cannot connect.")),
            absl::UnavailableError("Cannot connect."));
}

TEST(FromGrpcStatus, IgnoresDetailsThatAreNone) {
  EXPECT_EQ(FromGrpcStatus(
                grpc::Status(grpc::StatusCode::ABORTED, "Stale.", "\xff\xff")),
            absl::AbortedError("Stale."));
}

TEST(RetryPushback, FollowsTheError) {
  const absl::Status busy = Unavailable("OVERLOADED", "Busy.");

  EXPECT_EQ(RetryPushback(WithRetryAfter(busy, absl::Milliseconds(1250))),
            "1250");
  EXPECT_EQ(RetryPushback(busy), "");
  EXPECT_EQ(RetryPushback(Unavailable("DEPENDENCY", "Redis is away.")), "-1");
  EXPECT_EQ(RetryPushback(WithRetryAfter(ResourceExhausted("QUOTA", "Used up."),
                                         absl::Seconds(1))),
            "");
  EXPECT_EQ(RetryPushback(absl::OkStatus()), "");
}

TEST(IsSendable, KnowsWhatGrpcWouldAbortOver) {
  EXPECT_TRUE(IsSendable("crm-token", "abc ~"));
  EXPECT_TRUE(IsSendable("crm-bin", std::string("\x00\xff", 2)));
  EXPECT_FALSE(IsSendable("crm-token", "a\nb"));
  EXPECT_FALSE(IsSendable("crm-token", "\xc3\xa4"));
  EXPECT_FALSE(IsSendable("Crm-Token", "a"));
  EXPECT_FALSE(IsSendable(":path", "a"));
  EXPECT_FALSE(IsSendable("grpc-status", "0"));
  EXPECT_FALSE(IsSendable("", "a"));
}

TEST(ByteBuffers, KeepBytes) {
  const std::string bytes("a\0b", 3);

  EXPECT_EQ(ToString(ToByteBuffer(bytes)), bytes);
  EXPECT_EQ(ToString(ToByteBuffer("")), "");
  EXPECT_EQ(ToString(grpc::ByteBuffer()), "");
}

TEST(GrpcDeadlines, KeepInfinity) {
  const absl::Time time = absl::FromUnixSeconds(1'700'000'000);

  EXPECT_EQ(FromGrpcDeadline(ToGrpcDeadline(time)), time);
  EXPECT_EQ(FromGrpcDeadline(ToGrpcDeadline(absl::InfiniteFuture())),
            absl::InfiniteFuture());
}

}  // namespace
}  // namespace crm
