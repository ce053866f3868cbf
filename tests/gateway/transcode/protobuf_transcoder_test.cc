#include "gateway/transcode/protobuf_transcoder.h"

#include <string>

#include "crm/operational/v1/customer.pb.h"
#include "crm/operational/v1/order.pb.h"
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

class ProtobufTranscoderTest : public ::testing::Test {
 protected:
  ProtobufTranscoderTest() : transcoder_(*DescriptorPool::generated_pool()) {}

  template <typename Message>
  absl::StatusOr<Message> Parse(absl::string_view json,
                                absl::string_view field = "") {
    auto bytes = transcoder_.FromJson(*Message::descriptor(), json, field);
    if (!bytes.ok()) return bytes.status();
    Message message;
    EXPECT_TRUE(message.ParseFromString(*bytes));
    return message;
  }

  ProtobufTranscoder transcoder_;
};

TEST_F(ProtobufTranscoderTest, ReadsBothSpellingsAndEnumsByName) {
  EXPECT_THAT(Parse<operational::v1::Customer>(
                  R"({"displayName":"Ada","kind":"PERSON",
                      "primary_email":"a@b.example","labels":{"a_b":"c"},
                      "createTime":"2017-01-02T03:04:05.5Z"})"),
              IsOkAndHolds(EqualsProto(R"pb(
                display_name: "Ada"
                kind: PERSON
                primary_email: "a@b.example"
                labels { key: "a_b" value: "c" }
                create_time { seconds: 1483326245 nanos: 500000000 }
              )pb")));
}

TEST_F(ProtobufTranscoderTest, NamesTheFieldOfABadValue) {
  const auto order = Parse<operational::v1::Order>(
      R"({"lines":[{},{"unitPrice":{"units":"x"}}]})", "order");

  EXPECT_THAT(order,
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
  EXPECT_THAT(FieldViolations(order.status()),
              ElementsAre(Field(&FieldViolation::field,
                                "order.lines[1].unit_price.units")))
      << order.status();
}

TEST_F(ProtobufTranscoderTest, RefusesBadEnumsTimesAndNumbers) {
  for (const char* json :
       {R"({"kind":"NOBODY"})", R"({"createTime":"yesterday"})",
        R"({"labels":[]})", R"({"displayName":{}})",
        R"({"displayName":["a"]})"}) {
    SCOPED_TRACE(json);
    EXPECT_THAT(Parse<operational::v1::Customer>(json),
                StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
  }
}

TEST_F(ProtobufTranscoderTest, WritesCanonicalJson) {
  operational::v1::Customer customer;
  customer.set_name("customers/ada");
  customer.set_display_name("Ada <\"&>\n");
  customer.set_kind(operational::v1::Customer::PERSON);
  customer.mutable_create_time()->set_seconds(1);

  EXPECT_THAT(
      transcoder_.ToJson(*customer.GetDescriptor(),
                         customer.SerializeAsString()),
      IsOkAndHolds(R"({"name":"customers/ada",)"
                   R"("displayName":"Ada \u003c\"&\u003e\n",)"
                   R"("kind":"PERSON","createTime":"1970-01-01T00:00:01Z"})"));
}

TEST_F(ProtobufTranscoderTest, RefusesToWriteWhatIsNoMessage) {
  EXPECT_THAT(
      transcoder_.ToJson(*operational::v1::Customer::descriptor(), "\x0A\x7F"),
      StatusIs(absl::StatusCode::kInternal, "BAD_MESSAGE"));
}

}  // namespace
}  // namespace crm::gateway
