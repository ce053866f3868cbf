#include "shared/reflect/validate.h"

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "crm/operational/v1/activity.pb.h"
#include "crm/operational/v1/customer.pb.h"
#include "crm/operational/v1/order.pb.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/descriptor.pb.h"
#include "google/protobuf/dynamic_message.h"
#include "gtest/gtest.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::crm::operational::v1::Activity;
using ::crm::operational::v1::Customer;
using ::crm::operational::v1::Order;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

template <typename T>
T Parse(const std::string& text) {
  T message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message));
  return message;
}

// The violations as text: the field, a colon, what is wrong with it.
std::vector<std::string> Text(const std::vector<FieldViolation>& violations) {
  std::vector<std::string> lines;
  for (const FieldViolation& violation : violations) {
    lines.push_back(absl::StrCat(violation.field, ": ", violation.description));
  }
  return lines;
}

// One broken rule of a customer.
struct Broken {
  const char* name;
  std::string customer;
  const char* violation;
};

constexpr char kValid[] = "display_name: 'Ada' kind: PERSON ";

const Broken kBroken[] = {
    {"a required string", "kind: PERSON", "display_name: is required."},
    {"a required enum", "display_name: 'Ada'", "kind: is required."},
    {"a length", "kind: PERSON display_name: '" + std::string(201, 'a') + "'",
     "display_name: must have at most 200 characters."},
    {"a length by default",
     absl::StrCat(kValid, "owner: '", std::string(257, 'a'), "'"),
     "owner: must have at most 256 characters."},
    {"a pattern", absl::StrCat(kValid, "primary_email: 'ada'"),
     "primary_email: must match '[^@\\s]+@[^@\\s]+'."},
    {"a pattern matches from end to end",
     absl::StrCat(kValid, "primary_phone: '+4930x'"),
     "primary_phone: must match '\\+[1-9][0-9]{1,14}'."},
    {"control characters", "kind: PERSON display_name: 'A\\001'",
     "display_name: must not contain control characters."},
    {"an enum value that is unknown", "display_name: 'Ada' kind: 99",
     "kind: has the unknown value 99."},
    {"a nested message",
     absl::StrCat(kValid, "source { system: '", std::string(65, 'a'), "' }"),
     "source.system: must have at most 64 characters."},
};

TEST(Validator, TellsEachBrokenRule) {
  const Validator validator;
  for (const Broken& test : kBroken) {
    SCOPED_TRACE(test.name);

    EXPECT_THAT(Text(validator.Check(Parse<Customer>(test.customer))),
                ElementsAre(test.violation));
  }
}

TEST(Validator, TakesValuesAtTheirLimits) {
  EXPECT_THAT(Validator().Check(Parse<Customer>(absl::StrCat(
                  "kind: ORGANISATION display_name: '", std::string(200, 'a'),
                  "' primary_email: 'a@b' primary_phone: '+491'"))),
              IsEmpty());
}

TEST(Validator, TellsEverythingAtOnce) {
  EXPECT_THAT(
      Text(Validator().Check(
          Parse<Order>("order_number: 'x' customer: 'Ada' currency_code: 'usd' "
                       "order_time { nanos: -1 } "
                       "lines { product: 'products/chair' quantity: 1 } "
                       "lines { quantity: 1000000001 "
                       "        discount_millionths: -1 "
                       "        unit_price { units: 1 } }"),
          "requests[3].order")),
      ElementsAre(
          "requests[3].order.customer: must be a resource name, such as "
          "'customers/acme'.",
          "requests[3].order.currency_code: must match '[A-Z]{3}'.",
          "requests[3].order.lines[1].product: is required.",
          "requests[3].order.lines[1].quantity: must be between 1 and "
          "1000000000.",
          "requests[3].order.lines[1].unit_price: must have a currency code of "
          "three capital letters, nanos between -999999999 and 999999999, and "
          "units and nanos of one sign.",
          "requests[3].order.lines[1].discount_millionths: must be between 0 "
          "and 1000000.",
          "requests[3].order.order_time: must lie in the years 1 to 9999, with "
          "nanos from 0 to 999999999."));
}

