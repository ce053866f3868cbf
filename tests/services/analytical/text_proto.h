// Makes messages of text, for tests without a service to call.

#ifndef CRM_TESTS_SERVICES_ANALYTICAL_TEXT_PROTO_H_
#define CRM_TESTS_SERVICES_ANALYTICAL_TEXT_PROTO_H_

#include <string>

#include "absl/strings/string_view.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"

namespace crm::analytical::testing {

// Returns the message that `text` is; fails the test if it is none.
template <typename T>
T Proto(absl::string_view text) {
  T message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(std::string(text),
                                                            &message))
      << text;
  return message;
}

}  // namespace crm::analytical::testing

#endif  // CRM_TESTS_SERVICES_ANALYTICAL_TEXT_PROTO_H_
