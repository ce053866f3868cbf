// Matchers of the tests: statuses by code and reason, and whole messages.

#ifndef CRM_TESTS_SUPPORT_MATCHERS_H_
#define CRM_TESTS_SUPPORT_MATCHERS_H_

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "google/protobuf/util/message_differencer.h"
#include "shared/base/errors.h"

namespace crm::testing {

inline const absl::Status& StatusOf(const absl::Status& status) {
  return status;
}

template <typename T>
const absl::Status& StatusOf(const absl::StatusOr<T>& value) {
  return value.status();
}

MATCHER(IsOk, "is OK") {
  *result_listener << StatusOf(arg).ToString();
  return StatusOf(arg).ok();
}

MATCHER_P2(StatusIs, code, reason, "") {
  const absl::Status& status = StatusOf(arg);
  *result_listener << status.ToString() << " with reason '"
                   << ErrorReason(status) << "'";
  return status.code() == code && ErrorReason(status) == reason;
}

MATCHER_P(IsOkAndHolds, matcher, "") {
  if (!arg.ok()) {
    *result_listener << arg.status().ToString();
    return false;
  }
  return ::testing::ExplainMatchResult(matcher, *arg, result_listener);
}

// Matches a message equal to the one that `text` describes in text format.
MATCHER_P(EqualsProto, text, "") {
  auto expected = std::unique_ptr<google::protobuf::Message>(arg.New());
  if (!google::protobuf::TextFormat::ParseFromString(std::string(text),
                                                     expected.get())) {
    *result_listener << "the expected text does not parse";
    return false;
  }
  google::protobuf::util::MessageDifferencer differencer;
  std::string report;
  differencer.ReportDifferencesToString(&report);
  const bool equal = differencer.Compare(*expected, arg);
  *result_listener << report;
  return equal;
}

}  // namespace crm::testing

#endif  // CRM_TESTS_SUPPORT_MATCHERS_H_
