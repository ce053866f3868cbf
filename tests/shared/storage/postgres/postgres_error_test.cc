#include "shared/storage/postgres/postgres_error.h"

#include "google/rpc/error_details.pb.h"
#include "gtest/gtest.h"
#include "shared/base/errors.h"
#include "tests/support/matchers.h"

namespace crm::testing {
namespace {

struct Case {
  const char* sqlstate;
  PostgresFailure failure;
  absl::StatusCode code;
  const char* reason;
};

TEST(PostgresError, MapsStatesAsTheDatabaseDocuments) {
  using Failure = PostgresFailure;
  using Code = absl::StatusCode;
  for (const Case& each : {
           Case{"23505", Failure::kStatement, Code::kAlreadyExists,
                "UNIQUE_VIOLATION"},
           Case{"23502", Failure::kStatement, Code::kFailedPrecondition,
                "CONSTRAINT_VIOLATION"},
           Case{"53100", Failure::kStatement, Code::kResourceExhausted,
                "DISK_FULL"},
           Case{"53200", Failure::kStatement, Code::kUnavailable,
                "STORAGE_BUSY"},
           Case{"40001", Failure::kConflict, Code::kAborted,
                "TRANSACTION_CONFLICT"},
           Case{"40P01", Failure::kConflict, Code::kAborted,
                "TRANSACTION_CONFLICT"},
           Case{"55P03", Failure::kConflict, Code::kAborted,
                "TRANSACTION_CONFLICT"},
           Case{"57014", Failure::kTimeout, Code::kDeadlineExceeded,
                "STATEMENT_TIMEOUT"},
           Case{"57P01", Failure::kLost, Code::kUnavailable,
                "STORAGE_UNREACHABLE"},
           Case{"25P03", Failure::kLost, Code::kUnavailable,
                "STORAGE_UNREACHABLE"},
           Case{"42601", Failure::kStatement, Code::kInternal, "STORAGE_ERROR"},
       }) {
    SCOPED_TRACE(each.sqlstate);
    const PostgresDiagnostics diagnostics = {.sqlstate = each.sqlstate,
                                             .message = "why"};
    EXPECT_EQ(FailureOf(diagnostics), each.failure);
    EXPECT_THAT(PostgresError(diagnostics), StatusIs(each.code, each.reason));
  }
}

TEST(PostgresError, NamesTheColumnsAndNeverTheValuesOfAUniqueViolation) {
  const google::rpc::Status status = ToRpcStatus(PostgresError(
      {.sqlstate = "23505",
       .message = "duplicate key value",
       .detail = "Schlüssel »(tenant, \"order\")=(acme, s3cret)« existiert "
                 "bereits.",
       .table = "items"}));

  google::rpc::ErrorInfo info;
  ASSERT_TRUE(status.details(0).UnpackTo(&info));
  EXPECT_EQ(info.metadata().at("columns"), "tenant,order");
  EXPECT_EQ(info.metadata().at("table"), "items");
  EXPECT_EQ(status.SerializeAsString().find("s3cret"), std::string::npos);
}

}  // namespace
}  // namespace crm::testing
