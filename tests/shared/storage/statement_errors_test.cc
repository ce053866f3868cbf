#include "shared/storage/statement_errors.h"

#include "google/rpc/error_details.pb.h"
#include "gtest/gtest.h"
#include "shared/base/errors.h"

namespace crm {
namespace {

// Returns whether `status` tells when to come again.
bool SaysWhen(const absl::Status& status) {
  const google::rpc::Status wire = ToRpcStatus(status);
  for (const google::protobuf::Any& detail : wire.details()) {
    google::rpc::RetryInfo retry;
    if (detail.UnpackTo(&retry)) {
      return retry.retry_delay().seconds() > 0 ||
             retry.retry_delay().nanos() > 0;
    }
  }
  return false;
}

TEST(StatementErrors, F35_TellWhenToComeAgainWhereThatHelps) {
  for (const absl::Status& status :
       {StorageBusy(), WriteQueueFull(), CommitFailed("it broke"),
        CommitUnknown(), StorageUnreachable("it is away")}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
    EXPECT_TRUE(SaysWhen(status)) << status;
  }
}

// It will not be better shortly, or not here.
TEST(StatementErrors, SayNothingOfTheKindElsewhere) {
  for (const absl::Status& status :
       {StorageClosed(), StorageUnusable("store.db", "it is torn"), DiskLow(),
        ResultTooLarge(), ConstraintViolation("CHECK failed")}) {
    EXPECT_FALSE(SaysWhen(status)) << status;
  }
}

}  // namespace
}  // namespace crm
