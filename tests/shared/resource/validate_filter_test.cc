#include "shared/resource/validate_filter.h"

#include <memory>
#include <string>

#include "crm/operational/v1/customer.pb.h"
#include "google/protobuf/message.h"
#include "google/protobuf/text_format.h"
#include "google/protobuf/unknown_field_set.h"
#include "gtest/gtest.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::crm::operational::v1::CreateCustomerRequest;
using ::crm::testing::IsOk;
using ::google::protobuf::Message;

constexpr char kRequest[] =
    "request_id: 'one' customer { display_name: 'Ada' kind: PERSON "
    "labels { key: 'a' value: 'b' } "
    "custom_fields { key: 'size' value { int_value: 7 } } }";

void AddUnknownField(Message& message) {
  message.GetReflection()->MutableUnknownFields(&message)->AddVarint(1000, 1);
}

TEST(ValidateFilter, DropsWhatItDoesNotKnowHoweverDeepItLies) {
  using Place = Message& (*)(CreateCustomerRequest&);
  const Place places[] = {
      [](CreateCustomerRequest& request) -> Message& { return request; },
      [](CreateCustomerRequest& request) -> Message& {
        return *request.mutable_customer();
      },
      [](CreateCustomerRequest& request) -> Message& {
        return (*request.mutable_customer()->mutable_custom_fields())["size"];
      },
  };
  const Validator validator;
  ValidateFilter filter(validator);
  MethodInfo method;
  method.verb = Verb::kCreate;
  for (const Place place : places) {
    Call call;
    call.context.method = &method;
    auto request = std::make_unique<CreateCustomerRequest>();
    ASSERT_TRUE(
        google::protobuf::TextFormat::ParseFromString(kRequest, request.get()));
    const std::string known = request->SerializeAsString();
    AddUnknownField(place(*request));
    ASSERT_NE(request->SerializeAsString(), known);
    call.request = std::move(request);

    ASSERT_THAT(filter.Begin(call), IsOk());

    EXPECT_EQ(call.request->SerializeAsString(), known);
  }
}

}  // namespace
}  // namespace crm