TEST(Validator, ChecksTheItemsOfListsAndTheirNumber) {
  Activity activity =
      Parse<Activity>("subject: 'Call' kind: CALL owner: 'ada'");
  for (int i = 0; i < 20; ++i) {
    activity.add_targets("leads/ada");
  }
  EXPECT_THAT(Validator().Check(activity), IsEmpty());

  activity.add_targets("leads/eve");

  EXPECT_THAT(Text(Validator().Check(activity)),
              ElementsAre("targets: must have at most 20 items, not 21."));
}

TEST(Validator, ChecksMaps) {
  Customer customer = Parse<Customer>(kValid);
  (*customer.mutable_labels())["tier"] = std::string(257, 'x');

  EXPECT_THAT(
      Text(Validator().Check(customer)),
      ElementsAre("labels[0].value: must have at most 256 characters."));

  customer.clear_labels();
  for (int i = 0; i < 65; ++i) {
    (*customer.mutable_labels())[absl::StrCat("k", i)] = "v";
  }

  EXPECT_THAT(Text(Validator().Check(customer)),
              ElementsAre("labels: must have at most 64 items, not 65."));
}

TEST(Validator, LooksAtNothingThatIsOutputOnly) {
  EXPECT_THAT(Validator().Check(Parse<Customer>(absl::StrCat(
                  kValid,
                  "name: 'no name' state: 99 etag: '\\001' merged_into: 'x' "
                  "create_time { nanos: -1 }"))),
              IsEmpty());
}

TEST(Validator, LetsAPartialResourceLackWhatIsRequired) {
  operational::v1::UpdateCustomerRequest request;
  request.mutable_customer()->set_owner(std::string(257, 'a'));

  EXPECT_THAT(Text(Validator().Check(request, "",
                                     {.partial_type = Customer::descriptor()})),
              ElementsAre("customer.owner: must have at most 256 characters."));
  EXPECT_THAT(Validator().Check(request), SizeIs(3));
}

TEST(Validator, ListsAtMostAHundredViolations) {
  Order order = Parse<Order>("currency_code: 'USD'");
  for (int i = 0; i < 400; ++i) order.add_lines();

  EXPECT_THAT(Validator().Check(order), SizeIs(kMaxViolations));
}

TEST(Validator, CountsTheBytesOfBytesFields) {
  google::protobuf::FileDescriptorProto file;
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(
      "name: 'test.proto' package: 'test' syntax: 'proto3' "
      "message_type { name: 'T' "
      "  field { name: 'raw' number: 1 type: TYPE_BYTES label: LABEL_OPTIONAL "
      "          options { [crm.api.field] { max_len: 4 } } } }",
      &file));
  google::protobuf::DescriptorPool pool(
      google::protobuf::DescriptorPool::generated_pool());
  const auto* type = pool.BuildFile(file)->message_type(0);
  google::protobuf::DynamicMessageFactory factory;
  const std::unique_ptr<google::protobuf::Message> message(
      factory.GetPrototype(type)->New());
  const auto* field = type->field(0);
  const Validator validator;

  message->GetReflection()->SetString(message.get(), field,
                                      std::string("\0\xFF\x01\x02", 4));
  EXPECT_THAT(validator.Check(*message), IsEmpty());
  message->GetReflection()->SetString(message.get(), field, "12345");
  EXPECT_THAT(Text(validator.Check(*message)),
              ElementsAre("raw: must have at most 4 bytes."));
}

TEST(Validator, ServesManyThreads) {
  const Validator validator;
  const Order order = Parse<Order>("lines {}");
  std::vector<size_t> counts(8);
  std::vector<std::thread> threads;
  for (size_t& count : counts) {
    threads.emplace_back([&] { count = validator.Check(order).size(); });
  }
  for (std::thread& thread : threads) thread.join();

  EXPECT_THAT(counts, ::testing::Each(validator.Check(order).size()));
  EXPECT_GT(counts[0], 0u);
}

}  // namespace
}  // namespace crm
